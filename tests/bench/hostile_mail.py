"""What hostile and large mail costs: parsing, sanitising, the event loop, others. Part of `make bench`.

Writes docs/benchmarks-hostile-mail.md. Everything of the mailbox service is real but the mail server, auth
and Redis (the doubles of its unit tests). It passes no judgement.
"""

import asyncio
import base64
import email
import gc
import os
import statistics
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import uvicorn

ROOT = Path(__file__).parents[2]
sys.path += [str(ROOT / room / "tests") for room in ("services/mailbox", "libs/message")]

from hostile_messages import BROKEN, HEAVY, MEGABYTE, mixed, typed  # noqa: E402 — found by the path above
from mailbox_doubles import JEAN, MARIE, World, letter  # noqa: E402
from mailbox_http import settings  # noqa: E402

from courriel_message import parse, sanitise  # noqa: E402
from mailbox_service.app import create_app  # noqa: E402
from mailbox_service.reading_pebble import ProcessReader  # noqa: E402

PAGE = ROOT / "docs/benchmarks-hostile-mail.md"
MAX_OCTETS = 64 * 1024 * 1024
TOO_LONG = 20.0
"""Seconds after which a parser is given up."""
TICK = 0.001
LARGE = [f"large-{number}" for number in range(10)]
HOSTILE = [f"hostile-{number}" for number in range(12)]
ASK = """
import sys, time, urllib.request
token, pause, *urls = sys.argv[1:]
for url in urls:
    begun = time.perf_counter()
    request = urllib.request.Request(url, headers={"Authorization": f"Bearer {token}"})
    urllib.request.urlopen(request).read()
    print((time.perf_counter() - begun) * 1000, flush=True)
    time.sleep(float(pause))
"""


