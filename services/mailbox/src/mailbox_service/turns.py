"""Taking turns: what shares a key happens one at a time, in the order of asking; other keys never wait.

Who asks for a person is served before who works in the background, however long that has waited; nobody is
interrupted, so background work must take short turns.
"""

import asyncio
import contextlib
from collections import deque
from collections.abc import AsyncIterator
from weakref import WeakValueDictionary


class Turn:
    """One key's turn. Used within one event loop: ``async with turn:`` or ``async with turn.behind():``."""

    def __init__(self) -> None:
        self._taken = False
        self._people: deque[asyncio.Future[None]] = deque()
        self._background: deque[asyncio.Future[None]] = deque()

    def locked(self) -> bool:
        """Tell whether somebody has the turn."""
        return self._taken

    async def __aenter__(self) -> None:
        """Wait for the turn, in the order of asking."""
        await self._take(self._people)

    async def __aexit__(self, *_: object) -> None:
        """Pass the turn on."""
        self._pass_on()

    @contextlib.asynccontextmanager
    async def behind(self) -> AsyncIterator[None]:
        """Wait until nobody waits for a person, then in the order of asking."""
        await self._take(self._background)
        try:
            yield
        finally:
            self._pass_on()

    async def _take(self, queue: deque[asyncio.Future[None]]) -> None:
        if not self._taken:
            self._taken = True
            return
        passed = asyncio.get_running_loop().create_future()
        queue.append(passed)
        try:
            await passed
        except asyncio.CancelledError:
            if passed.done() and not passed.cancelled():
                self._pass_on()  # the turn came at the same moment
            raise

    def _pass_on(self) -> None:
        for queue in (self._people, self._background):
            while queue:
                waiting = queue.popleft()
                if not waiting.done():  # else it was cancelled
                    waiting.set_result(None)
                    return
        self._taken = False


class Turns:
    """Turns by key; one that nobody uses is forgotten."""

    def __init__(self) -> None:
        self._turns: WeakValueDictionary[str, Turn] = WeakValueDictionary()

    def of(self, key: str) -> Turn:
        """Return the key's turn, to be used as ``async with turns.of(key):``."""
        turn = self._turns.get(key)
        if turn is None:
            turn = self._turns[key] = Turn()
        return turn
