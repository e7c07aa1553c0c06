"""What every Outbox must do; run against the double and against Redis.

A subclass gives the fixture ``bench``. Time is moved by ``bench.pass_time`` (seconds); leases last 15 s. One
suite a port, in one file, so that a promise is looked up in one place: this makes it longer than others.
"""

import asyncio
import secrets
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

import pytest

from courriel_wire import RecipientState, ReportState
from sender_service.delivery import Delivered, Permanent, Temporary
from sender_service.letter import Letter, Recipient
from sender_service.outbox import (
    Acceptance,
    ContentLost,
    Entry,
    NotCancellable,
    Outbox,
    Stage,
    UnknownOutboxEntry,
)
from sender_service.rates import Rates, TooMuchSent
from sender_service.uploads import (
    StoredUpload,
    UnknownAttachment,
    UnknownUpload,
    Uploads,
)

MESSAGES_PER_HOUR = 5
RATES = Rates(MESSAGES_PER_HOUR, 7, 12, 14)
"""Of a mailbox: messages an hour and a day, recipients an hour and a day."""
UPLOAD_QUOTA = 1000
LETTER = Letter(
    sender="jean@demo.example",
    subject="Réunion",
    recipients=(Recipient("a@demo.example"), Recipient("b@demo.example")),
    message_id="<1@demo.example>",
    digest="d",
    files=(("note.pdf", "application/pdf"),),
)
BOTH = {"a@demo.example": Delivered("250 a"), "b@demo.example": Delivered("250 b")}


class OutboxBench(Protocol):
    """An outbox of RATES and uploads of UPLOAD_QUOTA octets under test, and their time."""

    outbox: Outbox
    uploads: Uploads

    async def pass_time(self, seconds: float) -> None:
        """Let that much time pass for the stores."""
        ...

    async def lose_content(self, entry_id: str) -> None:
        """Take an entry's message away."""
        ...

    async def has_content(self, entry_id: str) -> bool:
        """Tell whether anything of an entry's message is stored."""
        ...


def acceptance(mailbox: str = "jean", *, held: float | None = None, **other: Any) -> Acceptance:
    """Describe a new entry; ``held`` is in seconds from now."""
    due_at = None if held is None else datetime.now(UTC) + timedelta(seconds=held)
    values = {"letter": LETTER, "content": b"Subject: x\r\n\r\nBonjour\r\n", "due_at": due_at, **other}
    return Acceptance(id=secrets.token_urlsafe(16), mailbox=mailbox, **values)


async def upload(bench: OutboxBench, content: bytes = b"abc", mailbox: str = "jean") -> StoredUpload:
    """Store an upload."""
    stored = StoredUpload(
        secrets.token_urlsafe(8), mailbox, "note.pdf", "application/pdf", len(content), chunks=1
    )
    await bench.uploads.append(mailbox, stored.id, 0, content, len(content))
    await bench.uploads.finish(stored)
    return stored


async def listed(bench: OutboxBench, mailbox: str = "jean") -> list[Entry]:
    """List all entries of a mailbox."""
    listing = await bench.outbox.entries(mailbox, 100)
    assert not listing.truncated
    return list(listing.entries)


