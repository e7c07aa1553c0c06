"""The outbox: what was accepted, how far it is, and what a store of it must promise.

An entry is *held* (it may still be cancelled), *queued*, *sending* (a worker holds it by lease and fence),
then *done* or *cancelled*. A store moves it from stage to stage atomically, so that it is never both
cancelled and sent, and only the holder of the current fence says what became of it. This module talks to
nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Protocol

from courriel_wire import RecipientState, ReportState
from sender_service.errors import SenderError
from sender_service.letter import Letter, Recipient
from sender_service.rates import Usage

NOTHING_COUNTED: Mapping[str, int] = MappingProxyType({})
LISTED = 200
"""Entries that a list shows at most."""


class UnknownOutboxEntry(SenderError):
    """This mailbox has no such entry, or it is no longer shown."""

    def __init__(self) -> None:
        super().__init__("no such message in the queue")


class NotCancellable(SenderError):
    """The entry is no longer held: it was sent, is being sent, or was due."""

    def __init__(self) -> None:
        super().__init__("the message is no longer held back")


class ContentLost(Exception):
    """The stored message cannot be read: chunks are missing or do not open. Delivery of it is impossible."""


class Stage(StrEnum):
    """Where an entry stands as a whole; this is what a store compares and sets."""

    HELD = "held"
    QUEUED = "queued"
    SENDING = "sending"
    DONE = "done"
    CANCELLED = "cancelled"


_SHOWN_WHILE_OPEN = {
    Stage.HELD: RecipientState.HELD,
    Stage.QUEUED: RecipientState.QUEUED,
    Stage.SENDING: RecipientState.SENDING,
    Stage.DONE: RecipientState.QUEUED,
    Stage.CANCELLED: RecipientState.CANCELLED,
}
_ADVANCE = (
    RecipientState.HELD,
    RecipientState.QUEUED,
    RecipientState.SENDING,
    RecipientState.CANCELLED,
    RecipientState.SENT,
)


@dataclass(frozen=True, slots=True)
class Entry:
    """An accepted message as its owner sees it; `due_at` is its next turn, `attempts` counts claims.

    `seen` says that its owner knows that no report could be sent.
    """

    id: str
    stage: Stage
    letter: Letter
    created_at: datetime
    due_at: datetime
    attempts: int = 0
    seen: bool = False

    def report(self) -> ReportState:
        """Say what became of the report to the sender."""
        failed = self.letter.reporting.state is ReportState.FAILED
        return ReportState.SEEN if failed and self.seen else self.letter.reporting.state

    def recipients(self) -> tuple[Recipient, ...]:
        """Show the recipients, those without a final outcome in the state of the whole."""
        shown = _SHOWN_WHILE_OPEN[self.stage]
        return tuple(
            replace(recipient, state=shown) if recipient.is_open else recipient
            for recipient in self.letter.recipients
        )

    def state(self) -> RecipientState:
        """Say the least advanced state of the recipients, or FAILED where any failed for good."""
        states = {recipient.state for recipient in self.recipients()}
        if RecipientState.FAILED in states:
            return RecipientState.FAILED
        return min(states, key=_ADVANCE.index)


@dataclass(frozen=True, slots=True)
class Acceptance:
    """What one acceptance writes; `due_at` None means now, `uploads` are consumed with it.

    `idempotency_key` is the client's ("" for none).
    """

    id: str
    mailbox: str
    letter: Letter
    content: bytes = field(repr=False)
    due_at: datetime | None = None
    uploads: tuple[str, ...] = ()
    idempotency_key: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Claim:
    """A worker's hold of an entry: its results count only while `fence` is the entry's current one.

    `attempts` counts this one; `age_seconds` is since the message was first due; `octets` is what its content
    takes, or a little more.
    """

    id: str
    fence: int
    letter: Letter
    attempts: int
    age_seconds: float
    chunks: int
    octets: int


@dataclass(frozen=True, slots=True)
class Depth:
    """How much is on its way: `entries` in all, `waiting` whose time has come, for `oldest_seconds` at most.

    `outcomes` counts, since ever, what attempts brought for recipients.
    """

    entries: int
    waiting: int
    oldest_seconds: float
    outcomes: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Listing:
    """Entries of a mailbox, the newest first; `truncated` where there are more than were asked for."""

    entries: tuple[Entry, ...]
    truncated: bool = False


class Outbox(Protocol):
    """A durable store of entries. Time is the store's own; every method is atomic."""

    async def accept(self, acceptance: Acceptance) -> str:
        """Store entry, content, idempotency record, count, due time; consume the uploads. All or nothing.

        Returns the entry's id, or that of the entry which the same mailbox made under the same idempotency
        key. Raises TooMuchSent (from rates), UnknownAttachment (from uploads).
        """

    async def check_rates(self, mailbox: str, recipients: int) -> None:
        """Raise TooMuchSent where a message to so many recipients would not be accepted now."""

    async def usage(self, mailbox: str) -> Usage:
        """Say how much of its rates a mailbox has used."""

    async def find(self, mailbox: str, entry_id: str) -> Entry:
        """Return an entry of this mailbox. Raises UnknownOutboxEntry, also where it cannot be read."""

    async def find_by_key(self, mailbox: str, idempotency_key: str) -> Entry | None:
        """Return the entry that was accepted under this key, if one was."""

    async def entries(self, mailbox: str, limit: int) -> Listing:
        """Return the mailbox's entries, the newest first; the final ones disappear after 24 hours.

        Of more than `limit`, those that are not final and those that became final last. One that cannot be
        read (its key is gone) is left out.
        """

    async def cancel(self, mailbox: str, entry_id: str) -> None:
        """Cancel a held entry, and erase its content. Raises UnknownOutboxEntry, NotCancellable."""

    async def acknowledge(self, mailbox: str, entry_id: str) -> None:
        """Note that its owner saw what could not be reported. Raises UnknownOutboxEntry.

        An entry that is done is then shown for another 24 hours.
        """

    async def due(self, limit: int) -> Sequence[str]:
        """Return ids whose turn has come and which nobody claimed; note that they are being announced.

        A held entry whose time has come becomes queued. An id is returned again only after a while, which
        grows.
        """

    async def claim(self, entry_id: str) -> Claim | None:
        """Take an entry that is due and free (never claimed, or its lease ran out), under a new fence."""

    async def claim_next(self) -> Claim | None:
        """Take the entry that has been due the longest of those that are free; None where there is none.

        One whose worker died is found once `due` returned it.
        """

    async def renew(self, claim: Claim) -> bool:
        """Prolong the lease; False where the entry is no longer ours."""

    async def content(self, claim: Claim) -> bytes:
        """Return the stored message. Raises ContentLost."""

    async def depth(self) -> Depth:
        """Say how much is on its way, for those who watch."""

    async def settle(
        self,
        claim: Claim,
        letter: Letter,
        retry_seconds: float | None,
        outcomes: Mapping[str, int] = NOTHING_COUNTED,
    ) -> bool:
        """Record the result of an attempt, and end it: due again in `retry_seconds`, or done (None).

        Done erases the content, and the entry is shown for 24 hours more; where its report FAILED, until its
        owner acknowledges it. `outcomes` are added to those of `depth`.
        False where the fence is no longer ours: then nothing changed.
        """
