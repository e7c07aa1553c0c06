"""Inline images in Redis cache: one key an image, ``mailbox:inline:<SHA-256 of its name>``, with a TTL."""

from typing import cast

from redis.asyncio import Redis
from redis.exceptions import RedisError

from mailbox_service.inline_images import ImageStoreUnavailable

PREFIX = "mailbox:inline:"


class RedisImageStore:
    """An ImageStore on Redis cache."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    async def put(self, values: dict[str, bytes], seconds: int) -> None:
        """Keep values by key for that long, in one flight."""
        try:
            async with self._redis.pipeline(transaction=False) as pipeline:
                for key, value in values.items():
                    pipeline.set(PREFIX + key, value, ex=seconds)
                await pipeline.execute()
        except RedisError as error:
            raise ImageStoreUnavailable from error

    async def get(self, key: str) -> bytes | None:
        """Return a value, or None where there is none (any more)."""
        try:
            value = await self._redis.get(PREFIX + key)
        except RedisError as error:
            raise ImageStoreUnavailable from error
        return cast("bytes | None", value)  # the connection does not decode