def newsletter(octets: int) -> str:
    """Return HTML as newsletters have it: tables in tables, the same few styles hundreds of times."""
    row = (
        '<tr><td style="padding:8px;color:#333;font-family:Arial,sans-serif;font-size:14px" align="left">'
        '<a href="https://exemple.example/lien?a=1&amp;b=2" style="color:#0055aa">Lire la suite</a> '
        '<img src="https://exemple.example/i.png" width="10" alt="image"> Texte de la lettre.</td></tr>'
    )
    return "<table>" + row * (octets // len(row)) + "</table>"


def ordinary(octets: int) -> bytes:
    """Return a message with text, its version in HTML, and an attachment."""
    text = typed("text/plain; charset=utf-8", b"Voici la lettre de la semaine.\r\n" * (octets // 160))
    html = typed("text/html; charset=utf-8", newsletter(octets // 4).encode())
    versions = b"--v\r\n" + text + b"\r\n--v\r\n" + html + b"\r\n--v--\r\n"
    attachment = base64.encodebytes(os.urandom(octets * 2 // 5))
    return mixed(
        typed("multipart/alternative; boundary=v", versions),
        typed("application/pdf; name=a.pdf", attachment, "Content-Transfer-Encoding: base64"),
    )


def timed(work: Callable[[], object], times: int) -> str:
    """Return milliseconds of CPU: what else the machine does is not counted."""
    taken = []
    for _ in range(times):
        begun = time.process_time()
        work()
        taken.append((time.process_time() - begun) * 1000)
    return spread(taken)


def spread(milliseconds: Iterable[float]) -> str:
    """Write median, 95th percentile and greatest."""
    taken = sorted(milliseconds)
    return f"{statistics.median(taken):.1f} | {taken[int(len(taken) * 0.95)]:.1f} | {taken[-1]:.1f}"


def by_stdlib(raw: bytes) -> None:
    """Read all that `parse` reads, with the standard library."""
    for part in email.message_from_bytes(raw).walk():
        part.get_content_type()
        part.get_filename()
        part.get_payload(decode=True)


def cpu(work: Callable[[], object]) -> float | None:
    """Return CPU seconds in a process of its own, None where that is too long or it raises."""
    reading, writing = os.pipe()
    if not (child := os.fork()):
        begun = time.process_time()
        try:
            work()
            os.write(writing, str(time.process_time() - begun).encode())
        finally:
            os._exit(0)
    os.close(writing)
    deadline = time.monotonic() + TOO_LONG
    while os.waitpid(child, os.WNOHANG) == (0, 0):
        if time.monotonic() > deadline:
            os.kill(child, 9)
        time.sleep(0.002)
    with os.fdopen(reading, "rb") as answer:
        said = answer.read()
    return float(said) if said else None


def parsers() -> Iterable[str]:
    """Compare the parsers over the corpus: the broken as a whole, the heavy where either takes 50 ms."""
    yield "| letters | ours, s | standard library, s |"
    yield "|---|---:|---:|"
    broken = [build() for build in BROKEN.values()]
    ours, theirs = (
        cpu(lambda: [parse(raw) for raw in broken]),
        cpu(lambda: [by_stdlib(raw) for raw in broken]),
    )
    yield f"| {len(broken)} broken ones together | {_seconds(ours)} | {_seconds(theirs)} |"
    for name, build in HEAVY.items():
        raw = build()
        ours, theirs = cpu(lambda raw=raw: parse(raw)), cpu(lambda raw=raw: by_stdlib(raw))
        if max(ours or TOO_LONG, theirs or TOO_LONG) > 0.05:
            yield f"| {name} ({len(raw) / MEGABYTE:.1f} MB) | {_seconds(ours)} | {_seconds(theirs)} |"


def _seconds(taken: float | None) -> str:
    return f"raised, or over {TOO_LONG:.0f}" if taken is None else f"{taken:.3f}"


@asynccontextmanager
async def serving(world: World) -> AsyncIterator[str]:
    """Serve the mailbox service on loopback, in this process; yields its address."""
    async with ProcessReader(workers=2, seconds=10, max_octets=MAX_OCTETS) as reader:
        app = create_app(
            settings(mailbox_max_message_bytes=MAX_OCTETS),
            open_maildrop=world.server.open,
            auth=world.auth,
            held=world.held,
            image_store=world.image_store,
            preference_store=world.preference_store,
            cache_store=world.cache_store,
            seen_store=world.seen_store,
            reader=reader,
            clock=world.clock,
        )
        server = uvicorn.Server(uvicorn.Config(app, port=0, log_config=None, access_log=False))
        running = asyncio.create_task(server.serve())
        while not server.started:  # noqa: ASYNC110 — uvicorn has no event
            await asyncio.sleep(0.01)
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
        server.should_exit = True
        await running


async def ask(token: str, urls: list[str], pause: float = 0.0) -> list[float]:
    """Ask one URL after another from another process; returns milliseconds."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", ASK, token, str(pause), *urls, stdout=subprocess.PIPE
    )
    told, _ = await process.communicate()
    if process.returncode:
        raise RuntimeError("a request failed")
    return [float(line) for line in told.split()]


async def longest_block(work: Callable[[], Awaitable[object]]) -> float:
    """Return the most CPU (ms) that the process took between two turns of its event loop during ``work``.

    CPU of all threads, since one that holds the interpreter's lock blocks the loop as well; on a busy machine
    a clock would measure the neighbours.
    """
    longest = 0.0

    async def tick() -> None:
        nonlocal longest
        before = time.process_time()
        while True:
            await asyncio.sleep(TICK)
            now = time.process_time()
            longest, before = max(longest, (now - before) * 1000), now

    ticking = asyncio.create_task(tick())
    await work()
    ticking.cancel()
    return longest


def uid(uidl: str) -> str:
    """Return the uid of a message."""
    return base64.urlsafe_b64encode(uidl.encode()).rstrip(b"=").decode()


async def service() -> Iterable[str]:
    """Measure the event loop with a large attachment, and a neighbour of hostile mail."""
    world = World()
    content = base64.encodebytes(os.urandom(10 * MEGABYTE))
    large = mixed(
        typed("text/plain", b"x"), typed("application/pdf", content, "Content-Transfer-Encoding: base64")
    )
    world.deliver(*LARGE, raw=large)
    world.deliver(*HOSTILE, raw=HEAVY["nested multiparts over line breaks"]())
    world.deliver("small", raw=letter("Bonjour"), mailbox=MARIE)
    world.auth.sessions.update({"s1": JEAN, "s2": MARIE})
    found = []
    async with serving(world) as address:
        opening = [f"{address}/messages/{uid(each)}" for each in LARGE]  # each once: the next time it is kept
        downloading = [f"{url}/parts/2" for url in opening]
        gc.collect()
        for words, urls in (
            ("a message with 10 MB is opened", opening),
            ("10 MB are downloaded", downloading),
        ):
            blocks = [await longest_block(partial(ask, "s1", [url])) for url in urls]
            found.append(f"| event loop blocked at most, while {words} | {spread(blocks)} |")
        small = [f"{address}/messages/{uid('small')}"] * 100
        found.append(f"| a neighbour opens a small message, alone | {spread(await ask('s2', small, 0.01))} |")
        hostile = asyncio.create_task(ask("s1", [f"{address}/messages/{uid(each)}" for each in HOSTILE]))
        beside = await ask("s2", small, 0.01)
        await hostile
        found.append(f"| the same while hostile messages are opened beside | {spread(beside)} |")
    return found


def main() -> None:
    """Measure, print, write."""
    raw, html = ordinary(100_000), newsletter(200_000)
    head = (
        f"Written by `make bench` ({Path(__file__).name}); do not edit. {datetime.now(UTC):%Y-%m-%d}, "
        f"{os.cpu_count()} cores, load average {os.getloadavg()[0]:.1f}. Milliseconds of CPU; the "
        "neighbour's are on the clock, with whatever else the machine did."
    )
    parsing = timed(lambda: parse(raw), 200)
    sanitising = timed(lambda: sanitise(html, resolve_cid=lambda _: None), 100)
    lines = [
        "# Hostile and large mail\n",
        f"{head}\n",
        "| milliseconds | median | p95 | greatest |",
        "|---|---:|---:|---:|",
        f"| parse a multipart message of {len(raw) // 1000} kB | {parsing} |",
        f"| sanitise a newsletter of {len(html) // 1000} kB | {sanitising} |",
        *asyncio.run(service()),
        "\n## Parsers\n",
        "Seconds of CPU to read every part of a letter, over the tests' corpus. Heavy letters that cost",
        "neither parser 50 ms are left out.\n",
        *parsers(),
        "",
    ]
    PAGE.write_text("\n".join(lines), encoding="utf-8")
    sys.stdout.write("\n".join(lines))


if __name__ == "__main__":
    main()
