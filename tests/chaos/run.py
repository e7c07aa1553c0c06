"""One chaos run: messages go in while things are killed; then all must have arrived, or been reported."""

from __future__ import annotations

import asyncio
import functools
import json
import random
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import aiohttp
from redis.exceptions import RedisError
from tests.chaos.faults import Havoc
from tests.chaos.ledger import Accepted, Ledger, Verdict
from tests.chaos.parts import Parts
from tests.chaos.waiting import until

from courriel_web.redis_connection import connect_redis

if TYPE_CHECKING:
    from pathlib import Path

    from redis.asyncio import Redis

SENDING_AT_ONCE = 8
SETTLE_SECONDS = 240.0
RETRY_SECONDS = 0.2
ANSWER_SECONDS = 5.0
DUE = "outbox:due"


@dataclass
class Result:
    """The figures of a run."""

    verdict: Verdict
    accepted: int
    havoc: Havoc
    in_doubt: int
    refused: int
    seconds: float
    accept_ms: list[float] = field(default_factory=list)


class ChaosRun:
    """Runs in `folder`, by the dice of `seed`."""

    def __init__(self, folder: Path, *, messages: int, kills: int, seed: int) -> None:
        self._parts = Parts(folder, seed)
        self._chance = random.Random(seed)  # noqa: S311 — dice of a test
        self._havoc = Havoc(self._parts, random.Random(seed + 1))  # noqa: S311
        self._ledger = Ledger()
        self._messages = messages
        self._kills = kills
        self._refused = 0
        self._accept_ms: list[float] = []
        self._numbers = iter(range(messages))
        self._harm_done = asyncio.Event()

    async def run(self) -> Result:
        """Start, send and harm, wait until nothing is due, judge, end. Raises TimeoutError."""
        begun = time.monotonic()
        try:
            await self._parts.start()
            async with aiohttp.ClientSession(
                headers={"Authorization": "Bearer t"}, timeout=aiohttp.ClientTimeout(ANSWER_SECONDS)
            ) as http:
                async with asyncio.TaskGroup() as tasks:
                    tasks.create_task(self._harm())
                    for _ in range(SENDING_AT_ONCE):
                        tasks.create_task(self._send_all(http))
                await self._settled()
                shown = await self._shown(http)
        finally:
            self._parts.stop()
        in_doubt = {each for link in self._parts.links for each in link.in_doubt}
        return Result(
            verdict=self._ledger.judge(self._parts.record, shown, in_doubt),
            accepted=len(self._ledger.accepted),
            havoc=self._havoc,
            in_doubt=sum(len(link.in_doubt) for link in self._parts.links),
            refused=self._refused,
            seconds=time.monotonic() - begun,
            accept_ms=self._accept_ms,
        )

    async def _harm(self) -> None:
        try:
            for done, kind in enumerate(self._havoc.plan(self._kills)):
                await self._reached(self._messages * done // (self._kills + 1))
                await self._havoc.do(kind)
        finally:
            self._harm_done.set()

    async def _reached(self, count: int) -> None:
        """Wait until so many messages were accepted: harm is spread over the run."""
        await until(lambda: len(self._ledger.accepted) >= count)

    async def _send_all(self, http: aiohttp.ClientSession) -> None:
        for number in self._numbers:
            # The last messages wait for the last harm, so that each is done to a sender at work.
            await until(functools.partial(self._has_its_turn, number))
            await self._send(http, number)

    def _has_its_turn(self, number: int) -> bool:
        done = sum(self._havoc.done.values())
        return self._harm_done.is_set() or number <= self._messages * (done + 2) // (self._kills + 1)

    async def _send(self, http: aiohttp.ClientSession, number: int) -> None:
        """Submit one message until it is accepted, under one Idempotency-Key, as a careful client does."""
        body = {
            "to": self._recipients(number),
            "subject": f"Message {number}",
            "text": "Une ligne du message.\n" * self._chance.choice((1, 40, 4000)),
            "undo_seconds": self._chance.choice((0, 0, 0, 1)),
        }
        while True:
            asked = time.monotonic()
            try:
                async with http.post(
                    f"{self._parts.api_url}/outbox", json=body, headers={"Idempotency-Key": f"key-{number}"}
                ) as answer:
                    if answer.status == 202:
                        entry = await answer.json()
                        break
                    assert answer.status in {503, 507}, await answer.text()
            except (aiohttp.ClientError, TimeoutError, json.JSONDecodeError):
                pass
            self._refused += 1
            await asyncio.sleep(RETRY_SECONDS)
        self._accept_ms.append((time.monotonic() - asked) * 1000)
        addresses = tuple(each["address"] for each in entry["recipients"])
        self._ledger.add(Accepted(entry["id"], entry["message_id"], addresses))

    def _recipients(self, number: int) -> list[str]:
        kinds = self._chance.choices(
            ("fine", "later", "refused"), (90, 6, 4), k=self._chance.choice((1, 1, 2, 3))
        )
        return [f"{kind}-{number}-{index}@sink.example" for index, kind in enumerate(kinds)]

    async def _settled(self) -> None:
        """Wait until nothing is due any more."""
        redis: Redis = connect_redis(self._parts.redis_url)
        try:
            async with asyncio.timeout(SETTLE_SECONDS):
                while await _due(redis):  # noqa: ASYNC110 — another process empties it
                    await asyncio.sleep(0.2)
        finally:
            await redis.aclose()

    async def _shown(self, http: aiohttp.ClientSession) -> set[tuple[str, str]]:
        """Return what failed visibly in the outbox without a report, of what did not arrive."""
        shown = set()
        for message_id in self._ledger.missing(self._parts.record):
            entry = self._ledger.accepted[message_id].entry
            async with http.get(f"{self._parts.api_url}/outbox/{entry}") as answer:
                told = await answer.json()
            if told["report"] == "failed":
                failed = (each["address"] for each in told["recipients"] if each["state"] == "failed")
                shown.update((message_id, address) for address in failed)
        return shown


async def _due(redis: Redis) -> int:
    try:
        return int(await redis.zcard(DUE))
    except RedisError:
        return 1
