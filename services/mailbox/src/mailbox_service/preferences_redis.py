"""Preferences in Redis state: one string a mailbox, ``mailbox:settings:<SHA-256 of its name>``, sealed.

There is no TTL: what a person chose stays until it is replaced.
"""

from typing import cast

from redis.asyncio import Redis

PREFIX = "mailbox:settings:"


class RedisPreferenceStore:
    """A PreferenceStore on Redis state. Both methods raise RedisError when it does not answer."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    async def get(self, key: str) -> bytes | None:
        """Return what is stored, or None."""
        return cast("bytes | None", await self._redis.get(PREFIX + key))  # the connection does not decode

    async def put(self, key: str, sealed: bytes) -> None:
        """Store, instead of what was there."""
        await self._redis.set(PREFIX + key, sealed)
