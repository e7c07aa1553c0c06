"""A POP3 server on loopback that does as it should, except where a test's script says otherwise.

A script is a dictionary: a command line ("RETR 2") or a verb ("RETR") to what happens then, an act of
``misbehaviours.py`` or plain octets; "BANNER" is the greeting. What the server was asked, and what is left of
its maildrop, can be looked at. It knows one account, and takes any password but WRONG.
"""

import asyncio
import base64
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace

from courriel_pop3 import Server, Tls

WRONG = "wrong"
CAPABLE = ("TOP", "UIDL", "PIPELINING", "USER", "SASL PLAIN", "RESP-CODES", "AUTH-RESP-CODE")
SMALL_BUFFER = 4096
"""Octets that the kernel keeps for a server that reads slowly."""

Act = Callable[["Talk", str], Awaitable[bytes]]
"""Does something on a connection, given the command line, and returns what is said."""


class HangUpError(Exception):
    """The server ends the connection."""


@dataclass(slots=True)
class Mail:
    """A message; ``uidl`` as octets, ``size`` what LIST says of it instead of the truth."""

    uidl: bytes
    raw: bytes
    size: int | None = None


@dataclass(kw_only=True)
class Misbehaving:
    """The server. ``uidl`` makes a UIDL of a mail, its number and that of the login."""

    mails: list[Mail] = field(default_factory=list)
    script: dict[str, bytes | Act] = field(default_factory=dict)
    capa: tuple[str, ...] | None = CAPABLE
    eol: bytes = b"\r\n"
    uidl: Callable[[Mail, int, int], bytes] = lambda mail, _number, _login: mail.uidl
    drops_pipelined: bool = False
    """Of what comes in one read, it sees the first command only."""
    one_by_one: bool = False
    """It reads nothing before its last answer was taken, and has the kernel keep little."""
    commands: list[str] = field(default_factory=list)
    logins: int = 0
    idle: asyncio.Event = field(default_factory=asyncio.Event)
    """Set while nobody is connected."""

    @property
    def subjects(self) -> list[str]:
        """What is left in the maildrop, the newest first."""
        return [mail.raw.partition(b"Subject: ")[2].partition(b"\r\n")[0].decode() for mail in self.mails][
            ::-1
        ]

    def count(self, verb: str) -> int:
        """How often a command was given."""
        return sum(command.split(" ")[0] == verb for command in self.commands)

    @asynccontextmanager
    async def listening(self, terms: Server | None = None) -> AsyncIterator[Server]:
        """Serve, and return the server's terms: plain, with short time-outs, or as ``terms`` has them."""
        listener = socket.create_server(("127.0.0.1", 0))
        if self.one_by_one:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SMALL_BUFFER)
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALL_BUFFER)
        talks: set[asyncio.Task[None]] = set()

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.current_task()
            assert task
            talks.add(task)
            self.idle.clear()
            try:
                await Talk(self, reader, writer).serve()
            except (HangUpError, ConnectionError, asyncio.CancelledError):
                pass
            finally:
                writer.transport.abort()
                talks.discard(task)
                if not talks:
                    self.idle.set()

        terms = terms or Server(host="", port=0, tls=Tls.NONE, connect_timeout=1, reply_timeout=0.4)
        async with await asyncio.start_server(serve, sock=listener, limit=2**16):
            yield replace(terms, host="127.0.0.1", port=listener.getsockname()[1])
            for task in talks:
                task.cancel()
            if talks:
                await asyncio.wait(talks)


