"""One attempt: what is claimed is tried, what became of it is recorded, and a lost lease ends it."""

import asyncio

import pytest
from sender_doubles import ManualClock, MemoryOutbox, MemoryUploads, ScriptedRelay
from sender_port_suites import LETTER, acceptance

from courriel_wire import RecipientState
from sender_service.delivery import Permanent, RetryPolicy, Temporary
from sender_service.dispatch import Dispatch
from sender_service.outbox import Stage

LATER = {"b@demo.example": Temporary("451 4.7.1 later")}


class Bench:
    """A dispatch on doubles, with one accepted entry."""

    def __init__(self, lease_seconds: float = 15.0) -> None:
        self.clock = ManualClock()
        self.outbox = MemoryOutbox(self.clock, MemoryUploads())
        self.relay = ScriptedRelay()
        policy = RetryPolicy(window=100, first=10)
        self.dispatch = Dispatch(
            self.outbox, self.relay, policy, lease_seconds=lease_seconds, settle_seconds=0.5
        )
        self.entry_id = ""

    async def deliver(self) -> None:
        """Follow a hint for the entry, which is accepted the first time."""
        self.entry_id = self.entry_id or await self.outbox.accept(acceptance())
        await self.dispatch.deliver(self.entry_id)

    def states(self) -> list[RecipientState]:
        """Return the recipients' states as they are shown."""
        return [each.state for each in self.outbox.records[self.entry_id].entry.recipients()]


async def test_a_delivered_message_is_done() -> None:
    """Sent with the accepted envelope and octets; a second hint does nothing."""
    bench = Bench()
    await bench.deliver()
    await bench.deliver()
    [(envelope, message)] = bench.relay.sent
    assert (envelope.sender, envelope.recipients) == (LETTER.sender, LETTER.open_addresses())
    assert message.endswith(b"Bonjour\r\n")
    assert bench.states() == [RecipientState.SENT] * 2


async def test_only_open_recipients_are_tried_again() -> None:
    """Who has the message does not get it twice; in between the entry is queued for its pause."""
    bench = Bench()
    bench.relay.outcomes = LATER
    await bench.deliver()
    assert bench.states() == [RecipientState.SENT, RecipientState.QUEUED]
    await bench.deliver()
    assert len(bench.relay.sent) == 1
    bench.relay.outcomes = {}
    bench.clock.now += 11
    await bench.deliver()
    assert bench.relay.sent[1][0].recipients == ("b@demo.example",)
    assert bench.states() == [RecipientState.SENT] * 2


async def test_the_window_ends_the_retries() -> None:
    """After it, the recipient has failed with the server's last words, and the message is erased."""
    bench = Bench()
    bench.relay.outcomes = LATER
    await bench.deliver()
    bench.clock.now += 101
    await bench.deliver()
    assert bench.states() == [RecipientState.SENT, RecipientState.FAILED]
    record = bench.outbox.records[bench.entry_id]
    assert record.entry.letter.recipients[1].detail.endswith("451 4.7.1 later")
    assert record.content == b""


async def test_a_permanent_failure_is_final_at_once() -> None:
    """No retry for a 5xx."""
    bench = Bench()
    bench.relay.outcomes = {"a@demo.example": Permanent("550 no"), "b@demo.example": Permanent("550 no")}
    await bench.deliver()
    assert bench.outbox.records[bench.entry_id].entry.stage is Stage.DONE
    assert bench.states() == [RecipientState.FAILED] * 2


async def test_an_unreadable_message_fails() -> None:
    """Nothing is sent, and the sender can see it."""
    bench = Bench()
    bench.entry_id = await bench.outbox.accept(acceptance())
    bench.outbox.records[bench.entry_id].content = b""
    await bench.deliver()
    assert bench.relay.sent == []
    assert bench.states() == [RecipientState.FAILED] * 2


async def test_a_lease_taken_over_ends_the_attempt() -> None:
    """The stalled worker stops sending and records nothing; the other's claim stands."""
    bench = Bench(lease_seconds=0.03)
    bench.relay.hangs = asyncio.Event()

    def others_take_over() -> None:
        record = bench.outbox.records[bench.entry_id]
        record.fence += 1

    bench.relay.during = others_take_over
    async with asyncio.timeout(5):
        await bench.deliver()
    assert bench.outbox.records[bench.entry_id].entry.stage is Stage.SENDING
    assert bench.states() == [RecipientState.SENDING] * 2


async def test_a_lease_that_cannot_be_renewed_ends_the_attempt() -> None:
    """Without the outbox, nobody may be sure to be alone for longer than the lease."""
    bench = Bench(lease_seconds=0.03)
    bench.relay.hangs = asyncio.Event()

    def outbox_dies() -> None:
        bench.outbox.failure = ConnectionError()

    bench.relay.during = outbox_dies
    async with asyncio.timeout(5):
        await bench.deliver()
    bench.outbox.failure = None
    assert bench.states() == [RecipientState.SENDING] * 2


async def test_a_result_waits_for_an_outbox_that_comes_back() -> None:
    """A lost result would mean a second copy: recording is tried again."""
    bench = Bench()

    def outbox_is_away_for_a_moment() -> None:
        bench.outbox.failure = ConnectionError()
        asyncio.get_running_loop().call_later(0.05, setattr, bench.outbox, "failure", None)

    bench.relay.during = outbox_is_away_for_a_moment
    await bench.deliver()
    assert bench.states() == [RecipientState.SENT] * 2


async def test_an_outbox_that_stays_away_is_told() -> None:
    """In the end the error comes out, and the lease will run out."""
    bench = Bench()
    bench.relay.during = lambda: setattr(bench.outbox, "failure", ConnectionError())
    with pytest.raises(ConnectionError):
        await bench.deliver()


async def test_large_messages_wait_for_room_in_memory() -> None:
    """Two that do not fit together go one after the other, and the second keeps its lease meanwhile."""
    bench = Bench()
    dispatch = Dispatch(
        bench.outbox, bench.relay, RetryPolicy(window=100, first=10), lease_seconds=15, octets_at_once=1500
    )
    bench.relay.hangs, reached = asyncio.Event(), asyncio.Event()
    bench.relay.during = reached.set
    ids = [await bench.outbox.accept(acceptance(content=b"x" * 1000)) for _ in range(2)]
    async with asyncio.timeout(5), asyncio.TaskGroup() as tasks:
        for entry_id in ids:
            tasks.create_task(dispatch.deliver(entry_id))
        await reached.wait()
        stages = [bench.outbox.records[entry_id].entry.stage for entry_id in ids]
        assert stages == [Stage.SENDING] * 2
        assert len(bench.relay.sent) == 1
        bench.relay.hangs.set()
    assert len(bench.relay.sent) == 2
