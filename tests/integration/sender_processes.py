"""The sender as processes (API, a worker, Redis, a relay that records), and an HTTP client of it."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
from tests.chaos.parts import Parts

LIMIT_SECONDS = 30.0


class Bench:
    """The processes of the sender, and an HTTP client."""

    def __init__(self, parts: Parts, http: aiohttp.ClientSession) -> None:
        self.parts = parts
        self.http = http

    async def post(self, **fields: Any) -> tuple[int, dict[str, Any]]:
        """Submit a message; return status and answer."""
        body = {"to": ["marie@sink.example"], "subject": "x", "text": "x", **fields}
        async with self.http.post(f"{self.parts.api_url}/outbox", json=body) as answer:
            return answer.status, await answer.json()

    async def get(self, path: str) -> Any:
        """Fetch something."""
        async with self.http.get(f"{self.parts.api_url}{path}") as answer:
            return await answer.json() if "json" in answer.content_type else await answer.text()

    def taken(self) -> list[dict[str, Any]]:
        """Return what the relay took so far."""
        return [json.loads(line) for line in self.parts.record.read_text().splitlines()]

    async def takes(self, count: int) -> list[dict[str, Any]]:
        """Wait until the relay took so many."""
        async with asyncio.timeout(LIMIT_SECONDS):
            while len(self.taken()) < count:  # noqa: ASYNC110 — another process writes it
                await asyncio.sleep(0.02)
        return self.taken()


@asynccontextmanager
async def running(folder: Path, redis_url: str = "") -> AsyncIterator[Bench]:
    """Start everything: a relay without faults, one worker; a Valkey, unless there is a Redis to use."""
    parts = Parts(folder, seed=0, faulty=False, worker_count=1, redis_url=redis_url)
    try:
        await parts.start()
        async with aiohttp.ClientSession(headers={"Authorization": "Bearer t"}) as http:
            yield Bench(parts, http)
    finally:
        parts.stop()