class Talk:
    """One connection. ``mails`` is the maildrop as it was at the login."""

    def __init__(
        self, server: Misbehaving, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self.server = server
        self.reader = reader
        self.writer = writer
        self.mails: list[Mail] = []
        self.marked: list[Mail] = []
        self.login = 0

    async def serve(self) -> None:
        """Greet, and answer until somebody hangs up."""
        await self.answer("BANNER")
        pending = b""
        while True:
            pending += await self.read()
            *lines, pending = pending.split(b"\r\n")
            if self.server.drops_pipelined:
                lines, pending = lines[:1], b""
            for line in lines:
                self.server.commands.append(line.decode())
                await self.answer(line.decode())

    async def read(self) -> bytes:
        """Return what came. Raises HangUpError at the end."""
        octets = await self.reader.read(SMALL_BUFFER)
        if not octets:
            raise HangUpError
        return octets

    async def answer(self, line: str) -> None:
        """Do as the script says, or as one should."""
        verb = line.partition(" ")[0]
        act = self.server.script.get(line, self.server.script.get(verb, Talk.sane))
        await self.say(act if isinstance(act, bytes) else await act(self, line))
        if verb == "QUIT":
            raise HangUpError

    async def say(self, octets: bytes) -> None:
        """Send."""
        if self.server.one_by_one:
            self.writer.transport.set_write_buffer_limits(0)
        self.writer.write(octets)
        await self.writer.drain()

    async def sane(self, line: str) -> bytes:
        """Answer as a good server does."""
        verb, _, argument = line.partition(" ")
        method = getattr(self, f"_{verb.lower()}", None)
        answer: bytes = method(argument) if method else b"-ERR what?\r\n"
        return answer.replace(b"\r\n", self.server.eol)

    def _banner(self, _: str) -> bytes:
        return b"+OK ready\r\n"

    def _capa(self, _: str) -> bytes:
        if self.server.capa is None:
            return b"-ERR what?\r\n"
        return lines(*(each.encode() for each in self.server.capa))

    def _user(self, _: str) -> bytes:
        return b"+OK\r\n"

    def _pass(self, password: str) -> bytes:
        if password == WRONG:
            return b"-ERR no\r\n"
        self.server.logins += 1
        self.login = self.server.logins
        self.mails = list(self.server.mails)
        return b"+OK\r\n"

    def _auth(self, argument: str) -> bytes:
        return self._pass(base64.b64decode(argument.split(" ")[1]).split(b"\0")[2].decode())

    def _list(self, _: str) -> bytes:
        return lines(
            *(
                b"%d %d" % (number, len(mail.raw) if mail.size is None else mail.size)
                for number, mail in enumerate(self.mails, 1)
            )
        )

    def _uidl(self, _: str) -> bytes:
        uidl = self.server.uidl
        return lines(
            *(b"%d " % number + uidl(mail, number, self.login) for number, mail in enumerate(self.mails, 1))
        )

    def _mail(self, argument: str) -> Mail | None:
        number = int(argument.partition(" ")[0])
        return self.mails[number - 1] if number <= len(self.mails) else None

    def _top(self, argument: str) -> bytes:
        mail = self._mail(argument)
        return (
            dotted(mail.raw.partition(b"\r\n\r\n")[0] + b"\r\n\r\n") if mail else b"-ERR no such message\r\n"
        )

    def _retr(self, argument: str) -> bytes:
        mail = self._mail(argument)
        return dotted(mail.raw) if mail else b"-ERR no such message\r\n"

    def _dele(self, argument: str) -> bytes:
        mail = self._mail(argument)
        if mail is None:
            return b"-ERR no such message\r\n"
        self.marked.append(mail)
        return b"+OK\r\n"

    def commit(self) -> None:
        """Delete what is marked."""
        self.server.mails = [
            mail for mail in self.server.mails if not any(mail is each for each in self.marked)
        ]

    def _quit(self, _: str) -> bytes:
        self.commit()
        return b"+OK bye\r\n"


def lines(*content: bytes) -> bytes:
    """Write an answer of several lines."""
    return b"".join((b"+OK\r\n", *(line + b"\r\n" for line in content), b".\r\n"))


def dotted(octets: bytes) -> bytes:
    """Write a message as an answer (RFC 1939 section 3)."""
    stuffed = octets.replace(b"\r\n.", b"\r\n..")
    return b"+OK\r\n" + stuffed + (b"" if stuffed.endswith(b"\r\n") else b"\r\n") + b".\r\n"
