"""auth's Redis adapters on a real Valkey, for the suites of their ports and for the lock's properties.

Redis' clock cannot be moved, so time is moved the other way: one script shifts every instant that auth has
stored, and every expiry, into the past. To auth's scripts that is the same as waiting.
"""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from redis.asyncio import Redis

from auth_service.locks_redis import RedisLockStore
from auth_service.sessions_redis import RedisSessionStore
from courriel_web.redis_connection import connect_redis

sys.path.append(str(Path(__file__).parents[2] / "services" / "auth" / "tests"))
pytest.register_assert_rewrite(
    "auth_session_suite", "auth_throttle_suite", "auth_lock_suite", "auth_lock_walk", "auth_lock_machine"
)

_SHIFT_INTO_THE_PAST = """
local span = tonumber(ARGV[1])
for _, key in ipairs(redis.call('KEYS', ARGV[2])) do
  local left, kind = redis.call('PTTL', key), redis.call('TYPE', key).ok
  if kind == 'hash' then
    for _, field in ipairs({'since', 'absolute', 'at'}) do
      if redis.call('HEXISTS', key, field) == 1 then redis.call('HINCRBY', key, field, -span) end
    end
  elseif kind == 'zset' then
    for _, member in ipairs(redis.call('ZRANGE', key, 0, -1)) do redis.call('ZINCRBY', key, -span, member) end
  end
  if left >= 0 and left <= span then redis.call('DEL', key) end
  if left > span then redis.call('PEXPIRE', key, left - span) end
end
"""


async def shift_into_the_past(redis: Redis, seconds: int, keys: str = "auth:*") -> None:
    """Let time pass for what is stored under the keys of that pattern."""
    await redis.eval(_SHIFT_INTO_THE_PAST, 0, seconds * 1000, keys)


@asynccontextmanager
async def empty_redis(url: str) -> AsyncIterator[Redis]:
    """Connect as the service does, to an empty database."""
    redis = connect_redis(url)
    try:
        await redis.flushall()
        yield redis
    finally:
        await redis.aclose()


class RedisBench:
    """The real stores of sessions and locks."""

    def __init__(self, redis: Redis) -> None:
        self.redis = redis
        self.store = RedisSessionStore(redis)
        self.locks = RedisLockStore(redis)

    async def pass_time(self, seconds: int) -> None:
        """Shift what is stored."""
        await shift_into_the_past(self.redis, seconds)

    async def lose_lock(self, mailbox: str) -> None:
        """Delete it."""
        await self.redis.delete(f"auth:lock:{mailbox}")


class TogetherRedis(Redis):
    """Sends what is asked in one turn of the event loop in one go: thousands of walks at once are quick."""

    waiting: list[tuple[tuple[Any, ...], asyncio.Future[Any]]]

    async def execute_command(self, *args: Any, **options: Any) -> Any:  # noqa: ARG002 — the parent's signature
        """Wait for the answer among the others'."""
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Any] = loop.create_future()
        if not self.__dict__.setdefault("waiting", []):
            self.__dict__["sending"] = loop.create_task(self._send())
        self.waiting.append((args, answer))
        return await answer

    async def _send(self) -> None:
        asked, self.waiting = self.waiting, []
        pipeline = self.pipeline(transaction=False)
        for args, _ in asked:
            pipeline.execute_command(*args)
        found = await pipeline.execute(raise_on_error=False)
        for (_, answer), each in zip(asked, found, strict=True):
            if isinstance(each, Exception):
                answer.set_exception(each)
            else:
                answer.set_result(each)
