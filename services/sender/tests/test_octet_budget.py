"""The budget of octets: never more than it has, in order, and given back whatever happens."""

import asyncio

import pytest

from sender_service.octet_budget import OctetBudget


async def settle() -> None:
    """Let every task go as far as it can."""
    for _ in range(10):
        await asyncio.sleep(0)


class Holder:
    """Somebody who holds octets until told."""

    def __init__(self, budget: OctetBudget, octets: int) -> None:
        self.holds = False
        self._enough = asyncio.Event()
        self.task = asyncio.create_task(self._run(budget, octets))

    async def _run(self, budget: OctetBudget, octets: int) -> None:
        async with budget.hold(octets):
            self.holds = True
            await self._enough.wait()
        self.holds = False

    async def end(self) -> None:
        """Give back."""
        self._enough.set()
        await self.task
        await settle()


async def test_no_more_is_held_than_there_is_and_nobody_is_overtaken() -> None:
    """A small one behind a large one waits for it, though it would fit."""
    budget = OctetBudget(100)
    first, large, small = (Holder(budget, octets) for octets in (60, 90, 10))
    await settle()
    assert (first.holds, large.holds, small.holds) == (True, False, False)
    await first.end()
    assert (large.holds, small.holds) == (True, True)
    await large.end()
    await small.end()


async def test_what_is_larger_than_the_budget_is_held_alone() -> None:
    """It is not refused, and nothing is beside it."""
    budget = OctetBudget(100)
    giant, other = Holder(budget, 1000), Holder(budget, 1)
    await settle()
    assert (giant.holds, other.holds) == (True, False)
    await giant.end()
    assert other.holds
    await other.end()


async def test_who_gives_up_waiting_leaves_the_queue() -> None:
    """A cancelled one, waiting or holding, keeps nothing."""
    budget = OctetBudget(100)
    holding, waiting, last = (Holder(budget, octets) for octets in (80, 50, 20))
    await settle()
    waiting.task.cancel()
    await settle()
    assert last.holds
    holding.task.cancel()
    for cancelled in (holding, waiting):
        with pytest.raises(asyncio.CancelledError):
            await cancelled.task
    whole = Holder(budget, 80)
    await settle()
    assert whole.holds
    await last.end()
    await whole.end()
