"""Starts the parts of the demo, keeps them running, and ends them.

The stores start first; all else starts together when they answer. A part that does not come up the first
time is a failure of the demo; one that dies later is started again, after a pause that grows. Parts end in
the reverse order of their stages, and no longer than a few seconds after they were asked.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from typing import TYPE_CHECKING

from courriel_demo.part_log import PartLog
from courriel_demo.parts import Part, Stage
from courriel_demo.processes import PartProcess, Warden, describe_end

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

START_SECONDS = 60.0
"""How long a part may take to be ready."""

END_SECONDS = {Stage.GATEWAY: 1.5, Stage.SERVICE: 2.0, Stage.MAIL: 0.5, Stage.STORE: 0.5}
"""How long the parts of a stage may take to end, before they are killed: less than 5 s in all."""

_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 30.0
_STEADY_SECONDS = 60.0
_PROBE_SECONDS = 0.1
_TAIL_LINES = 20


class PartFailedError(Exception):
    """A part did not come up; the text says which, why, and what it wrote last."""


def pause_before_restart(deaths: int) -> float:
    """Return the pause in seconds before the restart that follows `deaths` deaths in a row, 1 or more."""
    return min(_LONGEST_PAUSE, _FIRST_PAUSE * 2.0 ** min(deaths - 1, 10))


class Supervisor:
    """Runs `parts`, with logs in the folder `logs`; `say` gets a line for each event a person should know."""

    def __init__(self, parts: Sequence[Part], logs: Path, guard: Warden, say: Callable[[str], None]) -> None:
        self._parts = parts
        self._guard = guard
        self._say = say
        self._logs = {part.name: PartLog(logs / f"{part.name}.log") for part in parts}
        self._processes: dict[str, PartProcess] = {}

    async def run(self, stop: asyncio.Event, announce: Callable[[], None]) -> None:
        """Run everything until `stop` is set; call `announce` when all is ready. All is ended at the return.

        Raises PartFailedError where a part does not come up.
        """
        work = asyncio.create_task(self._start_and_keep(announce))
        stopping = asyncio.create_task(stop.wait())
        try:
            await asyncio.wait({work, stopping}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (work, stopping):
                task.cancel()
            await asyncio.wait({work, stopping})
            await self._end()
        if not work.cancelled():
            work.result()

    async def _start_and_keep(self, announce: Callable[[], None]) -> None:
        try:
            for first in (True, False):
                step = [part for part in self._parts if (part.stage is Stage.STORE) is first]
                async with asyncio.TaskGroup() as group:
                    for part in step:
                        group.create_task(self._start(part))
            announce()
            async with asyncio.TaskGroup() as group:
                for part in self._parts:
                    group.create_task(self._keep(part))
        except* PartFailedError as failures:
            raise failures.exceptions[0] from None

    async def _start(self, part: Part) -> None:
        process = self._spawn(part)
        if not await self._becomes_ready(part, process):
            late = f"is not ready after {START_SECONDS:.0f} s"
            why = late if process.is_running else "ended before it was ready"
            log = self._logs[part.name]
            raise PartFailedError(f"{part.name} {why}. The end of {log.path}:\n\n{log.tail(_TAIL_LINES)}")

    async def _keep(self, part: Part) -> None:
        deaths = 0
        while True:
            process = self._processes[part.name]
            code = await process.wait()
            process.clear()
            deaths = 1 if time.monotonic() - process.started > _STEADY_SECONDS else deaths + 1
            pause = pause_before_restart(deaths)
            self._say(f"{part.name} died ({describe_end(code)}); starting it again in {pause:g} s")
            await asyncio.sleep(pause)
            process = self._spawn(part)
            if await self._becomes_ready(part, process):
                self._say(f"{part.name} is back")
            elif process.is_running:
                process.terminate()

    def _spawn(self, part: Part) -> PartProcess:
        try:
            with self._logs[part.name].open() as log:
                process = PartProcess(part.command, part.environment, log, self._guard)
        except OSError as error:
            raise PartFailedError(f"{part.name} cannot be run: {error.strerror}") from error
        self._processes[part.name] = process
        return process

    async def _becomes_ready(self, part: Part, process: PartProcess) -> bool:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(START_SECONDS):
                while process.is_running:
                    if await part.ready(self._logs[part.name]):
                        return True
                    await asyncio.sleep(_PROBE_SECONDS)
        return False

    async def _end(self) -> None:
        for stage in sorted(Stage, reverse=True):
            names = [
                part.name for part in self._parts if part.stage is stage and part.name in self._processes
            ]
            processes = [self._processes[name] for name in names]
            for process in processes:
                process.terminate()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(END_SECONDS[stage]):
                    await asyncio.gather(*(process.wait() for process in processes))
            for process in processes:
                process.clear()
