"""Waiting for what other processes bring about."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

PAUSE_SECONDS = 0.02


async def until(is_so: Callable[[], bool]) -> None:
    """Look again and again; the caller bounds the time."""
    while not is_so():  # noqa: ASYNC110 — nobody in this process could set an event
        await asyncio.sleep(PAUSE_SECONDS)
