"""Taking mail apart in worker processes that are killed when they take too long (pebble).

Workers are forked from a clean server process that has imported the parsers already, so that neither our
threads and sockets nor a slow start come with them. Nothing is written to disk.
"""

import asyncio
import multiprocessing
import resource
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Self, TypeVar

import structlog
from pebble import ProcessPool

from courriel_message import Summary
from courriel_seal import KeyRing
from mailbox_service import rendering
from mailbox_service.errors import MessageUnreadable
from mailbox_service.rendering import Attachment, Rendering

Result = TypeVar("Result")
MEMORY_TIMES_MESSAGE = 10
MEMORY_BESIDES = 64 * 1024 * 1024
_OWN_MEMORY = Path("/proc/self/statm")
log = structlog.get_logger(__name__)


class ProcessReader:
    """A Reader on a pool of processes, used as an asynchronous context manager.

    ``seconds`` is the limit of one task. ``max_octets`` is the largest message: a worker gets ten times that
    memory and 64 MB over what it starts with; more is refused to it, which makes the message unreadable.
    """

    def __init__(self, *, workers: int, seconds: float, max_octets: int) -> None:
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload([rendering.__name__])
        memory = MEMORY_TIMES_MESSAGE * max_octets + MEMORY_BESIDES
        self._pool = ProcessPool(
            max_workers=workers, context=context, initializer=_bound_memory, initargs=[memory]
        )
        self._seconds = seconds

    async def summarise(self, headers: Sequence[bytes]) -> list[Summary]:
        """Summarise headers, in their order."""
        return await self._run(rendering.summarise_all, headers)

    async def render(self, raw: bytes, remote: KeyRing | None = None) -> Rendering:
        """Read a message, its HTML made safe."""
        return await self._run(rendering.render, raw, remote)

    async def extract(self, raw: bytes, part_id: str) -> Attachment | None:
        """Return one part, or None where there is none of this id."""
        return await self._run(rendering.extract, raw, part_id)

    async def archive(self, raw: bytes) -> bytes:
        """Return a zip of all attachments."""
        return await self._run(rendering.archive, raw)

    async def __aenter__(self) -> Self:
        """Start a worker now, so that no person waits for it, and a broken installation is told at once."""
        await self.summarise([])
        return self

    async def __aexit__(self, *_: object) -> None:
        """End the workers, whatever they are doing."""
        self._pool.stop()  # type: ignore[no-untyped-call]  # pebble annotates it not
        await asyncio.to_thread(self._pool.join)

    async def _run(self, function: Callable[..., Result], *arguments: object) -> Result:
        """Run ``function`` in a worker. Raises MessageUnreadable when it is late, crashes or raises."""
        task = self._pool.schedule(function, args=arguments, timeout=self._seconds)
        try:
            result: Result = await asyncio.wrap_future(task)
        except asyncio.CancelledError:
            raise
        except Exception as error:
            log.warning("a message could not be read", task=function.__name__, error=type(error).__name__)
            raise MessageUnreadable from error
        return result


def _bound_memory(octets: int) -> None:
    """Refuse this worker more address space than that over what it has, where the system (Linux) tells it."""
    if _OWN_MEMORY.exists():
        pages = int(_OWN_MEMORY.read_text().split()[0])
        limit = pages * resource.getpagesize() + octets
        resource.setrlimit(resource.RLIMIT_AS, (limit, resource.getrlimit(resource.RLIMIT_AS)[1]))
