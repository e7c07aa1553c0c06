"""What is known of an accepted message besides its content: its recipients, and what became of each.

A letter changes only by what an attempt or a report brought; a final outcome stays. This module stores
nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from courriel_wire import RecipientState, ReportState
from sender_service.delivery import Delivered, Envelope, Outcome, Permanent


@dataclass(frozen=True, slots=True)
class Recipient:
    """`state` is SENT or FAILED once final, and QUEUED before; `detail` is the mail server's words.

    `tried_seconds` is how long it was tried, where it failed because time was over; `reported` says that a
    failure was told to the sender, or cannot be.
    """

    address: str
    state: RecipientState = RecipientState.QUEUED
    detail: str = ""
    tried_seconds: float = 0.0
    reported: bool = False

    @property
    def is_open(self) -> bool:
        """Whether delivery to this recipient is still to be tried."""
        return self.state is RecipientState.QUEUED

    def words(self) -> str:
        """Say what is known of its outcome, in one line."""
        return (
            f"given up after {self.tried_seconds:.0f} s: {self.detail}" if self.tried_seconds else self.detail
        )


@dataclass(frozen=True, slots=True)
class Reporting:
    """How far the report is; `since_attempts` and `since_seconds` are the claim's when it became due."""

    state: ReportState = ReportState.NONE
    since_attempts: int = 0
    since_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Letter:
    """What is known of a message besides its content: personal data, sealed wherever it is stored.

    `sender` is the envelope's; `digest` is of the request that made it, so that an Idempotency-Key can be
    compared. `notify_success` as in `Envelope`. `files` are name and media type of each attachment: what a
    worker needs to hold them to the limits of its own day.
    """

    sender: str = field(repr=False)
    subject: str = field(repr=False)
    recipients: tuple[Recipient, ...] = field(repr=False)
    message_id: str
    digest: str = field(default="", repr=False)
    reporting: Reporting = Reporting()
    notify_success: bool = False
    files: tuple[tuple[str, str], ...] = field(default=(), repr=False)

    def envelope(self) -> Envelope:
        """Return the envelope of the next attempt."""
        return Envelope(self.sender, self.open_addresses(), self.notify_success)

    def open_addresses(self) -> tuple[str, ...]:
        """List the recipients whose outcome is not final."""
        return tuple(recipient.address for recipient in self.recipients if recipient.is_open)

    def unreported(self) -> tuple[Recipient, ...]:
        """List the recipients who failed, and of whom the sender was not told."""
        return tuple(
            each for each in self.recipients if each.state is RecipientState.FAILED and not each.reported
        )

    def report(self, state: ReportState) -> "Letter":
        """Return the letter once its report is SENT or FAILED; one that failed outweighs those sent."""
        if self.reporting.state is ReportState.FAILED:
            state = ReportState.FAILED
        told = {each.address for each in self.unreported()}
        return replace(
            self,
            reporting=replace(self.reporting, state=state),
            recipients=tuple(
                replace(each, reported=True) if each.address in told else each for each in self.recipients
            ),
        )

    def record(self, outcomes: Mapping[str, Outcome]) -> "Letter":
        """Return the letter after an attempt: a final outcome stays, whatever is said of it later."""
        return replace(
            self,
            recipients=tuple(
                _recorded(recipient, outcomes[recipient.address])
                if recipient.is_open and recipient.address in outcomes
                else recipient
                for recipient in self.recipients
            ),
        )


def _recorded(recipient: Recipient, outcome: Outcome) -> Recipient:
    if isinstance(outcome, Delivered):
        return replace(recipient, state=RecipientState.SENT, detail=outcome.detail)
    if isinstance(outcome, Permanent):
        return replace(
            recipient,
            state=RecipientState.FAILED,
            detail=outcome.detail,
            tried_seconds=outcome.tried_seconds,
        )
    return replace(recipient, detail=outcome.detail)
