"""The cache's shelves in Redis cache: a hash of values each, and a sorted set of their names by age.

Redis may drop either at any time (allkeys-lru), so a script trusts neither: where they do not fit together,
the shelf goes. ``#octets`` counts a shelf, ``#last`` orders it; no value's name begins with ``#``.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import cast

from redis.asyncio import Redis
from redis.exceptions import RedisError, ResponseError

from mailbox_service.mail_cache import CacheUnavailable

PREFIX = "mailbox:cache:"
KEEP_SECONDS = 7 * 24 * 3600
"""After which a shelf that nobody added to is forgotten."""
_PUT = """
local values, ages, name, value = KEYS[1], KEYS[2], ARGV[1], ARGV[2]
local limit, seconds = tonumber(ARGV[3]), ARGV[4]
local counters = 2
if redis.call('ZCARD', ages) ~= math.max(redis.call('HLEN', values) - counters, 0) then
  redis.call('DEL', values, ages)
end
local before = redis.call('HSTRLEN', values, name)
redis.call('HSET', values, name, value)
redis.call('ZADD', ages, redis.call('HINCRBY', values, '#last', 1), name)
local octets = redis.call('HINCRBY', values, '#octets', #value - before)
while octets > limit do
  local oldest = redis.call('ZPOPMIN', ages)[1]
  octets = redis.call('HINCRBY', values, '#octets', -redis.call('HSTRLEN', values, oldest))
  redis.call('HDEL', values, oldest)
end
redis.call('EXPIRE', values, seconds)
redis.call('EXPIRE', ages, seconds)
"""


class RedisCacheStore:
    """A CacheStore on Redis cache."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._put = redis.register_script(_PUT)

    async def all(self, shelf: str) -> list[bytes]:
        """Return every value of a shelf."""
        with _translated():
            values = cast("dict[bytes, bytes]", await self._redis.hgetall(_values(shelf)))
        return [value for name, value in values.items() if not name.startswith(b"#")]

    async def names(self, shelf: str) -> set[str]:
        """Return the names of a shelf's values."""
        with _translated():
            names = cast("list[bytes]", await self._redis.hkeys(_values(shelf)))
        return {name.decode("ascii", "replace") for name in names}

    async def get(self, shelf: str, name: str) -> bytes | None:
        """Return one value."""
        with _translated():
            return cast("bytes | None", await self._redis.hget(_values(shelf), name))

    async def put(self, shelf: str, name: str, value: bytes, *, octets: int) -> None:
        """Store a value, within the shelf's bound."""
        keys = [_values(shelf), _ages(shelf)]
        with _translated():
            try:
                await self._put(keys=keys, args=[name, value, octets, KEEP_SECONDS])
            except ResponseError:
                await self._redis.delete(*keys)  # garbage under our names would fail for ever
                raise

    async def clear(self, shelf: str) -> None:
        """Forget a shelf."""
        with _translated():
            await self._redis.delete(_values(shelf), _ages(shelf))


def _values(shelf: str) -> str:
    return f"{PREFIX}{shelf}"


def _ages(shelf: str) -> str:
    return f"{PREFIX}{shelf}:ages"


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except RedisError as error:
        raise CacheUnavailable from error
