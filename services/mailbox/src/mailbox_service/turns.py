"""Taking turns: what shares a key happens one at a time, in the order of asking; other keys never wait."""

import asyncio
from weakref import WeakValueDictionary


class Turns:
    """Fair locks by key (asyncio.Lock serves in order of asking); a lock that nobody uses is forgotten."""

    def __init__(self) -> None:
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    def of(self, key: str) -> asyncio.Lock:
        """Return the key's lock, to be used as ``async with turns.of(key):``."""
        lock = self._locks.get(key)
        if lock is None:
            lock = self._locks[key] = asyncio.Lock()
        return lock
