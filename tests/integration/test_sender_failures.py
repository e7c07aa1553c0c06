"""The sender where something it needs is full, dead or ending; and the time it keeps."""

import asyncio
import time
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from tests.integration.sender_processes import Bench, running

from courriel_web.redis_connection import connect_redis


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    """Everything runs."""
    async with running(tmp_path) as made:
        yield made


async def test_held_messages_leave_on_time(bench: Bench) -> None:
    """Within a second of their moment, never before it."""
    await bench.post()
    await bench.takes(1)
    for _ in range(4):
        status, entry = await bench.post(undo_seconds=2)
        assert (status, entry["state"]) == (202, "held")
        due = bench_due(entry)
        taken = await bench.takes(len(bench.taken()) + 1)
        assert 0 <= taken[-1]["at"] - due <= 1


def bench_due(entry: dict[str, Any]) -> float:
    """Return the moment an entry is due, in seconds."""
    return datetime.fromisoformat(entry["due_at"]).timestamp()


async def test_a_full_redis_accepts_nothing_and_keeps_nothing(bench: Bench) -> None:
    """503 while memory is full, and no key is new; what was accepted leaves nevertheless, and makes room."""
    _, kept = await bench.post(undo_seconds=3)
    redis = connect_redis(bench.parts.redis_url)
    before = {key for key in await redis.keys("*") if key.startswith((b"outbox", b"upload"))}
    await redis.config_set("maxmemory", 1)
    for text in ("x", "x" * 600_000):
        status, problem = await bench.post(text=text)
        assert (status, problem["type"]) == (503, "state-unavailable")
    assert before >= {key for key in await redis.keys("*") if key.startswith((b"outbox", b"upload"))}
    [taken] = await bench.takes(1)
    assert taken["message_id"] == kept["message_id"]
    await redis.config_set("maxmemory", 0)
    await redis.aclose()
    assert (await bench.post())[0] == 202
    await bench.takes(2)


async def test_a_dead_redis_is_told_within_a_second(bench: Bench) -> None:
    """503, and nothing half stored when it comes back with its file."""
    await bench.post()
    await bench.takes(1)
    bench.parts.redis.kill()
    begun = time.monotonic()
    status, problem = await bench.post()
    assert time.monotonic() - begun < 1
    assert (status, problem["type"]) == (503, "state-unavailable")
    bench.parts.redis.start()
    await bench.parts.redis.ready()
    listed = await bench.get("/outbox")
    assert len(listed["entries"]) == 1


async def test_a_redis_that_hangs_is_told_within_two_seconds(bench: Bench) -> None:
    """Stopped, not dead: each of many is answered 503 in time; nothing of them is stored once it goes on."""
    await bench.post()
    await bench.takes(1)
    begun = time.monotonic()
    bench.parts.redis.hang()
    try:
        answers = await asyncio.gather(*(bench.post() for _ in range(20)))
        assert time.monotonic() - begun < 2
    finally:
        bench.parts.redis.go_on()
    assert {(status, problem["type"]) for status, problem in answers} == {(503, "state-unavailable")}
    assert (await bench.post())[0] == 202
    await bench.takes(2)
    assert len((await bench.get("/outbox"))["entries"]) == 2


async def test_a_worker_that_ends_finishes_what_it_began(bench: Bench) -> None:
    """SIGTERM while messages wait: what is under way is delivered once and recorded, the rest is left."""
    messages = 40
    worker = bench.parts.workers[0]
    worker.end()
    for _ in range(messages):
        assert (await bench.post())[0] == 202
    worker.start()
    await bench.takes(3)
    worker.end()
    assert worker.process
    assert worker.process.returncode == 0
    states = [entry["state"] for entry in (await bench.get("/outbox"))["entries"]]
    assert "sending" not in states
    assert states.count("sent") == len(bench.taken())
    worker.start()
    taken = await bench.takes(messages)
    assert len({each["message_id"] for each in taken}) == len(taken) == messages
