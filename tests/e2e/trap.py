"""Listeners around a browser that must ask nobody: where every host leads, and what ours was asked for."""

import asyncio
import contextlib
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any

import uvicorn

HOST = "127.0.0.1"
START_SECONDS = 20


@dataclass
class Trap:
    """A server that every host leads to; it answers nobody, and counts who wants one of ``hosts``.

    A browser tells the host in the first octets: in ``Host``, or in TLS (RFC 6066, section 3). What Chromium
    asks its maker on its own account is nothing of ours.
    """

    hosts: tuple[bytes, ...]
    port: int = 0
    wanted: int = 0

    async def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Look at the first octets, and hang up."""
        with contextlib.suppress(OSError):
            first = await reader.read(4096)
            self.wanted += any(host in first for host in self.hosts)
        writer.close()


@dataclass
class Recorded:
    """An ASGI application that remembers the paths it was asked for."""

    app: Any
    asked: list[str] = field(default_factory=list)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Pass one request on."""
        if scope["type"] == "http":
            self.asked.append(scope["path"])
        await self.app(scope, receive, send)


@contextlib.contextmanager
def serving(app: Any, hosts: tuple[str, ...]) -> Iterator[tuple[str, Trap]]:
    """Serve ``app`` and a trap in a thread of their own; yields its address, and the trap."""
    listener = socket.create_server((HOST, 0))
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False, lifespan="on"))
    trap = Trap(tuple(host.encode() for host in hosts))
    ready: Future[None] = Future()

    async def run() -> None:
        trapping = await asyncio.start_server(trap.accept, HOST, 0)
        trap.port = trapping.sockets[0].getsockname()[1]
        serving_ = asyncio.create_task(server.serve(sockets=[listener]))
        while not server.started:  # noqa: ASYNC110 — uvicorn has no event
            await asyncio.sleep(0.01)
        ready.set_result(None)
        await serving_
        trapping.close()

    thread = threading.Thread(target=lambda: asyncio.run(run()))
    thread.start()
    ready.result(START_SECONDS)
    try:
        yield f"http://{HOST}:{listener.getsockname()[1]}", trap
    finally:
        server.should_exit = True
        thread.join()
