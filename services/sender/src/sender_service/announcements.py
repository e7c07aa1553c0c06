"""Announcing to the workers what was just accepted, and each second what the outbox says is due.

An announcement is a hint. Losing one costs a second or a few, never a message; so nothing here waits or
fails.
"""

import asyncio
from collections.abc import Sequence
from typing import Protocol

import structlog

from sender_service.outbox import Outbox

SCAN_SECONDS = 0.5
SCAN_LIMIT = 200
FRESH_LIMIT = 1000
log = structlog.get_logger(__name__)


class Hints(Protocol):
    """A way to the workers."""

    async def publish(self, entry_ids: Sequence[str]) -> None:
        """Tell the workers these ids. Raises anything where it cannot."""


class Announcements:
    """Runs beside the API, in every replica."""

    def __init__(self, outbox: Outbox, hints: Hints, *, scan_seconds: float = SCAN_SECONDS) -> None:
        self._outbox = outbox
        self._hints = hints
        self._scan_seconds = scan_seconds
        self._fresh: asyncio.Queue[str] = asyncio.Queue(FRESH_LIMIT)

    def announce(self, entry_id: str) -> None:
        """Have this id published soon; where too many wait already, the scan finds it."""
        try:
            self._fresh.put_nowait(entry_id)
        except asyncio.QueueFull:
            log.warning("announcement left to the scan", entry=entry_id)

    async def run(self) -> None:
        """Publish until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._publish_fresh())
            tasks.create_task(self._publish_due())

    async def _publish_fresh(self) -> None:
        while True:
            entry_ids = [await self._fresh.get()]
            while not self._fresh.empty():
                entry_ids.append(self._fresh.get_nowait())
            await self._publish(entry_ids)

    async def _publish_due(self) -> None:
        # A driver may turn a cancellation into its own error; what was asked of the task is still known here.
        task = asyncio.current_task()
        while not (task and task.cancelling()):
            try:
                entry_ids = await self._outbox.due(SCAN_LIMIT)
            except Exception as error:  # noqa: BLE001 — an outbox that is away is asked again in a second
                log.warning("outbox not scanned", error=type(error).__name__)
                entry_ids = ()
            if entry_ids:
                await self._publish(entry_ids)
            await asyncio.sleep(self._scan_seconds)

    async def _publish(self, entry_ids: Sequence[str]) -> None:
        try:
            await self._hints.publish(entry_ids)
        except Exception as error:  # noqa: BLE001 — a hint may be lost for any reason
            log.warning("hints not published", count=len(entry_ids), error=type(error).__name__)
