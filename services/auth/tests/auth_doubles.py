"""Hand-written doubles of auth's ports, all on one clock that a test moves.

The stores (``auth_store_double.py`` is the other one) are held to the same suites as the real ones.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from pydantic import SecretStr

from auth_service.errors import LoginRefused
from auth_service.throttle import Admitted, Full, MustWait


@dataclass
class ManualClock:
    """Time passes only when somebody sleeps or a test says so; ``slept`` lists the spans slept."""

    now: float = 1_000_000.0
    slept: list[float] = field(default_factory=list)

    def monotonic(self) -> float:
        """Seconds."""
        return self.now

    def instant(self) -> datetime:
        """Return the same as a date."""
        return datetime.fromtimestamp(self.now, UTC)

    async def sleep(self, seconds: float) -> None:
        """Let others run, and let the time pass."""
        self.slept.append(seconds)
        self.now += seconds
        await asyncio.sleep(0)


@dataclass
class _Attempt:
    at: float
    is_open: bool = True


class MemoryThrottle:
    """The Throttle in dictionaries."""

    def __init__(
        self, clock: ManualClock, *, limit: int = 3, window_seconds: int = 600, attempt_seconds: int = 40
    ) -> None:
        self.failure: Exception | None = None
        self._clock = clock
        self._limit = limit
        self._window = window_seconds
        self._patience = attempt_seconds
        self._attempts: dict[str, dict[str, _Attempt]] = {}

    async def admit(self, attempt: str, subjects: Sequence[str]) -> Admitted | MustWait | Full:
        """See Throttle."""
        if self.failure:
            raise self.failure
        now = self._clock.now
        full, wait = [], False
        for subject in subjects:
            counted = self._attempts.setdefault(subject, {})
            for old in [name for name, each in counted.items() if each.at <= now - self._window]:
                del counted[old]
            if attempt in counted or len(counted) < self._limit:
                continue
            if any(each.is_open and each.at >= now - self._patience for each in counted.values()):
                wait = True
            else:
                full.append(min(each.at for each in counted.values()) + self._window - now)
        if full:
            return Full(max(full))
        if wait:
            return MustWait()
        for subject in subjects:
            self._attempts[subject][attempt] = _Attempt(now)
        return Admitted()

    async def settle(self, attempt: str, subjects: Sequence[str], *, failed: bool) -> None:
        """See Throttle."""
        for subject in subjects:
            counted = self._attempts.get(subject, {})
            if failed and attempt in counted:
                counted[attempt].is_open = False
            else:
                counted.pop(attempt, None)


class ScriptedMaildrops:
    """Maildrops with known passwords; ``delays``: seconds a mailbox's proof takes; ``failure`` breaks it."""

    def __init__(self, clock: ManualClock, passwords: dict[str, str]) -> None:
        self.passwords = passwords
        self.delays: dict[str, float] = {}
        self.failure: Exception | None = None
        self.asked: list[tuple[str, str]] = []
        self.cache_keys: list[str] = []
        self.open_sids: set[str] = set()
        self.closed_sids: list[str] = []
        self._clock = clock

    async def open(
        self, mailbox: str, sid: str, password: SecretStr, cache_key: SecretStr, client_address: str
    ) -> None:
        """See Maildrops."""
        self.asked.append((mailbox, client_address))
        self.cache_keys.append(cache_key.get_secret_value())
        await self._clock.sleep(self.delays.get(mailbox, 0.0))
        if self.failure:
            raise self.failure
        if self.passwords.get(mailbox) != password.get_secret_value():
            raise LoginRefused
        self.open_sids.add(sid)

    async def close(self, mailbox: str, sid: str) -> None:  # noqa: ARG002 — the port's signature
        """See Maildrops."""
        self.open_sids.discard(sid)
        self.closed_sids.append(sid)
