"""The network between one worker and the relay: a TCP proxy that sees each delivery's steps, and can be cut.

It notes which transactions were in doubt: the relay had the whole message, and the worker did not hear, or
did not record, that it was taken. Only of those may a second copy arrive.
"""

from __future__ import annotations

import asyncio
import re
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.chaos.waiting import until

if TYPE_CHECKING:
    from collections.abc import Callable

STEPS = ("connect", "mail", "data", "answer")
"""Before the worker is connected; after MAIL; the message is there, not answered; answered, not recorded."""
UNRECORDED_SECONDS = 1.0
"""A worker that lives records an outcome much sooner after the answer."""
_MESSAGE_ID = re.compile(rb"^Message-ID: *(<[^>]+>)", re.IGNORECASE | re.MULTILINE)
_END = b"\r\n.\r\n"


@dataclass(eq=False)
class _Wire:
    """One connection."""

    client: asyncio.StreamWriter
    relay: asyncio.StreamWriter | None = None
    content: bytearray | None = None
    """What was sent of a message since 354, None outside of one."""
    waiting: str = ""
    """The Message-ID whose answer is due."""


@dataclass
class Link:
    """Listens on `port`; `trap` is called, once, at the step of its name."""

    relay_port: int
    port: int = 0
    in_doubt: list[str] = field(default_factory=list)
    answered: list[tuple[float, str]] = field(default_factory=list)
    trap: tuple[str, Callable[[], None]] | None = None
    is_cut: bool = False
    _wires: set[_Wire] = field(default_factory=set)
    _server: asyncio.Server | None = None

    async def start(self) -> None:
        """Listen on loopback."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    def stop(self) -> None:
        """End every connection."""
        if self._server:
            self._server.close()
        self.reset()

    def reset(self) -> None:
        """Break every connection."""
        for wire in list(self._wires):
            self._end(wire)

    def cut(self) -> None:
        """Let nothing pass any more, in no direction; nobody is told."""
        self.is_cut = True

    def mend(self) -> None:
        """Let new connections pass; those of before stay dead."""
        self.is_cut = False
        self.reset()

    def is_waiting(self) -> bool:
        """Whether the relay has a whole message that it did not answer yet."""
        return any(wire.waiting for wire in self._wires)

    def note_kill(self) -> int:
        """Note what a worker killed now had not recorded; return how many transactions that may be."""
        since = time.monotonic() - UNRECORDED_SECONDS
        unrecorded = [message_id for at, message_id in self.answered if at > since]
        waiting = [wire.waiting for wire in self._wires if wire.waiting]
        self.in_doubt += unrecorded
        return len(unrecorded) + len(waiting)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        wire = _Wire(writer)
        self._wires.add(wire)
        self._reach("connect")
        try:
            if self.is_cut:
                await reader.read(-1)
            relay_reader, wire.relay = await asyncio.open_connection("127.0.0.1", self.relay_port)
            ways = {
                asyncio.create_task(self._pass(wire, reader, wire.relay, self._sent)),
                asyncio.create_task(self._pass(wire, relay_reader, writer, self._said)),
            }
            _, others = await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
            for task in others:
                task.cancel()
        except OSError:
            pass
        finally:
            self._end(wire)

    async def _pass(
        self,
        wire: _Wire,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        look: Callable[[_Wire, bytes], str],
    ) -> None:
        try:
            while data := await reader.read(65536):
                await until(lambda: not self.is_cut)
                step = look(wire, data)
                if writer.is_closing():
                    return
                writer.write(data)
                if step:
                    self._reach(step)
                await writer.drain()
        except OSError:
            return

    def _sent(self, wire: _Wire, data: bytes) -> str:
        """Look at what the worker says; return the step it reaches."""
        if wire.content is None:
            return "mail" if data.startswith(b"MAIL") else ""
        wire.content += data
        if not (b"\r\n" + wire.content).endswith(_END):
            return ""
        found = _MESSAGE_ID.search(wire.content)
        wire.waiting = found[1].decode() if found else "?"
        wire.content = None
        return "data"

    def _said(self, wire: _Wire, data: bytes) -> str:
        """Look at what the relay says; return the step it reaches."""
        if data.startswith(b"354"):
            wire.content = bytearray()
            return ""
        if not wire.waiting or b"\n" not in data:
            return ""
        answered, wire.waiting = wire.waiting, ""
        if not data.startswith(b"250"):
            return ""
        self.answered.append((time.monotonic(), answered))
        return "answer"

    def _reach(self, step: str) -> None:
        if self.trap and self.trap[0] == step:
            (_, spring), self.trap = self.trap, None
            spring()

    def _end(self, wire: _Wire) -> None:
        if wire in self._wires and wire.waiting:
            self.in_doubt.append(wire.waiting)
        self._wires.discard(wire)
        # once more where it was ended before: the relay may have been reached since
        wire.client.transport.abort()
        if wire.relay:
            wire.relay.transport.abort()
