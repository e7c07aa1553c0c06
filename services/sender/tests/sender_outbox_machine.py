"""Random interleavings of people, workers and time: never both cancelled and sent, no lost entry."""

import asyncio
from collections.abc import Coroutine
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    MultipleResults,
    RuleBasedStateMachine,
    consumes,
    invariant,
    multiple,
    rule,
)
from sender_port_suites import BOTH, LETTER, OutboxBench, acceptance

from sender_service.outbox import Claim, NotCancellable, Stage
from sender_service.rates import TooMuchSent


class OutboxMachine(RuleBasedStateMachine):
    """A subclass makes the bench. ``sent`` holds the ids whose delivery was recorded under a live fence."""

    ids = Bundle("ids")
    claims = Bundle("claims")

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.bench = self.run_async(self.make_bench())
        self.cancelled: set[str] = set()
        self.sent: set[str] = set()
        self.accepted: set[str] = set()
        self.fences: dict[str, int] = {}

    async def make_bench(self) -> OutboxBench:
        """Make an empty one."""
        raise NotImplementedError

    async def close_bench(self) -> None:
        """Let go of it."""

    def instant(self) -> datetime:
        """Return the present moment of the bench."""
        return datetime.now(UTC)

    def run_async(self, work: Coroutine[Any, Any, Any]) -> Any:
        """Run to the end, on one loop."""
        return self.runner.run(work)

    @rule(target=ids, held=st.sampled_from([None, 5.0, 60.0]))
    def accept(self, held: float | None) -> str | MultipleResults[str]:
        """Accept a message, held or not, within the hourly limit.

        Its id is not a random one: entries due at one moment go by their ids, and hypothesis must be able to
        repeat what it has found.
        """
        due_at = None if held is None else self.instant() + timedelta(seconds=held)
        accepted = replace(acceptance(), id=f"entry-{len(self.accepted):04}", due_at=due_at)
        try:
            entry_id: str = self.run_async(self.bench.outbox.accept(accepted))
        except TooMuchSent:
            return multiple()
        self.accepted.add(entry_id)
        return entry_id

    @rule(entry_id=ids)
    def cancel(self, entry_id: str) -> None:
        """Somebody clicks on Annuler."""
        try:
            self.run_async(self.bench.outbox.cancel("jean", entry_id))
        except NotCancellable:
            return
        self.cancelled.add(entry_id)

    @rule(target=claims, entry_id=ids)
    def claim(self, entry_id: str) -> Claim | MultipleResults[Claim]:
        """Follow a hint; each claim has a higher fence than the one before."""
        claim: Claim | None = self.run_async(self.bench.outbox.claim(entry_id))
        if claim is None:
            return multiple()
        assert claim.fence > self.fences.get(entry_id, 0)
        assert entry_id not in self.cancelled | self.sent
        self.fences[entry_id] = claim.fence
        return claim

    @rule(target=claims)
    def claim_next(self) -> Claim | MultipleResults[Claim]:
        """Go on with whatever is due."""
        claim: Claim | None = self.run_async(self.bench.outbox.claim_next())
        if claim is None:
            return multiple()
        assert claim.fence > self.fences.get(claim.id, 0)
        assert claim.id not in self.cancelled | self.sent
        self.fences[claim.id] = claim.fence
        return claim

    @rule(target=claims, claim=claims)
    def take_over(self, claim: Claim) -> Claim | MultipleResults[Claim]:
        """Let a worker stall beyond its lease, and another one follow the next hint."""
        self.run_async(self.bench.pass_time(16))
        return self.claim(claim.id)

    @rule(claim=consumes(claims), retry=st.sampled_from([None, 10.0]))
    def settle(self, claim: Claim, retry: float | None) -> None:
        """Report as a worker, perhaps long after it lost the lease."""
        letter = LETTER.record(BOTH) if retry is None else claim.letter
        counted = self.run_async(self.bench.outbox.settle(claim, letter, retry))
        assert counted == (self.fences[claim.id] == claim.fence and claim.id not in self.sent)
        if counted and retry is None:
            self.sent.add(claim.id)

    @rule(claim=claims)
    def renew(self, claim: Claim) -> None:
        """Only the holder of the last fence renews."""
        if self.run_async(self.bench.outbox.renew(claim)):
            assert self.fences[claim.id] == claim.fence

    @rule(seconds=st.sampled_from([1.0, 6.0, 16.0, 61.0]))
    def wait(self, seconds: float) -> None:
        """Time passes."""
        self.run_async(self.bench.pass_time(seconds))

    @rule()
    def scan(self) -> None:
        """Scan; nothing that is final is found."""
        assert not (self.cancelled | self.sent) & set(self.run_async(self.bench.outbox.due(100)))

    @invariant()
    def states_are_honest(self) -> None:
        """Check that cancelled and sent exclude each other, and whatever is neither still has its message."""
        assert not self.cancelled & self.sent
        listing = self.run_async(self.bench.outbox.entries("jean", 1000))
        stages = {entry.id: entry.stage for entry in listing.entries}
        for entry_id in self.accepted:
            expected = (
                {Stage.CANCELLED}
                if entry_id in self.cancelled
                else {Stage.DONE}
                if entry_id in self.sent
                else {Stage.HELD, Stage.QUEUED, Stage.SENDING}
            )
            assert stages[entry_id] in expected
            open_ = entry_id not in self.cancelled | self.sent
            assert self.run_async(self.bench.has_content(entry_id)) == open_

    def teardown(self) -> None:
        """Whatever happened, time brings every open entry back to a worker."""
        self.run_async(self.bench.pass_time(120))
        left = self.accepted - self.cancelled - self.sent
        assert left == set(self.run_async(self.bench.outbox.due(1000))) & left
        for entry_id in left:
            assert self.run_async(self.bench.outbox.claim(entry_id))
        self.run_async(self.close_bench())
        self.runner.close()
