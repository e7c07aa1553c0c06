"""An SMTP relay for tests that speaks for itself: PIPELINING, SIZE, 8BITMIME, SMTPUTF8, DSN; faults by wish.

It records the octets of DATA as they came on the wire, before dot-unstuffing, and appends every acceptance to
a file with fsync before it answers: what the file says was taken is what a real relay would have to deliver.
Standard library only; it keeps no mail.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import re
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

OFFERS = ("PIPELINING", "SIZE 52428800", "8BITMIME", "SMTPUTF8", "DSN", "ENHANCEDSTATUSCODES")
STEPS = ("connect", "ehlo", "mail", "rcpt", "data", "end", "rset", "quit")
_PATH = re.compile(rb"(?:FROM|TO):<([^>]*)>(.*)", re.IGNORECASE)
_MESSAGE_ID = re.compile(rb"^Message-ID:\s*(<[^>]+>)", re.IGNORECASE | re.MULTILINE)
LINE_OCTETS = 4096


@dataclass(frozen=True, slots=True)
class Fault:
    """What the relay does instead of its usual answer at a step."""

    answer: str
    """A reply such as `451 4.3.0 later`, or `close`, `hang`, `drip`, or `late`: takes it, closes unheard."""


Faults = Callable[[str, str], Fault | None]
"""Asked at each step, with the recipient at `rcpt`: what goes wrong, None for nothing."""


@dataclass
class Transaction:
    """One accepted message."""

    sender: str
    recipients: list[str]
    options: list[str]
    wire: bytes
    """The octets between DATA's 354 and the final dot, as they came."""


@dataclass
class ChaosSink:
    """Serves on loopback; `faults` may be changed at any time."""

    record: Path | None = None
    faults: Faults = lambda _step, _recipient: None
    offers: tuple[str, ...] = OFFERS
    messages: list[Transaction] = field(default_factory=list)
    flights: list[list[bytes]] = field(default_factory=list)
    """The commands of each read: several in one where they were pipelined."""
    on_step: Callable[[str], Awaitable[None]] | None = None
    connections: int = 0
    _open: set[asyncio.StreamWriter] = field(default_factory=set)
    _server: asyncio.Server | None = None

    async def start(self, port: int = 0) -> int:
        """Listen; return the port."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", port, limit=2**20)
        chosen: int = self._server.sockets[0].getsockname()[1]
        return chosen

    async def stop(self) -> None:
        """Stop at once, as a relay that was killed."""
        if self._server:
            self._server.close()
        for writer in list(self._open):
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        self.connections += 1
        try:
            await _Conversation(self, reader, writer).run()
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, _Over):
            pass
        finally:
            self._open.discard(writer)
            writer.transport.abort()

    def accept(self, transaction: Transaction) -> None:
        """Take responsibility: durable before anybody is answered."""
        self.messages.append(transaction)
        if self.record is None:
            return
        found = _MESSAGE_ID.search(transaction.wire)
        line = {
            "at": time.time(),
            "sender": transaction.sender,
            "recipients": transaction.recipients,
            "message_id": found[1].decode() if found else "",
            "sha256": hashlib.sha256(transaction.wire).hexdigest(),
            "report_about": _reported(transaction.wire) if not transaction.sender else [],
        }
        with self.record.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")
            file.flush()
            os.fsync(file.fileno())


def _reported(wire: bytes) -> list[str]:
    """Return what a non-delivery report is about: the message's identifier, then the failed addresses."""
    about = re.search(rb"^In-Reply-To:\s*(<[^>]+>)", wire, re.MULTILINE)
    failed = re.findall(rb"^Final-Recipient: rfc822; (\S+)", wire, re.MULTILINE)
    return [about[1].decode() if about else "", *(each.decode() for each in failed)]


class _Over(Exception):
    """The conversation ends."""


