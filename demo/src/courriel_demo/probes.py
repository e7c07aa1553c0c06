"""Is a part of the demo ready? One question a kind of part, asked over the loopback.

A probe answers yes or no; it neither waits nor raises for a part that does not answer.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from courriel_demo.part_log import PartLog
from courriel_demo.ports import HOST

Probe = Callable[[PartLog], Awaitable[bool]]
_SECONDS = 2.0
_CELERY_IS_READY = b" ready."


def http_ready(port: int) -> Probe:
    """Ask an HTTP service: GET /health/ready answers 200."""
    request = f"GET /health/ready HTTP/1.1\r\nHost: {HOST}:{port}\r\nConnection: close\r\n\r\n"
    return _dialogue(port, [(request, b"HTTP/1.1 200")])


def mail_ready(pop3_port: int, smtp_port: int) -> Probe:
    """Ask the mail server: both protocols greet."""
    pop3 = _dialogue(pop3_port, [("", b"+OK"), ("QUIT\r\n", b"+OK")])
    smtp = _dialogue(smtp_port, [("", b"220 "), ("QUIT\r\n", b"221")])

    async def probe(log: PartLog) -> bool:
        return await pop3(log) and await smtp(log)

    return probe


def valkey_ready(port: int, password: str) -> Probe:
    """Ask Valkey: PING answers PONG, which it does not while it loads."""
    return _dialogue(port, [(f"AUTH {password}\r\n", b"+OK"), ("PING\r\n", b"+PONG")])


def worker_ready() -> Probe:
    """Ask a Celery worker, which listens nowhere: since it started, its log says that it is ready."""

    async def probe(log: PartLog) -> bool:
        return _CELERY_IS_READY in log.since_start()

    return probe


def _dialogue(port: int, turns: list[tuple[str, bytes]]) -> Probe:
    """Say something, expect an answer line that begins so; turn by turn."""

    async def probe(_: PartLog) -> bool:
        try:
            async with asyncio.timeout(_SECONDS):
                reader, writer = await asyncio.open_connection(HOST, port)
                try:
                    for said, expected in turns:
                        writer.write(said.encode())
                        if not (await reader.readline()).startswith(expected):
                            return False
                finally:
                    writer.close()
        except (OSError, ValueError):  # TimeoutError is an OSError; ValueError: a line beyond the limit
            return False
        return True

    return probe
