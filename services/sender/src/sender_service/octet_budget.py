"""How many octets of messages a worker process has in memory at one time.

First come, first served, so that a large message is not overtaken for ever. It counts what it is told.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class OctetBudget:
    """Belongs to one event loop."""

    def __init__(self, octets: int) -> None:
        self._octets = octets
        self._free = octets
        self._turn = asyncio.Lock()
        self._returned = asyncio.Event()

    @asynccontextmanager
    async def hold(self, octets: int) -> AsyncIterator[None]:
        """Wait until so many octets are free, and hold them; more than the whole budget is held alone."""
        wanted = min(octets, self._octets)
        async with self._turn:
            while self._free < wanted:
                self._returned.clear()
                await self._returned.wait()
            self._free -= wanted
        try:
            yield
        finally:
            self._free += wanted
            self._returned.set()
