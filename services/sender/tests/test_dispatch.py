"""One attempt: what is claimed is tried, what became of it is recorded, and a lost lease ends it."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest
from sender_dispatch_bench import BOTH_FAIL, LATER, LIMITS, Bench
from sender_port_suites import LETTER, acceptance

from courriel_wire import RecipientState, ReportState
from sender_service.delivery import RetryPolicy
from sender_service.dispatch import Dispatch
from sender_service.letter import Recipient
from sender_service.outbox import Stage
from sender_service.report import Reporter


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
    """After it, the recipient has failed with the server's last words, and the sender is to be told."""
    bench = Bench()
    bench.relay.outcomes = LATER
    await bench.deliver()
    bench.clock.now += 101
    await bench.deliver()
    assert bench.states() == [RecipientState.SENT, RecipientState.FAILED]
    record = bench.outbox.records[bench.entry_id]
    assert record.entry.letter.recipients[1].words() == "given up after 100 s: 451 4.7.1 later"
    assert record.entry.report() is ReportState.QUEUED
    assert record.content


async def test_a_permanent_failure_is_final_at_once() -> None:
    """No retry for a 5xx; the entry is done when the sender was told, once."""
    bench = Bench()
    bench.relay.outcomes = BOTH_FAIL
    for _ in range(3):
        await bench.deliver()
    record = bench.outbox.records[bench.entry_id]
    assert (record.entry.stage, record.content) == (Stage.DONE, b"")
    assert bench.states() == [RecipientState.FAILED] * 2
    assert [envelope.sender for envelope, _ in bench.relay.sent] == [LETTER.sender, ""]


async def test_an_unreadable_message_fails() -> None:
    """Nothing is sent but the report, which comes without the message."""
    bench = Bench()
    bench.entry_id = await bench.outbox.accept(acceptance())
    bench.outbox.records[bench.entry_id].content = b""
    await bench.deliver()
    assert bench.relay.sent == []
    assert bench.states() == [RecipientState.FAILED] * 2
    await bench.deliver()
    [(envelope, report)] = bench.relay.sent
    assert envelope.sender == ""
    assert b"message/rfc822" not in report


@pytest.mark.parametrize(
    "changes",
    [
        {"content": b"x" * 10_001},
        {"letter": replace(LETTER, recipients=tuple(Recipient(f"p{n}@x.example") for n in range(3)))},
        {"letter": replace(LETTER, recipients=(Recipient("a@sub.forbidden.example"),))},
        {"letter": replace(LETTER, files=(("a.txt", "text/plain"), ("A.EXE.", "text/plain")))},
        {"letter": replace(LETTER, files=(("a", "Application/X-Dosexec"),))},
    ],
)
async def test_limits_hold_in_the_worker_too(changes: dict[str, Any]) -> None:
    """What was accepted under other limits is not sent; its sender is told."""
    bench = Bench()
    bench.entry_id = await bench.outbox.accept(acceptance(**changes))
    await bench.deliver()
    await bench.deliver()
    assert set(bench.states()) == {RecipientState.FAILED}
    assert [envelope.sender for envelope, _ in bench.relay.sent] == [""]


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
        bench.outbox,
        bench.relay,
        RetryPolicy(window=100, first=10),
        Reporter("demo.example"),
        LIMITS,
        lease_seconds=15,
        octets_at_once=1500,
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


async def test_what_no_hint_tells_of_is_found() -> None:
    """The patrol delivers by itself, whatever the outbox does meanwhile, and ends when it is asked to."""
    bench = Bench()
    await bench.outbox.accept(acceptance())
    bench.outbox.failure = ConnectionError()
    asyncio.get_running_loop().call_later(0.03, setattr, bench.outbox, "failure", None)
    bench.relay.during = bench.dispatch.stop
    async with asyncio.timeout(5):
        await bench.dispatch.patrol(0.01)
    assert len(bench.relay.sent) == 1


async def test_a_worker_goes_on_with_what_is_due() -> None:
    """One hint works a queue off; asked to stop, it begins nothing more."""
    bench = Bench()
    ids = [await bench.outbox.accept(acceptance()) for _ in range(4)]
    bench.relay.during = lambda: bench.dispatch.stop() if len(bench.relay.sent) == 3 else None
    await bench.dispatch.work(ids[0])
    stages = [bench.outbox.records[entry_id].entry.stage for entry_id in ids]
    assert sorted(stages) == [Stage.DONE] * 3 + [Stage.QUEUED]
