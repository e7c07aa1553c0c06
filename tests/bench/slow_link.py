"""A road to the mail server that takes its time: a TCP proxy that hands octets on half a round trip later.

It delays, and does nothing else: no loss, no limit of bandwidth, order kept. A connection is there at once,
as if its handshake cost nothing; everything on it comes late. It has an event loop of its own, in a thread.
"""

from __future__ import annotations

import asyncio
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

HOST = "127.0.0.1"
_READ_OCTETS = 262_144


@contextmanager
def slow_link(host: str, port: int, round_trip: float) -> Iterator[int]:
    """Yield a loopback port that leads to `host`, `round_trip` seconds away."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="slow-link", daemon=True)
    thread.start()
    link = _Link(host, port, round_trip / 2)
    server = asyncio.run_coroutine_threadsafe(asyncio.start_server(link.accept, HOST, 0), loop).result()
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        server.close()
        loop.close()


class _Link:
    def __init__(self, host: str, port: int, delay: float) -> None:
        self._host = host
        self._port = port
        self._delay = delay

    async def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection(self._host, self._port)
        async with asyncio.TaskGroup() as group:
            group.create_task(self._carry(reader, far_writer))
            group.create_task(self._carry(far_reader, writer))

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Hand on what comes, each piece `delay` seconds after it came; the end of the stream too."""
        loop = asyncio.get_running_loop()
        while True:
            try:
                octets = await reader.read(_READ_OCTETS)
            except ConnectionError:
                octets = b""
            loop.call_later(
                self._delay, writer.write if octets else writer.close, *([octets] if octets else [])
            )
            if not octets:
                return
