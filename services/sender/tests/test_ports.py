"""The doubles keep the ports' promises, so that what is tested on them is worth something."""

from dataclasses import dataclass
from datetime import datetime

import pytest
from hypothesis import settings
from sender_doubles import ManualClock
from sender_memory_stores import MemoryOutbox, MemoryUploads
from sender_outbox_machine import OutboxMachine
from sender_port_suites import RATES, UPLOAD_QUOTA, OutboxBench, OutboxSuite
from sender_uploads_suite import UploadsSuite


@dataclass
class MemoryBench:
    """The doubles on their clock."""

    clock: ManualClock
    outbox: MemoryOutbox
    uploads: MemoryUploads

    async def pass_time(self, seconds: float) -> None:
        """Move the clock."""
        self.clock.now += seconds

    async def lose_content(self, entry_id: str) -> None:
        """Empty it."""
        self.outbox.records[entry_id].content = b""

    async def has_content(self, entry_id: str) -> bool:
        """Look."""
        return entry_id in self.outbox.records and bool(self.outbox.records[entry_id].content)


def memory_bench() -> MemoryBench:
    """Make empty ones."""
    clock, uploads = ManualClock(), MemoryUploads(UPLOAD_QUOTA)
    return MemoryBench(clock, MemoryOutbox(clock, uploads, RATES), uploads)


@pytest.fixture
def bench() -> OutboxBench:
    """Empty doubles."""
    return memory_bench()


class TestMemoryOutbox(OutboxSuite):
    """The dictionary."""


class TestMemoryUploads(UploadsSuite):
    """The dictionaries."""


class MemoryOutboxMachine(OutboxMachine):
    """Random interleavings on the dictionary."""

    async def make_bench(self) -> OutboxBench:
        """Make an empty one, whose clock stands still but for ``pass_time``."""
        made = memory_bench()
        self.clock = made.clock
        return made

    def instant(self) -> datetime:
        """Return what that clock says."""
        return self.clock.instant()


TestMemoryInterleavings = MemoryOutboxMachine.TestCase
TestMemoryInterleavings.settings = settings(max_examples=40, stateful_step_count=30, deadline=None)
