"""The content of messages in Redis: sealed chunks, which expire by themselves until they are accepted.

Chunks keep Redis from being blocked by a large message. That they stay is the accepting script's doing.
"""

from typing import TYPE_CHECKING, Any, cast

from redis.asyncio import Redis

from courriel_seal import KeyRing, SealBroken
from sender_service import redis_keys
from sender_service.outbox import ContentLost

if TYPE_CHECKING:
    from collections.abc import Awaitable

CHUNK_OCTETS = 256 * 1024
CHUNKS_AT_ONCE = 4
UNACCEPTED_SECONDS = 600
_PURPOSE = "outbox-content"


class RedisContent:
    """A message's octets by its entry's id."""

    def __init__(self, redis: Redis, keys: KeyRing) -> None:
        self._redis = redis
        self._keys = keys

    def sealed_chunk(self, entry_id: str, content: bytes, index: int) -> bytes:
        """Return one chunk as it is stored."""
        chunk = content[index * CHUNK_OCTETS : (index + 1) * CHUNK_OCTETS]
        return self._keys.seal(chunk, purpose=_PURPOSE, context=_context(entry_id, index))

    async def store(self, entry_id: str, content: bytes) -> int:
        """Write the sealed chunks, which expire unless they are accepted; return their number."""
        key = redis_keys.content(entry_id)
        starts = range(0, len(content), CHUNK_OCTETS)
        for first in range(0, len(starts), CHUNKS_AT_ONCE):
            chunks = {
                str(index): self.sealed_chunk(entry_id, content, index)
                for index in range(first, min(first + CHUNKS_AT_ONCE, len(starts)))
            }
            async with self._redis.pipeline(transaction=True) as step:
                step.hset(key, mapping=cast("Any", chunks))
                step.expire(key, UNACCEPTED_SECONDS)
                await step.execute()
        return len(starts)

    async def erase(self, entry_id: str) -> None:
        """Erase what was not accepted."""
        await self._redis.unlink(redis_keys.content(entry_id))

    async def read(self, entry_id: str, count: int) -> bytes:
        """Return a message of `count` chunks. Raises ContentLost."""
        key = redis_keys.content(entry_id)
        plain = bytearray()
        for first in range(0, count, CHUNKS_AT_ONCE):
            indices = range(first, min(first + CHUNKS_AT_ONCE, count))
            sealed = await cast(
                "Awaitable[list[bytes | None]]", self._redis.hmget(key, list(map(str, indices)))
            )
            for index, chunk in zip(indices, sealed, strict=True):
                try:
                    plain += self._keys.open(
                        chunk or b"", purpose=_PURPOSE, context=_context(entry_id, index)
                    )
                except SealBroken as error:
                    raise ContentLost from error
        return bytes(plain)


def _context(entry_id: str, index: int) -> bytes:
    return f"{entry_id}:{index}".encode()
