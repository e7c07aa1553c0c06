"""An attempt that tells the sender who was not reached: it has a window of its own, and always an end."""

from dataclasses import replace

import pytest
from sender_dispatch_bench import BOTH_FAIL, LATER, Bench, message_id
from sender_port_suites import LETTER, acceptance

from courriel_wire import RecipientState, ReportState
from sender_service.delivery import Outcome, Permanent, Temporary
from sender_service.outbox import Stage


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
