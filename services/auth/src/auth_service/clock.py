"""Time as the domain needs it: a span to measure and to wait for. What time it is, Redis alone says."""

import asyncio
import time
from typing import Protocol


class Clock(Protocol):
    """Seconds that pass."""

    def monotonic(self) -> float:
        """Return seconds since some fixed moment."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Return after ``seconds``."""
        ...


class SystemClock:
    """The process's own clock."""

    def monotonic(self) -> float:
        """Return seconds since some fixed moment."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Return after ``seconds``."""
        await asyncio.sleep(seconds)
