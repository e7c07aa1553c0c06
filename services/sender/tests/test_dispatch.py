"""One attempt: what is claimed is tried, what became of it is recorded, and a lost lease ends it."""

import asyncio
import re
from dataclasses import replace
from typing import Any

import pytest
from sender_doubles import ManualClock, MemoryOutbox, MemoryUploads, ScriptedRelay
from sender_port_suites import LETTER, acceptance

from courriel_wire import RecipientState, ReportState
from sender_service.delivery import Outcome, Permanent, RetryPolicy, Temporary
from sender_service.dispatch import Dispatch
from sender_service.limits import Limits
from sender_service.outbox import Entry, Recipient, Stage
from sender_service.report import Reporter

LIMITS = Limits(
    recipients=2,
    message_octets=10_000,
    attachments=1,
    attachment_octets=1,
    forbidden_domains=("forbidden.example",),
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


async def test_the_sender_is_told_who_failed() -> None:
    """Null return path, to the mailbox that sent it, with the server's words and the message itself."""
    bench = Bench()
    bench.relay.outcomes = {"b@demo.example": Permanent("550 5.1.1 unknown")}
    await bench.deliver()
    assert bench.entry().report() is ReportState.QUEUED
    await bench.deliver()
    assert bench.entry().report() is ReportState.SENT
    envelope, report = bench.relay.sent[1]
    assert (envelope.sender, envelope.recipients) == ("", (LETTER.sender,))
    assert b"Final-Recipient: rfc822; b@demo.example\r\nAction: failed\r\nStatus: 5.1.1\r\n" in report
    assert b"a@demo.example" not in report
    assert report.count(b"Subject: x\r\n\r\nBonjour\r\n") == 1


async def test_a_report_is_tried_again_within_a_window_of_its_own() -> None:
    """Even where the message's own window is over; each try has the same Message-ID."""
    bench = Bench()
    bench.relay.outcomes = dict.fromkeys(LETTER.open_addresses(), Temporary("451 later"))
    await bench.deliver()
    bench.clock.now += 101
    await bench.deliver()
    bench.relay.outcomes = {LETTER.sender: Temporary("451 later")}
    await bench.deliver()
    await bench.deliver()
    assert len(bench.relay.sent) == 3
    bench.relay.outcomes = {}
    bench.clock.now += 11
    await bench.deliver()
    assert bench.entry().report() is ReportState.SENT
    first, second = (message for envelope, message in bench.relay.sent if not envelope.sender)
    assert message_id(first) == message_id(second)


@pytest.mark.parametrize("outcome", [Permanent("550 no"), Temporary("451 later")])
async def test_a_report_that_fails_is_not_reported(outcome: Outcome) -> None:
    """The entry stays visible until its owner has seen it, and a day longer."""
    bench = Bench()
    bench.relay.outcomes = {**BOTH_FAIL, LETTER.sender: outcome}
    for _ in range(12):
        await bench.deliver()
        bench.clock.now += 20
    assert (bench.entry().stage, bench.entry().report()) == (Stage.DONE, ReportState.FAILED)
    assert {envelope.recipients for envelope, _ in bench.relay.sent} == {
        LETTER.open_addresses(),
        (LETTER.sender,),
    }
    bench.clock.now += 1_000_000
    assert (await bench.outbox.entries("jean", 10)).entries == (bench.entry(),)


async def test_who_is_still_tried_is_not_kept_waiting_by_a_report() -> None:
    """One failed and was reported; the other arrives at its own time, or fails and is reported too."""
    bench = Bench()
    bench.relay.outcomes = {"a@demo.example": Permanent("550 no"), **LATER}
    await bench.deliver()
    await bench.deliver()
    assert bench.states() == [RecipientState.FAILED, RecipientState.QUEUED]
    assert bench.entry().report() is ReportState.SENT
    bench.clock.now += 101
    await bench.deliver()
    await bench.deliver()
    told = [message for envelope, message in bench.relay.sent if not envelope.sender]
    assert [b"rfc822; a@" in each for each in told] == [True, False]
    assert [b"rfc822; b@" in each for each in told] == [False, True]
    assert message_id(told[0]) != message_id(told[1])
    assert bench.entry().stage is Stage.DONE


async def test_a_report_that_cannot_be_written_ends_too() -> None:
    """Nothing is tried for ever."""
    bench = Bench()
    bench.relay.outcomes = BOTH_FAIL
    bench.entry_id = await bench.outbox.accept(acceptance(letter=replace(LETTER, message_id="nonsense")))
    await bench.deliver()
    await bench.deliver()
    assert (bench.entry().stage, bench.entry().report()) == (Stage.DONE, ReportState.FAILED)


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