class _Conversation:
    """One connection."""

    def __init__(self, sink: ChaosSink, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._sink = sink
        self._reader = reader
        self._writer = writer
        self._sender: str | None = None
        self._recipients: list[str] = []
        self._options: list[str] = []

    async def run(self) -> None:
        """Speak until somebody ends it."""
        await self._answer("connect", "220 sink ESMTP")
        waiting = b""
        while True:
            data = await self._reader.read(65536)
            if not data:
                return
            *lines, waiting = (waiting + data).split(b"\r\n")
            self._sink.flights.append(list(lines))
            while lines:
                line = lines.pop(0)
                if line.upper() == b"DATA":
                    rest = b"".join(each + b"\r\n" for each in lines) + waiting
                    waiting = await self._data(rest)
                    break
                await self._command(line)

    async def _command(self, line: bytes) -> None:
        verb = line.split(b" ", 1)[0].upper()
        if verb == b"EHLO":
            await self._answer(
                "ehlo", "\r\n".join(["250-sink", *(f"250-{each}" for each in self._sink.offers), "250 OK"])
            )
        elif verb == b"MAIL":
            await self._mail(line)
        elif verb == b"RCPT":
            await self._rcpt(line)
        elif verb == b"RSET":
            self._reset()
            await self._answer("rset", "250 2.0.0 OK")
        elif verb == b"QUIT":
            await self._answer("quit", "221 2.0.0 bye")
            raise _Over
        else:
            await self._say("502 5.5.2 what?")

    async def _mail(self, line: bytes) -> None:
        found = _PATH.search(line)
        if found is None:
            await self._say("501 5.5.4 no path")
        elif await self._answer("mail", "250 2.1.0 OK"):
            self._reset()
            self._sender = found[1].decode()
            self._options = found[2].decode().split()

    async def _rcpt(self, line: bytes) -> None:
        found = _PATH.search(line)
        if found is None or self._sender is None:
            await self._say("503 5.5.1 no sender")
        elif await self._answer("rcpt", "250 2.1.5 OK", found[1].decode()):
            self._recipients.append(found[1].decode())
            self._options += found[2].decode().split()

    async def _data(self, received: bytes) -> bytes:
        """Take a message; return what came after it."""
        if not self._recipients:
            await self._say("503 5.5.1 no recipients")
            return received
        if not await self._answer("data", "354 go on"):
            return received
        while b"\r\n.\r\n" not in b"\r\n" + received:
            more = await self._reader.read(65536)
            if not more:
                raise _Over
            received += more
        wire, _, rest = (b"\r\n" + received).partition(b"\r\n.\r\n")
        transaction = Transaction(
            self._sender or "", list(self._recipients), list(self._options), wire[2:] + b"\r\n"
        )
        self._reset()
        await self._answer("end", "250 2.0.0 taken", accept=transaction)
        return rest

    def _reset(self) -> None:
        self._sender, self._recipients, self._options = None, [], []

    async def _answer(
        self, step: str, usual: str, recipient: str = "", *, accept: Transaction | None = None
    ) -> bool:
        """Say what is usual, or do what a fault asks for; tell whether it was the usual."""
        if self._sink.on_step:
            await self._sink.on_step(step)
        fault = self._sink.faults(step, recipient)
        answer = fault.answer if fault else ""
        if accept and answer in {"", "late", "drip"}:
            self._sink.accept(accept)
        if answer in {"", "drip"}:
            await (self._drip(usual) if answer else self._say(usual))
            return True
        if answer == "hang":
            await self._reader.read(-1)
        if answer in {"hang", "late", "close"}:
            raise _Over
        await self._say(answer)
        if answer.startswith("421"):
            raise _Over
        return False

    async def _drip(self, reply: str) -> None:
        for octet in f"{reply}\r\n".encode():
            self._writer.write(bytes([octet]))
            await self._writer.drain()
            await asyncio.sleep(0.02)

    async def _say(self, reply: str) -> None:
        self._writer.write(reply.encode() + b"\r\n")
        await self._writer.drain()
