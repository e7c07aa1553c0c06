"""The sender over a Redis whose disk is full: nothing is promised then, and what was promised before is kept.

A Redis that writes each answer's cause to disk first (`appendfsync always`) ends itself where it cannot, and
is started again, here as by Compose: again and again, until there is room.
"""

import asyncio
import shlex
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import redis as sync_redis
from testcontainers.core.container import DockerContainer
from tests.integration.images import COMPOSE, build_bases
from tests.integration.sender_processes import LIMIT_SECONDS, Bench, running
from tests.integration.waiting import eventually

from courriel_web.redis_connection import connect_redis

PORT = 6379
DISK_OCTETS = 6 * 1024**2
OTHERS_KIB = 4096
"""What somebody else has on that disk."""
LARGE = "x" * 100_000
SMALL = "x" * 5000
"""Octets; the page (4 KiB) that Redis wrote to last may have room for less."""
TELLING_SECONDS = 1.0


@dataclass
class SmallDisk:
    """A Redis with little room."""

    container: DockerContainer

    @property
    def url(self) -> str:
        """Return where it answers."""
        host, port = self.container.get_container_host_ip(), self.container.get_exposed_port(PORT)
        return f"redis://{host}:{port}/0"

    def answers(self) -> bool:
        """Say whether it does."""
        client = sync_redis.Redis.from_url(self.url, socket_timeout=1)
        try:
            return bool(client.ping())
        except sync_redis.RedisError:
            return False
        finally:
            client.close()

    def fill(self) -> None:
        """Take every octet that is left."""
        status, words = self.container.exec(["dd", "if=/dev/zero", "of=/data/last", "bs=512"])
        assert status == 1, words
        assert b"No space left" in words

    def make_room(self) -> None:
        """Take away what is not Redis'."""
        status, words = self.container.exec(["rm", "/data/others", "/data/last"])
        assert status == 0, words

    def ends(self) -> int:
        """Count how often Redis ended for want of room."""
        return b"".join(self.container.get_logs()).count(b"AOF write error")


@pytest.fixture
def small_disk() -> Iterator[SmallDisk]:
    """Run the Redis of docker-compose.yml, with its options, over a few MB of disk, most of them taken."""
    build_bases()
    described = COMPOSE["services"]["redis-state"]
    options = shlex.join([*described["command"][2:], "--protected-mode", "no"])
    script = (
        f"dd if=/dev/zero of=/data/others bs=1k count={OTHERS_KIB}\n"
        f"while :; do redis-server {options}; sleep 0.2; done"
    )
    container = (
        DockerContainer(described["image"])
        .with_exposed_ports(PORT)
        .with_tmpfs_mount("/data", f"size={DISK_OCTETS}")
        .with_command(["sh", "-c", script])
        .with_kwargs(user="root")
    )
    with container:
        disk = SmallDisk(container)
        eventually("Redis answers", disk.answers)
        yield disk


async def test_a_full_disk_promises_nothing_and_loses_nothing(small_disk: SmallDisk, tmp_path: Path) -> None:
    """503 in time while it is full, no key of what was refused; with room again, all that was accepted."""
    async with running(tmp_path, small_disk.url) as bench:
        worker = bench.parts.workers[0]
        worker.end()
        accepted = await accepted_until_full(bench)
        small_disk.fill()
        worker.start()
        ends = small_disk.ends()
        for text in (SMALL, LARGE, "x" * 600_000, SMALL):
            await asyncio.to_thread(eventually, "Redis is back", small_disk.answers)
            begun = time.monotonic()
            status, problem = await bench.post(text=text)
            assert time.monotonic() - begun < TELLING_SECONDS
            assert (status, problem["type"]) == (503, "state-unavailable")
        assert small_disk.ends() >= ends + 3
        small_disk.make_room()
        accepted.add(await accepted_again(bench))
        async with asyncio.timeout(LIMIT_SECONDS):
            while {each["message_id"] for each in bench.taken()} != accepted:  # noqa: ASYNC110 — as above
                await asyncio.sleep(0.05)
        await nothing_else_is_stored(bench, accepted)


async def accepted_until_full(bench: Bench) -> set[str]:
    """Submit until one is refused; return the Message-IDs of those accepted."""
    accepted: set[str] = set()
    status, answer = await bench.post(text=LARGE)
    while status == 202:
        accepted.add(answer["message_id"])
        assert len(accepted) * len(LARGE) < DISK_OCTETS
        status, answer = await bench.post(text=LARGE)
    assert (status, answer["type"]) == (503, "state-unavailable")
    assert len(accepted) > 5
    return accepted


async def accepted_again(bench: Bench) -> str:
    """Submit until one is accepted; nobody restarted anything of the sender."""
    async with asyncio.timeout(LIMIT_SECONDS):
        while True:
            status, answer = await bench.post()
            if status == 202:
                return str(answer["message_id"])
            assert status == 503, answer
            await asyncio.sleep(0.1)


async def nothing_else_is_stored(bench: Bench, accepted: set[str]) -> None:
    """Look at entries and keys: each is of a message that was accepted, and no content is left."""
    entries = (await bench.get("/outbox"))["entries"]
    async with asyncio.timeout(LIMIT_SECONDS):
        while {each["state"] for each in entries} != {"sent"}:
            await asyncio.sleep(0.1)
            entries = (await bench.get("/outbox"))["entries"]
    assert {each["message_id"] for each in entries} == accepted
    redis = connect_redis(bench.parts.redis_url)
    assert len(await redis.keys("outbox:entry:*")) == len(accepted)
    assert await redis.keys("outbox:content:*") == []
    await redis.aclose()
