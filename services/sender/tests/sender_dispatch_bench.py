"""A dispatch on doubles, for the tests of its attempts."""

import re

from sender_doubles import ManualClock, ScriptedRelay
from sender_memory_stores import MemoryOutbox, MemoryUploads
from sender_port_suites import LETTER, acceptance

from courriel_wire import RecipientState
from sender_service.delivery import Outcome, Permanent, RetryPolicy, Temporary
from sender_service.dispatch import Dispatch
from sender_service.limits import Limits
from sender_service.outbox import Entry
from sender_service.report import Reporter

LIMITS = Limits(
    recipients=2,
    message_octets=10_000,
    attachments=1,
    attachment_octets=1,
    forbidden_domains=("forbidden.example",),
    forbidden_file_types=("exe", "application/x-dosexec"),
)
LATER = {"b@demo.example": Temporary("451 4.7.1 later")}
BOTH_FAIL: dict[str, Outcome] = dict.fromkeys(LETTER.open_addresses(), Permanent("550 no"))


class Bench:
    """A dispatch on doubles, with one accepted entry."""

    def __init__(self, lease_seconds: float = 15.0) -> None:
        self.clock = ManualClock()
        self.outbox = MemoryOutbox(self.clock, MemoryUploads())
        self.relay = ScriptedRelay()
        policy = RetryPolicy(window=100, first=10)
        self.dispatch = Dispatch(
            self.outbox,
            self.relay,
            policy,
            Reporter("demo.example"),
            LIMITS,
            lease_seconds=lease_seconds,
            settle_seconds=0.5,
        )
        self.entry_id = ""

    async def deliver(self) -> None:
        """Follow a hint for the entry, which is accepted the first time."""
        self.entry_id = self.entry_id or await self.outbox.accept(acceptance())
        await self.dispatch.deliver(self.entry_id)

    def entry(self) -> Entry:
        """Return the entry as it is."""
        return self.outbox.records[self.entry_id].entry

    def states(self) -> list[RecipientState]:
        """Return the recipients' states as they are shown."""
        return [each.state for each in self.outbox.records[self.entry_id].entry.recipients()]


def message_id(message: bytes) -> bytes:
    """Find the Message-ID of a report."""
    found = re.search(rb"\r\nMessage-ID: (\S+)", message)
    assert found
    return found[1]
