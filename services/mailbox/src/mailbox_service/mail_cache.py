"""What was read of a mailbox, kept for its next opening: summaries, and recent messages ready to be shown.

It is a cache and nothing else: it may vanish, be full, be slow or hold garbage at any time, and costs time
then, never a wrong answer. So no method here fails, and what does not open exactly is not there.

Everything is sealed under a key that auth derives from the password and a key of its own, for one mailbox,
and bound to the mail server, the mailbox and (for a message) its uid and size. Names of shelves and values
are MACs under the same key: the store alone tells neither whose mail it holds nor what.
"""

import asyncio
import hashlib
import hmac
import zlib
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Protocol, TypeVar

import structlog
from pydantic import TypeAdapter, ValidationError

from courriel_seal import KeyRing, SealBroken
from mailbox_service.clock import Clock
from mailbox_service.kept_renderings import RenderingUnkeepable, keep_rendering, take_rendering
from mailbox_service.rendering import Rendering
from mailbox_service.summaries import Shown

Result = TypeVar("Result")
FORM = 1
"""Of what is stored; another form of it is another cache."""
ANSWER_SECONDS = 0.25
"""How long the store may take for one answer."""
REST_SECONDS = 5.0
"""How long a store that failed is left alone."""
MAX_CHUNKS = 64
"""Of summaries; when there are more, they are written anew, all in one."""
_SUMMARIES = TypeAdapter(dict[str, Shown])
log = structlog.get_logger(__name__)


class CacheUnavailable(Exception):
    """The store does not answer, or not as a store does."""


class CacheStore(Protocol):
    """Octets on shelves; each may vanish at any time. Every method raises CacheUnavailable."""

    async def all(self, shelf: str) -> list[bytes]:
        """Return every value of a shelf, in any order."""
        ...

    async def names(self, shelf: str) -> set[str]:
        """Return the names of a shelf's values."""
        ...

    async def get(self, shelf: str, name: str) -> bytes | None:
        """Return one value."""
        ...

    async def put(self, shelf: str, name: str, value: bytes, *, octets: int) -> None:
        """Store a value; the oldest of the shelf go where they are more than ``octets`` together."""
        ...

    async def clear(self, shelf: str) -> None:
        """Forget a shelf."""
        ...


class MailCache:
    """Keeps and finds. ``octets`` bounds each of a mailbox's two shelves; ``server`` names what it has."""

    def __init__(self, store: CacheStore, clock: Clock, *, server: str, octets: int) -> None:
        self._store = store
        self._clock = clock
        self._server = server
        self._octets = octets
        self._resting_until = 0.0

    async def summaries(self, key: bytes, mailbox: str) -> dict[str, Shown]:
        """Return the summaries that are known, by uid."""
        shelf = self._mac(key, mailbox, "summaries")
        chunks = await self._ask(partial(self._store.all, shelf)) or []
        found: dict[str, Shown] = {}
        for chunk in chunks:
            found |= self._read_chunk(key, mailbox, chunk)
            await asyncio.sleep(0)  # a large mailbox must not keep the others waiting
        if len(chunks) > MAX_CHUNKS:
            await self._ask(partial(self._store.clear, shelf))
            await self.keep_summaries(key, mailbox, found)
        return found

    async def keep_summaries(self, key: bytes, mailbox: str, summaries: Mapping[str, Shown]) -> None:
        """Store summaries that were not known before."""
        shelf = self._mac(key, mailbox, "summaries")
        plain = _SUMMARIES.dump_json(dict(summaries))
        sealed = self._seal(key, plain, mailbox, "summaries")
        name = hashlib.sha256(sealed).hexdigest()[:32]
        await self._ask(partial(self._store.put, shelf, name, sealed, octets=self._octets))

    async def message(self, key: bytes, mailbox: str, uid: str, size: int) -> Rendering | None:
        """Return a message as it was rendered, or None."""
        where = (mailbox, "message", uid, str(size))
        shelf, name = self._mac(key, mailbox, "messages"), self._mac(key, *where)
        sealed = await self._ask(partial(self._store.get, shelf, name))
        if sealed is None:
            return None
        plain = self._open(key, sealed, *where)
        return None if plain is None else take_rendering(plain)

    async def kept_messages(
        self, key: bytes, mailbox: str, messages: Iterable[tuple[str, int]]
    ) -> set[tuple[str, int]]:
        """Return which of these messages (uid and size) are kept, as far as is known."""
        names = await self._ask(partial(self._store.names, self._mac(key, mailbox, "messages"))) or set()
        return {
            (uid, size)
            for uid, size in messages
            if self._mac(key, mailbox, "message", uid, str(size)) in names
        }

    async def keep_message(self, key: bytes, mailbox: str, uid: str, size: int, rendering: Rendering) -> None:
        """Store a message that was read to its end and rendered."""
        where = (mailbox, "message", uid, str(size))
        try:
            sealed = self._seal(key, keep_rendering(rendering), *where)
        except RenderingUnkeepable:
            return
        if len(sealed) > self._octets // 4:
            return  # it would push too much else out
        shelf, name = self._mac(key, mailbox, "messages"), self._mac(key, *where)
        await self._ask(partial(self._store.put, shelf, name, sealed, octets=self._octets))

    async def _ask(self, question: Callable[[], Awaitable[Result]]) -> Result | None:
        """Wait for the store a moment; None where it does not answer, or is being left alone."""
        if self._clock.monotonic() < self._resting_until:
            return None
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                return await question()
        except (CacheUnavailable, TimeoutError) as error:
            self._resting_until = self._clock.monotonic() + REST_SECONDS
            log.warning("the cache is left alone for a while", error=type(error).__name__)
            return None

    def _read_chunk(self, key: bytes, mailbox: str, sealed: bytes) -> dict[str, Shown]:
        plain = self._open(key, sealed, mailbox, "summaries")
        try:
            return {} if plain is None else _SUMMARIES.validate_json(plain)
        except ValidationError:
            return {}

    def _seal(self, key: bytes, plain: bytes, *where: str) -> bytes:
        packed = zlib.compress(plain, 1)
        return _ring(key).seal(packed, purpose=self._purpose, context=_joined(where))

    def _open(self, key: bytes, sealed: bytes, *where: str) -> bytes | None:
        try:
            return zlib.decompress(_ring(key).open(sealed, purpose=self._purpose, context=_joined(where)))
        except (SealBroken, zlib.error):
            log.warning("a cached value does not open")
            return None

    @property
    def _purpose(self) -> str:
        return f"mailbox cache {FORM} of {self._server}"

    def _mac(self, key: bytes, *where: str) -> str:
        return hmac.digest(key, _joined((self._purpose, *where)), "sha256").hex()[:32]


def _ring(key: bytes) -> KeyRing:
    return KeyRing(current="cache", keys={"cache": key})


def _joined(words: Sequence[str]) -> bytes:
    return b"\0".join(word.encode() for word in words)
