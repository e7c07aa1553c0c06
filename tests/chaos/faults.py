"""What is done to a running sender: kills, cuts, restarts; one after the other, in an order drawn by lot."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.chaos.link import STEPS, Link

if TYPE_CHECKING:
    import random

    from tests.chaos.parts import Part, Parts

TRAP_SECONDS = 8.0
DOWN_SECONDS = 0.5
CUT_SECONDS = 5.0


@dataclass
class Havoc:
    """Does harm to `parts`, and counts it; `in_window` are kills that left a transaction in doubt."""

    parts: Parts
    chance: random.Random
    done: Counter[str] = field(default_factory=Counter)
    in_window: int = 0

    def plan(self, count: int) -> list[str]:
        """Draw `count` harms: each kind at least once where there is room, workers the most often."""
        worker = [f"worker-{step}" for step in (*STEPS, "any")]
        kinds = [*worker, "api", "redis", "relay", "network", *worker, "api", "relay"]
        plan = [kinds[number % len(kinds)] for number in range(count)]
        self.chance.shuffle(plan)
        return plan

    async def do(self, kind: str) -> None:
        """Do one harm, and mend it."""
        if kind.startswith("worker-"):
            await self._kill_worker(kind.removeprefix("worker-"))
        elif kind == "network":
            await self._cut()
        else:
            part: Part = getattr(self.parts, kind)
            self.in_window += kind == "relay" and any(link.is_waiting() for link in self.parts.links)
            part.kill()
            await asyncio.sleep(self.chance.uniform(0, DOWN_SECONDS))
            part.start()
            await part.ready()
        self.done[kind] += 1

    async def _kill_worker(self, step: str) -> None:
        """Kill one when its delivery reaches a step, or at once where none does in time."""
        index = self.chance.randrange(len(self.parts.workers))
        worker, link = self.parts.workers[index], self.parts.links[index]
        killed = asyncio.Event()

        def kill() -> None:
            worker.kill()
            self.in_window += link.note_kill() > 0
            killed.set()

        if step != "any":
            link.trap = (step, kill)
            try:
                async with asyncio.timeout(TRAP_SECONDS):
                    await killed.wait()
            except TimeoutError:
                link.trap = None
        if not killed.is_set():
            kill()
        link.reset()
        worker.start()

    async def _cut(self) -> None:
        """Let a worker's connections hang half open for longer than it waits for a reply."""
        link: Link = self.chance.choice(self.parts.links)
        self.in_window += link.is_waiting()
        link.cut()
        await asyncio.sleep(CUT_SECONDS)
        link.mend()
