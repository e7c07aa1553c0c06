"""What is accepted or due is announced; no failure stops that."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from sender_doubles import ManualClock, RecordedHints
from sender_memory_stores import MemoryOutbox, MemoryUploads
from sender_port_suites import acceptance

from sender_service.announcements import FRESH_LIMIT, Announcements


class Bench:
    """Announcements that scan every 10 ms."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        self.outbox = MemoryOutbox(self.clock, MemoryUploads())
        self.hints = RecordedHints()
        self.announcements = Announcements(self.outbox, self.hints, scan_seconds=0.01)


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    """Run them."""
    made = Bench()
    running = asyncio.create_task(made.announcements.run())
    yield made
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running


async def announced(bench: Bench) -> list[str]:
    """Wait for the next publication; return all so far."""
    async with asyncio.timeout(5):
        await bench.hints.arrived.wait()
    bench.hints.arrived.clear()
    return bench.hints.published


async def test_the_fresh_is_announced_at_once(bench: Bench) -> None:
    """Without waiting for a scan."""
    bench.announcements.announce("x")
    assert await announced(bench) == ["x"]


async def test_the_due_is_announced(bench: Bench) -> None:
    """Whoever accepted it."""
    entry_id = await bench.outbox.accept(acceptance())
    bench.clock.now += 3
    assert await announced(bench) == [entry_id]


async def test_failures_are_survived(bench: Bench) -> None:
    """A queue or an outbox that was away is used again."""
    bench.hints.failure = bench.outbox.failure = ConnectionError()
    bench.announcements.announce("lost")
    assert await announced(bench) == []
    bench.hints.failure = bench.outbox.failure = None
    entry_id = await bench.outbox.accept(acceptance())
    bench.clock.now += 3
    assert await announced(bench) == [entry_id]


async def test_announcing_never_waits() -> None:
    """Where nobody publishes, what is too much is left to the scan."""
    bench = Bench()
    for number in range(FRESH_LIMIT + 5):
        bench.announcements.announce(str(number))
    assert bench.hints.published == []