class OutboxSuite:
    """The promises of `sender_service.outbox.Outbox`."""

    async def test_what_was_accepted_is_found_as_it_was(self, bench: OutboxBench) -> None:
        """Subject, recipients and message come back; the state is queued."""
        entry_id = await bench.outbox.accept(acceptance(content=b"x" * 700_000))
        entry = await bench.outbox.find("jean", entry_id)
        assert (entry.letter, entry.stage, entry.attempts) == (LETTER, Stage.QUEUED, 0)
        claim = await bench.outbox.claim(entry_id)
        assert claim
        assert await bench.outbox.content(claim) == b"x" * 700_000
        assert 700_000 <= claim.octets < 1_000_000

    async def test_another_mailbox_sees_nothing(self, bench: OutboxBench) -> None:
        """Neither by id nor in its list nor to cancel."""
        entry_id = await bench.outbox.accept(acceptance(held=60))
        with pytest.raises(UnknownOutboxEntry):
            await bench.outbox.find("marie", entry_id)
        with pytest.raises(UnknownOutboxEntry):
            await bench.outbox.cancel("marie", entry_id)
        assert await listed(bench, "marie") == []
        assert (await bench.outbox.find("jean", entry_id)).stage is Stage.HELD

    async def test_the_newest_entry_stands_first(self, bench: OutboxBench) -> None:
        """Entries are listed against the order of acceptance."""
        first = await bench.outbox.accept(acceptance())
        await bench.pass_time(1)
        second = await bench.outbox.accept(acceptance())
        assert [entry.id for entry in await listed(bench)] == [second, first]

    async def test_a_list_is_bounded(self, bench: OutboxBench) -> None:
        """What is not final comes before what is, and the list says that there is more."""
        done = await bench.outbox.accept(acceptance())
        claim = await bench.outbox.claim(done)
        assert claim
        assert await bench.outbox.settle(claim, LETTER.record(BOTH), None)
        await bench.pass_time(1)
        held = await bench.outbox.accept(acceptance(held=60))
        short = await bench.outbox.entries("jean", 1)
        assert ([entry.id for entry in short.entries], short.truncated) == ([held], True)
        whole = await bench.outbox.entries("jean", 2)
        assert ([entry.id for entry in whole.entries], whole.truncated) == ([held, done], False)

    async def test_one_key_makes_one_entry(self, bench: OutboxBench) -> None:
        """Also where the requests come at the same moment; another mailbox has keys of its own."""
        ids = await asyncio.gather(*(bench.outbox.accept(acceptance(idempotency_key="k")) for _ in range(5)))
        assert len(set(ids)) == 1
        assert len(await listed(bench)) == 1
        found = await bench.outbox.find_by_key("jean", "k")
        assert found
        assert found.id == ids[0]
        assert await bench.outbox.find_by_key("marie", "k") is None

    async def test_the_refused_twin_leaves_nothing(self, bench: OutboxBench) -> None:
        """A message that was not accepted is not kept."""
        await bench.outbox.accept(acceptance(idempotency_key="k"))
        twin = acceptance(idempotency_key="k")
        await bench.outbox.accept(twin)
        assert not await bench.has_content(twin.id)

    async def test_the_hourly_limit_holds_under_concurrency(self, bench: OutboxBench) -> None:
        """Ten at once, five pass; the time to wait is told; the next hour starts anew."""
        answers = await asyncio.gather(
            *(bench.outbox.accept(acceptance()) for _ in range(10)), return_exceptions=True
        )
        refused = [answer for answer in answers if isinstance(answer, TooMuchSent)]
        assert len(refused) == 10 - MESSAGES_PER_HOUR
        assert 3500 < refused[0].retry_after <= 3600
        assert len(await listed(bench)) == MESSAGES_PER_HOUR
        await bench.outbox.accept(acceptance("marie"))
        await bench.pass_time(3601)
        await bench.outbox.accept(acceptance())

    async def test_every_rate_is_told_with_what_is_left(self, bench: OutboxBench) -> None:
        """Messages and recipients, by hour and day: which one, how many are left, and when it may go."""
        three = replace(LETTER, recipients=tuple(Recipient(f"p{n}@demo.example") for n in range(3)))
        usage = await bench.outbox.usage("jean")
        assert [usage.left(rate) for rate in usage.used] == [5, 12, 7, 14]
        for _ in range(3):
            await bench.outbox.accept(acceptance(letter=three))
            await bench.pass_time(60)
        usage = await bench.outbox.usage("jean")
        assert [usage.left(rate) for rate in usage.used] == [2, 3, 4, 5]
        with pytest.raises(TooMuchSent) as refused:
            await bench.outbox.accept(acceptance(letter=replace(LETTER, recipients=three.recipients * 2)))
        with pytest.raises(TooMuchSent) as told:
            await bench.outbox.check_rates("jean", 6)
        for each in (refused.value, told.value):
            assert (each.counted, each.period_seconds, each.limit, each.left) == ("recipients", 3600, 12, 3)
            assert 3400 < each.retry_after <= 3420
        await bench.outbox.check_rates("jean", 3)
        await bench.pass_time(3600)
        with pytest.raises(TooMuchSent) as refused:
            await bench.outbox.accept(acceptance(letter=replace(LETTER, recipients=three.recipients * 2)))
        assert (refused.value.counted, refused.value.period_seconds, refused.value.left) == (
            "recipients",
            86_400,
            5,
        )
        await bench.pass_time(86_400)
        usage = await bench.outbox.usage("jean")
        assert [usage.left(rate) for rate in usage.used] == [5, 12, 7, 14]

    async def test_accepting_the_same_acceptance_again_counts_once(self, bench: OutboxBench) -> None:
        """A step repeated because its answer was lost does nothing twice."""
        again = acceptance(idempotency_key="k")
        assert [await bench.outbox.accept(again) for _ in range(3)] == [again.id] * 3
        assert len(await listed(bench)) == 1

    async def test_uploads_are_consumed_with_the_message(self, bench: OutboxBench) -> None:
        """Sent once, an upload is gone; a message with a missing upload is not accepted at all."""
        stored = await upload(bench)
        await bench.outbox.accept(acceptance(uploads=(stored.id,)))
        with pytest.raises(UnknownUpload):
            await bench.uploads.find("jean", stored.id)
        late = acceptance(uploads=(stored.id,))
        with pytest.raises(UnknownAttachment):
            await bench.outbox.accept(late)
        assert len(await listed(bench)) == 1
        assert not await bench.has_content(late.id)

    async def test_a_held_entry_is_cancelled_for_good(self, bench: OutboxBench) -> None:
        """No worker gets it, its message is erased, cancelling twice is no error."""
        entry_id = await bench.outbox.accept(acceptance(held=60))
        await bench.outbox.cancel("jean", entry_id)
        await bench.outbox.cancel("jean", entry_id)
        await bench.pass_time(61)
        assert await bench.outbox.claim(entry_id) is None
        assert await bench.outbox.due(10) == []
        assert not await bench.has_content(entry_id)
        assert (await bench.outbox.find("jean", entry_id)).state() is RecipientState.CANCELLED

    async def test_only_what_is_held_can_be_cancelled(self, bench: OutboxBench) -> None:
        """Neither what is queued, nor being sent, nor sent."""
        entry_id = await bench.outbox.accept(acceptance())
        with pytest.raises(NotCancellable):
            await bench.outbox.cancel("jean", entry_id)
        claim = await bench.outbox.claim(entry_id)
        with pytest.raises(NotCancellable):
            await bench.outbox.cancel("jean", entry_id)
        assert claim
        assert await bench.outbox.settle(claim, LETTER.record(BOTH), None)
        with pytest.raises(NotCancellable):
            await bench.outbox.cancel("jean", entry_id)

    async def test_a_held_entry_waits_for_its_time(self, bench: OutboxBench) -> None:
        """Not claimed before; announced, queued and claimed after."""
        entry_id = await bench.outbox.accept(acceptance(held=60))
        assert await bench.outbox.claim(entry_id) is None
        assert await bench.outbox.due(10) == []
        await bench.pass_time(61)
        assert await bench.outbox.due(10) == [entry_id]
        assert (await bench.outbox.find("jean", entry_id)).stage is Stage.QUEUED
        assert await bench.outbox.claim(entry_id)

    async def test_announcements_are_not_repeated_at_once(self, bench: OutboxBench) -> None:
        """After 2 s, then 5 s later, then 10 s later: a queue that waits is not flooded."""
        entry_id = await bench.outbox.accept(acceptance())
        pauses = (0, 2.1, 0, 5.1, 5.1, 5.1)
        announced = []
        for pause in pauses:
            await bench.pass_time(pause)
            announced.append(list(await bench.outbox.due(10)) == [entry_id])
        assert announced == [False, True, False, True, False, True]

    async def test_every_due_entry_gets_its_turn(self, bench: OutboxBench) -> None:
        """A scan bounded to two is not stopped by the first two."""
        ids = {await bench.outbox.accept(acceptance()) for _ in range(5)}
        await bench.pass_time(3)
        seen = [await bench.outbox.due(2) for _ in range(3)]
        assert {entry_id for batch in seen for entry_id in batch} == ids

    async def test_one_worker_at_a_time(self, bench: OutboxBench) -> None:
        """Of five that claim, one gets the entry; it stays away from the scan."""
        entry_id = await bench.outbox.accept(acceptance())
        claims = await asyncio.gather(*(bench.outbox.claim(entry_id) for _ in range(5)))
        assert len([claim for claim in claims if claim]) == 1
        await bench.pass_time(14)
        assert await bench.outbox.due(10) == []
        assert await bench.outbox.claim(entry_id) is None

    async def test_a_dead_workers_entry_is_found_again(self, bench: OutboxBench) -> None:
        """When its lease has run out, it is due, and claimed under a higher fence."""
        entry_id = await bench.outbox.accept(acceptance())
        first = await bench.outbox.claim(entry_id)
        await bench.pass_time(15.1)
        assert await bench.outbox.due(10) == [entry_id]
        second = await bench.outbox.claim(entry_id)
        assert first
        assert second
        assert second.fence > first.fence
        assert (first.attempts, second.attempts) == (1, 2)
        assert second.age_seconds >= 15

    async def test_the_longest_due_is_next(self, bench: OutboxBench) -> None:
        """Each once, held ones when their time has come, a dead worker's when the scan has found it."""
        later = await bench.outbox.accept(acceptance(held=60))
        first = await bench.outbox.accept(acceptance())
        await bench.pass_time(1)
        second = await bench.outbox.accept(acceptance())
        claims = [await bench.outbox.claim_next() for _ in range(3)]
        assert [claim.id if claim else "" for claim in claims] == [first, second, ""]
        assert claims[0]
        assert await bench.outbox.settle(claims[0], claims[0].letter, 5)
        assert await bench.outbox.claim_next() is None
        await bench.pass_time(15.1)
        retried = await bench.outbox.claim_next()
        assert retried
        assert retried.id == first
        assert await bench.outbox.claim_next() is None
        assert await bench.outbox.due(10) == [second]
        orphan = await bench.outbox.claim_next()
        assert orphan
        assert (orphan.id, orphan.attempts) == (second, 2)
        await bench.pass_time(60)
        held = await bench.outbox.claim_next()
        assert held
        assert held.id == later

    async def test_a_renewed_lease_holds(self, bench: OutboxBench) -> None:
        """Renewing at 10 s keeps others away at 20 s."""
        entry_id = await bench.outbox.accept(acceptance())
        claim = await bench.outbox.claim(entry_id)
        assert claim
        await bench.pass_time(10)
        assert await bench.outbox.renew(claim)
        await bench.pass_time(10)
        assert await bench.outbox.claim(entry_id) is None

    async def test_a_stale_fence_changes_nothing(self, bench: OutboxBench) -> None:
        """Who lost the lease to another can neither renew nor settle; the other can."""
        entry_id = await bench.outbox.accept(acceptance())
        stale = await bench.outbox.claim(entry_id)
        await bench.pass_time(15.1)
        current = await bench.outbox.claim(entry_id)
        assert stale
        assert current
        before = await bench.outbox.find("jean", entry_id)
        failed = LETTER.record(dict.fromkeys(BOTH, Permanent("550 no")))
        assert not await bench.outbox.renew(stale)
        assert not await bench.outbox.settle(stale, failed, None)
        assert not await bench.outbox.settle(stale, failed, 10)
        assert await bench.outbox.find("jean", entry_id) == before
        assert await bench.has_content(entry_id)
        assert await bench.outbox.settle(current, LETTER.record(BOTH), None)
        assert (await bench.outbox.find("jean", entry_id)).state() is RecipientState.SENT

    async def test_a_late_result_counts_where_nobody_took_over(self, bench: OutboxBench) -> None:
        """The fence decides, not the clock: so a slow worker makes no second copy."""
        entry_id = await bench.outbox.accept(acceptance())
        claim = await bench.outbox.claim(entry_id)
        await bench.pass_time(16)
        assert claim
        assert await bench.outbox.settle(claim, LETTER.record(BOTH), None)
        assert await bench.outbox.claim(entry_id) is None

    async def test_a_retry_is_due_after_its_pause(self, bench: OutboxBench) -> None:
        """What is final stays final in the next claim; what is open is open."""
        entry_id = await bench.outbox.accept(acceptance())
        claim = await bench.outbox.claim(entry_id)
        assert claim
        mixed = {"a@demo.example": Delivered("250"), "b@demo.example": Temporary("451 later")}
        assert await bench.outbox.settle(claim, claim.letter.record(mixed), 30)
        assert await bench.outbox.claim(entry_id) is None
        assert await bench.has_content(entry_id)
        await bench.pass_time(31)
        assert await bench.outbox.due(10) == [entry_id]
        again = await bench.outbox.claim(entry_id)
        assert again
        assert again.letter.open_addresses() == ("b@demo.example",)
        assert await bench.outbox.content(again)

    async def test_done_erases_the_message_and_shows_for_a_day(self, bench: OutboxBench) -> None:
        """The outcome stays visible for 24 hours, the content for none."""
        entry_id = await bench.outbox.accept(acceptance())
        claim = await bench.outbox.claim(entry_id)
        assert claim
        assert await bench.outbox.settle(claim, LETTER.record(BOTH), None)
        assert not await bench.has_content(entry_id)
        await bench.pass_time(86_000)
        assert (await bench.outbox.find("jean", entry_id)).letter.recipients[0].detail == "250 a"
        await bench.pass_time(500)
        with pytest.raises(UnknownOutboxEntry):
            await bench.outbox.find("jean", entry_id)
        assert await listed(bench) == []

    async def test_what_could_not_be_reported_stays_until_it_was_seen(self, bench: OutboxBench) -> None:
        """Only its owner sees it away, and then it is shown for a day more; the content is gone at once."""
        entry_id = await bench.outbox.accept(acceptance())
        claim = await bench.outbox.claim(entry_id)
        assert claim
        failed = LETTER.record(dict.fromkeys(BOTH, Permanent("550 no"))).report(ReportState.FAILED)
        assert await bench.outbox.settle(claim, failed, None)
        assert not await bench.has_content(entry_id)
        await bench.pass_time(1_000_000)
        with pytest.raises(UnknownOutboxEntry):
            await bench.outbox.acknowledge("marie", entry_id)
        [entry] = await listed(bench)
        assert (entry.letter, entry.report()) == (failed, ReportState.FAILED)
        await bench.outbox.acknowledge("jean", entry_id)
        assert (await bench.outbox.find("jean", entry_id)).report() is ReportState.SEEN
        await bench.pass_time(80_000)
        await bench.outbox.acknowledge("jean", entry_id)
        await bench.pass_time(7_000)
        assert await listed(bench) == []

    async def test_acknowledging_something_else_changes_nothing(self, bench: OutboxBench) -> None:
        """An open entry goes on, and is shown as long as any other."""
        entry_id = await bench.outbox.accept(acceptance())
        await bench.outbox.acknowledge("jean", entry_id)
        claim = await bench.outbox.claim(entry_id)
        assert claim
        assert await bench.outbox.settle(claim, LETTER.record(BOTH), None)
        await bench.pass_time(86_000)
        assert [entry.report() for entry in await listed(bench)] == [ReportState.NONE]

    async def test_the_queue_is_told_to_those_who_watch(self, bench: OutboxBench) -> None:
        """What is there, what waits and for how long, what attempts brought; counted under a live fence."""
        assert (await bench.outbox.depth()).entries == 0
        await bench.outbox.accept(acceptance(held=600))
        entry_id = await bench.outbox.accept(acceptance())
        await bench.pass_time(16)
        stale, claim = await bench.outbox.claim(entry_id), None
        await bench.pass_time(16)
        depth = await bench.outbox.depth()
        assert (depth.entries, depth.waiting) == (2, 1)
        assert 31 < depth.oldest_seconds < 40
        claim = await bench.outbox.claim(entry_id)
        assert stale
        assert claim
        await bench.outbox.settle(stale, LETTER.record(BOTH), None, {"message.permanent": 9})
        await bench.outbox.settle(claim, claim.letter, 1, {"message.temporary": 2})
        await bench.pass_time(2)
        claim = await bench.outbox.claim(entry_id)
        assert claim
        await bench.outbox.settle(claim, LETTER.record(BOTH), None, {"message.delivered": 2})
        depth = await bench.outbox.depth()
        assert (depth.entries, depth.waiting, depth.oldest_seconds) == (1, 0, 0)
        assert depth.outcomes == {"message.temporary": 2, "message.delivered": 2}

    async def test_a_lost_message_is_told(self, bench: OutboxBench) -> None:
        """Reading it raises, instead of giving half of it."""
        entry_id = await bench.outbox.accept(acceptance())
        claim = await bench.outbox.claim(entry_id)
        assert claim
        await bench.lose_content(entry_id)
        with pytest.raises(ContentLost):
            await bench.outbox.content(claim)

    async def test_unknown_ids_are_nobodys(self, bench: OutboxBench) -> None:
        """A hint for an entry that is gone is ignored."""
        assert await bench.outbox.claim("gone") is None
