"""Seen marks in Redis state: one set a mailbox, ``mailbox:seen:<SHA-256 of its name>``.

A set that nobody adds to for ``KEEP_SECONDS`` goes: a mailbox that was given up leaves nothing for ever.
"""

import hashlib
from collections.abc import Collection
from typing import cast

from redis.asyncio import Redis

PREFIX = "mailbox:seen:"
KEEP_SECONDS = 400 * 24 * 3600
"""A year and some weeks."""


class RedisSeenStore:
    """A SeenStore on Redis state. Every method raises RedisError when it does not answer."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    async def of(self, mailbox: str) -> frozenset[bytes]:
        """Return all marks."""
        return frozenset(cast("set[bytes]", await self._redis.smembers(_key(mailbox))))

    async def add(self, mailbox: str, marks: Collection[bytes]) -> None:
        """Add some, in one transaction with the set's new term."""
        async with self._redis.pipeline() as pipeline:
            pipeline.sadd(_key(mailbox), *marks)
            pipeline.expire(_key(mailbox), KEEP_SECONDS)
            await pipeline.execute()

    async def remove(self, mailbox: str, marks: Collection[bytes]) -> None:
        """Remove some; unknown ones are fine."""
        await self._redis.srem(_key(mailbox), *marks)


def _key(mailbox: str) -> str:
    return PREFIX + hashlib.sha256(mailbox.encode()).hexdigest()
