"""How fast accepted mail leaves, beside a bare aiosmtplib loop; how quick accepting is with the relay dead.

Both sides send the same messages to the same relay, which makes each durable before it answers as a real one
does, over as many connections, each used again. `python -m tests.bench.sending` prints the figures alone.
"""

from __future__ import annotations

import asyncio
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiohttp
import aiosmtplib
from tests.chaos.parts import Parts

CONNECTIONS = 8
WORKERS = 2
MESSAGES = 300
ROUNDS = 5
HELD_SECONDS = 20.0
ACCEPTED = 200
OCTETS = 20_000
TEXT = "Une ligne de soixante-quatre octets, répétée jusqu'à vingt ko.\n" * (OCTETS // 64)


@dataclass(frozen=True, slots=True)
class Sending:
    """Messages a second of both sides, and the milliseconds of accepting one."""

    floor: float
    product: float
    accept_p50: float
    accept_p95: float

    @property
    def ratio(self) -> float:
        """The product's rate over the floor's."""
        return self.product / self.floor

    def markdown(self) -> str:
        """Return the section of the page."""
        head = (
            f"{MESSAGES} messages of 20 kB that are due at once, by {WORKERS} workers over {CONNECTIONS}",
            "connections in all, beside as many by a bare aiosmtplib loop over as many; the relay makes",
            f"each durable before it answers. Medians of {ROUNDS} rounds, both sides by turns.",
        )
        rates = f"{self.floor:.0f} | {self.product:.0f} | {self.ratio:.0%}"
        accepting = (
            f"Accepting a message of 20 kB while the relay is dead: median {self.accept_p50:.1f} ms,",
            f"95 % within {self.accept_p95:.1f} ms ({ACCEPTED} messages, one after the other).",
        )
        table = (
            "| what | bare loop | product | ratio |",
            "|---|---|---|---|",
            f"| delivered, messages a second | {rates} |",
        )
        return "\n".join(("## Sending", "", *head, "", *table, "", *accepting, ""))


async def measure(folder: Path) -> Sending:
    """Start the parts, measure both sides by turns, end the parts."""
    parts = Parts(folder, seed=0, faulty=False, worker_count=WORKERS, concurrency=CONNECTIONS // WORKERS)
    floors, products = [], []
    try:
        await parts.start()
        for _ in range(ROUNDS):
            floors.append(await _bare_loop(parts))
            products.append(await _product(parts))
        for part in (*parts.workers, parts.relay):
            part.kill()
        samples = await _accept(parts, ACCEPTED)
    finally:
        parts.stop()
    accept_p50, accept_p95 = statistics.median(samples), statistics.quantiles(samples, n=20)[-1]
    return Sending(statistics.median(floors), statistics.median(products), accept_p50, accept_p95)


async def _bare_loop(parts: Parts) -> float:
    message = f"From: jean@demo.example\r\nSubject: x\r\n\r\n{TEXT}".replace("\n", "\r\n").encode(
        "ascii", "replace"
    )
    numbers = iter(range(MESSAGES))

    async def send() -> None:
        async with aiosmtplib.SMTP(
            hostname="127.0.0.1", port=parts.relay.probe_port, start_tls=False
        ) as smtp:
            for number in numbers:
                await smtp.sendmail("jean@demo.example", [f"a{number}@sink.example"], message)

    begun = time.perf_counter()
    await asyncio.gather(*(send() for _ in range(CONNECTIONS)))
    return MESSAGES / (time.perf_counter() - begun)


async def _product(parts: Parts) -> float:
    """Have messages accepted for one moment, and time from the first that leaves then to the last."""
    before = _taken(parts.record)
    moment = datetime.now(UTC) + timedelta(seconds=HELD_SECONDS)
    await _accept(parts, MESSAGES, send_at=moment.isoformat())
    if datetime.now(UTC) > moment:
        raise TimeoutError("accepting took longer than the messages are held")
    first = await _reached(parts.record, before + 1)
    last = await _reached(parts.record, before + MESSAGES)
    return (MESSAGES - 1) / (last - first)


async def _accept(parts: Parts, count: int, **fields: str) -> list[float]:
    """Have messages accepted; return the milliseconds of each."""
    samples = []
    async with aiohttp.ClientSession(headers={"Authorization": "Bearer t"}) as http:
        for number in range(count):
            body = {
                "to": [f"b{number}@sink.example"],
                "subject": "Vingt mille octets",
                "text": TEXT,
                **fields,
            }
            begun = time.perf_counter()
            async with http.post(f"{parts.api_url}/outbox", json=body) as answer:
                answer.raise_for_status()
                await answer.read()
            samples.append((time.perf_counter() - begun) * 1000)
    return samples


async def _reached(record: Path, count: int) -> float:
    """Wait until the relay took so many; return when."""
    async with asyncio.timeout(120):
        while _taken(record) < count:  # noqa: ASYNC110 — another process writes it
            await asyncio.sleep(0.005)
    return time.perf_counter()


def _taken(record: Path) -> int:
    return record.read_bytes().count(b"\n")


def main() -> int:
    """Measure and print."""
    with tempfile.TemporaryDirectory(prefix="courriel-bench-") as name:
        sys.stdout.write(asyncio.run(measure(Path(name))).markdown())
    return 0


if __name__ == "__main__":
    sys.exit(main())
