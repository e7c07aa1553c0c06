"""Leases in Redis cache: ``mailbox:lease:<key>`` is ``replica:holding``, with a TTL; asking is a message."""

from collections.abc import AsyncIterator
from typing import cast

from redis.asyncio import Redis
from redis.exceptions import RedisError

from mailbox_service.leases import LeaseStoreUnavailable

PREFIX = "mailbox:lease:"
CHANNEL = "mailbox:lease-asked"
LISTEN_SECONDS = 1.0
TAKE = """
local held = redis.call('GET', KEYS[1])
if held and string.sub(held, 1, #ARGV[1] + 1) ~= ARGV[1] .. ':' then return 0 end
redis.call('SET', KEYS[1], ARGV[1] .. ':' .. ARGV[2], 'PX', ARGV[3])
return 1
"""
RELEASE = "if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end"


class RedisLeaseStore:
    """A LeaseStore on Redis cache."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._take = redis.register_script(TAKE)
        self._release = redis.register_script(RELEASE)

    async def take(self, key: str, replica: str, holding: str, seconds: float) -> bool:
        """Take or renew."""
        try:
            return bool(await self._take(keys=[PREFIX + key], args=[replica, holding, int(seconds * 1000)]))
        except RedisError as error:
            raise LeaseStoreUnavailable from error

    async def release(self, key: str, replica: str, holding: str) -> None:
        """Give back."""
        try:
            await self._release(keys=[PREFIX + key], args=[f"{replica}:{holding}"])
        except RedisError as error:
            raise LeaseStoreUnavailable from error

    async def ask(self, key: str, replica: str) -> None:
        """Publish."""
        try:
            await self._redis.publish(CHANNEL, f"{key}:{replica}")
        except RedisError as error:
            raise LeaseStoreUnavailable from error

    async def asked(self) -> AsyncIterator[tuple[str, str]]:
        """Listen."""
        try:
            async with self._redis.pubsub(ignore_subscribe_messages=True) as listening:
                await listening.subscribe(CHANNEL)
                while True:
                    message = await listening.get_message(timeout=LISTEN_SECONDS)
                    if message:
                        key, _, replica = cast("bytes", message["data"]).decode().partition(":")
                        yield key, replica
        except RedisError as error:
            raise LeaseStoreUnavailable from error
