"""Instants and durations as the Lua scripts write them: milliseconds, since 1970 by Redis' own clock."""

from datetime import UTC, datetime

MILLISECONDS = 1000


def instant(milliseconds: int | bytes) -> datetime:
    """Read an instant: Redis answers an integer, or its digits as bytes."""
    return datetime.fromtimestamp(int(milliseconds) / MILLISECONDS, UTC)
