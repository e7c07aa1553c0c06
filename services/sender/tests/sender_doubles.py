"""Hand-written doubles of what sender needs besides its stores, and the clock that a test moves."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from courriel_wire import Address, Introspection
from sender_service.auth_client import SessionEnded
from sender_service.delivery import Delivered, Envelope, Outcome


@dataclass
class ManualClock:
    """Time passes only when a test says so."""

    now: float = field(default_factory=lambda: datetime.now(UTC).timestamp())

    def instant(self, at: float | None = None) -> datetime:
        """Return now, or ``at``, as a date."""
        return datetime.fromtimestamp(self.now if at is None else at, UTC)


class ScriptedRelay:
    """A relay whose outcomes a test decides; ``sent`` records what it was given."""

    def __init__(self) -> None:
        self.outcomes: dict[str, Outcome] = {}
        self.sent: list[tuple[Envelope, bytes]] = []
        self.during: Callable[[], None] = lambda: None
        self.hangs: asyncio.Event | None = None

    async def deliver(self, envelope: Envelope, message: bytes) -> Mapping[str, Outcome]:
        """Record, do what ``during`` says, wait for ``hangs``, answer."""
        self.sent.append((envelope, message))
        self.during()
        if self.hangs:
            await self.hangs.wait()
        return {each: self.outcomes.get(each, Delivered("250 OK")) for each in envelope.recipients}


class RecordedHints:
    """Hints that were published; ``failure`` is raised where it is set."""

    def __init__(self) -> None:
        self.published: list[str] = []
        self.failure: Exception | None = None
        self.arrived = asyncio.Event()

    async def publish(self, entry_ids: Sequence[str]) -> None:
        """Record."""
        self.arrived.set()
        if self.failure:
            raise self.failure
        self.published.extend(entry_ids)


class KnownSessions:
    """auth, for the two tokens of these tests; ``activity`` records what was asked."""

    def __init__(self) -> None:
        self.activity: list[bool] = []

    async def introspect(self, token: str, *, activity: bool) -> Introspection:
        """Say whose token it is."""
        self.activity.append(activity)
        if token == "taken":
            raise SessionEnded("taken-over")
        if token not in {"jean", "marie"}:
            raise SessionEnded("unknown")
        identity = Address(name=token.title(), address=f"{token}@demo.example")
        return Introspection(active=True, sid=f"sid-{token}", mailbox=token, identity=identity)
