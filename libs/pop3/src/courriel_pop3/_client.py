"""The asyncio client: a POP3 session as a caller wants it. No parsing, no policy on when to connect again.

One task at a time: a command sent while another answer is still being read raises `UsageError`. Whoever
leaves an answer half read (a cancelled task, a generator not read to its end) closes the connection: it must
never be the next caller who reads the rest.
"""

import asyncio
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial

from courriel_pop3 import _commands as commands
from courriel_pop3._capabilities import UNKNOWN, Capabilities
from courriel_pop3._commands import Command
from courriel_pop3._errors import (
    AuthenticationRefused,
    ConnectionLost,
    ProtocolError,
    ReplyError,
    TlsFailed,
    TlsRequired,
    UsageError,
)
from courriel_pop3._events import Completed, Data, Greeting, Refused
from courriel_pop3._forwarding import Forwarding, parse_address, proxy_header
from courriel_pop3._listings import Entry, Stat, merge, parse_sizes, parse_stat, parse_uidls
from courriel_pop3._server import Server, Tls
from courriel_pop3._sign_in import ways_to_sign_in
from courriel_pop3._wire import Dial, Wire, make_connection, refusal


async def connect(
    server: Server,
    *,
    client_address: str = "",
    known: Capabilities | None = None,
    dial: Dial | None = None,
) -> "Pop3Client":
    """Connect, read the banner, start TLS as the server's terms say, and ask for capabilities.

    `known` are those that this server told on another connection: CAPA is not sent then, unless a sign-in is
    refused, or they are needed to decide on TLS.

    `client_address` is the IP address of whom the session is for, told as `Server.forwarding` says; ""
    where nobody knows. Raises `ConnectFailed`, `TimedOut`, `TlsFailed`, `CertificateRefused`, `TlsRequired`,
    `ProtocolError`, `InvalidCommand` for what is no IP address, or the `ReplyError` of a banner that refuses
    (`MaildropInUse`, `ServerTemporaryFailure`, …) or of an XCLIENT that was refused.
    """
    if client_address:
        parse_address(client_address)
    wire = Wire(server.limits, reply_timeout=server.reply_timeout, silent=server.tls is Tls.IMPLICIT)
    if server.forwarding is Forwarding.PROXY:
        wire.preamble = partial(proxy_header, client_address)
    client = Pop3Client(server, wire)
    try:
        await make_connection(dial or asyncio.get_running_loop().create_connection, wire, server)
        await client._open(client_address, known)  # noqa: SLF001 - the other half of making a client
    except BaseException:
        wire.abort("the session could not be opened")
        raise
    return client


class Pop3Client:
    """One POP3 session, made by `connect`.

    Every method may raise `ConnectionLost`, `TimedOut`, `ProtocolError` (then the connection is closed) and
    `ReplyError` (then it goes on).
    """

    def __init__(self, server: Server, wire: Wire) -> None:
        """Use `connect`."""
        self._server = server
        self._wire = wire
        self._busy = False
        self._timestamp: str | None = None
        self.capabilities: Capabilities = UNKNOWN
        self._believes = False
        self.encrypted: bool = False

    def __repr__(self) -> str:
        state = "closed" if self.closed else "open"
        return f"<Pop3Client {self._server.host}:{self._server.port} {state}>"

    @property
    def closed(self) -> bool:
        """Whether the connection is gone, by whomever."""
        return self._wire.why_closed is not None

    async def login(self, user: str, password: str) -> None:
        """Sign in by AUTH PLAIN or USER/PASS; on a plain link by APOP first, where the banner allows it.

        Raises `AuthenticationRefused`, `MaildropInUse`, `LoginDelay`, `ServerTemporaryFailure`,
        `ServerPermanentFailure`; `TlsRequired` where the server takes no password on a plain link;
        `InvalidCommand` for names and passwords that cannot be sent (control characters, too long, empty).
        """
        try:
            await self._login(user, password)
        except AuthenticationRefused:
            if not self._believes:
                raise
            # what another connection told may be true no more: a refusal must be the password's
            believed, self._believes = self.capabilities, False
            await self._learn()
            if self.capabilities == believed:
                raise
            await self._login(user, password)

    async def _login(self, user: str, password: str) -> None:
        timestamp = None if self.encrypted else self._timestamp
        ways = ways_to_sign_in(
            self.capabilities, user, password, timestamp=timestamp, encrypted=self.encrypted
        )
        if not ways:
            raise TlsRequired(f"{self._server.host} takes no password without TLS")
        if self.capabilities.utf8:
            with suppress(ReplyError):
                await self._ask(commands.utf8())
        for way in ways:
            try:
                for command in way:
                    await self._ask(command)
            except AuthenticationRefused:
                # a banner may have a timestamp though nobody has an APOP secret, the refusal a code (Cyrus,
                # mailutils): it is no word about the password
                if way is ways[-1]:
                    raise
            else:
                return

    async def stat(self) -> Stat:
        """STAT: how many messages, how many octets."""
        with self._turn():
            self._wire.connection.send(commands.stat())
            text, _ = await self._wire.answer()
            return parse_stat(text)

    async def list_(self) -> list[tuple[int, int]]:
        """LIST: (number, size in octets) of every message."""
        with self._turn():
            self._wire.connection.send(commands.list_())
            _, body = await self._wire.answer()
            return parse_sizes(body)

    async def uidl(self) -> list[tuple[int, str]]:
        """UIDL: (number, unique id) of every message. Raises `ReplyError` where the server has none."""
        with self._turn():
            self._wire.connection.send(commands.uidl())
            _, body = await self._wire.answer()
            return parse_uidls(body)

    async def listing(self) -> list[Entry]:
        """UIDL and LIST in one flight. Without UIDL on the server every entry's `uidl` is None."""
        with self._turn():
            uidls = None
            flight = [commands.uidl(), commands.list_()] if self.capabilities.uidl else [commands.list_()]
            self._wire.connection.send(*flight)
            if self.capabilities.uidl:
                try:
                    _, body = await self._wire.answer()
                    uidls = parse_uidls(body)
                except ReplyError:
                    uidls = None
            _, body = await self._wire.answer()
            return merge(parse_sizes(body), uidls)

    async def top(self, number: int, lines: int) -> bytes:
        """TOP: a message's header, the blank line, and `lines` lines of its body."""
        return (await self._ask(commands.top(number, lines)))[1]

    async def tops(
        self, numbers: Sequence[int], lines: int
    ) -> AsyncGenerator[tuple[int, bytes | ReplyError], None]:
        """TOP of each, pipelined; yield (number, octets or what the server refused with) in the order asked.

        Read it to its end, or the connection is closed.
        """
        flight = [commands.top(number, lines) for number in numbers]
        with self._turn():
            self._wire.connection.send(*flight)
            for number in numbers:
                try:
                    _, body = await self._wire.answer()
                except ReplyError as error:
                    yield number, error
                else:
                    yield number, body

    async def retr(self, number: int) -> bytes:
        """RETR: a whole message, in memory."""
        return (await self._ask(commands.retr(number)))[1]

    async def stream(self, number: int) -> AsyncGenerator[bytes, None]:
        """RETR: a message in pieces as they come; the server waits for a slow reader.

        Read it to its end, or the connection is closed.
        """
        command = commands.retr(number)
        with self._turn():
            self._wire.connection.send(command)
            while not isinstance(event := await self._wire.next_event(), Completed):
                if isinstance(event, Refused):
                    raise refusal(event)
                if isinstance(event, Data):
                    yield event.data

    async def dele(self, number: int) -> None:
        """DELE: mark a message; QUIT deletes it."""
        await self._ask(commands.dele(number))

    async def deletes(self, numbers: Sequence[int]) -> list[tuple[int, ReplyError | None]]:
        """DELE of each, pipelined: (number, None or what the server refused with) in the order asked."""
        flight = [commands.dele(number) for number in numbers]
        outcomes: list[tuple[int, ReplyError | None]] = []
        with self._turn():
            self._wire.connection.send(*flight)
            for number in numbers:
                try:
                    await self._wire.answer()
                except ReplyError as error:
                    outcomes.append((number, error))
                else:
                    outcomes.append((number, None))
        return outcomes

    async def rset(self) -> None:
        """RSET: unmark what DELE marked."""
        await self._ask(commands.rset())

    async def noop(self) -> None:
        """NOOP: see whether the server is there."""
        await self._ask(commands.noop())

    async def quit(self) -> None:
        """QUIT: return once the server said that deletions are carried out. Closes the connection anyhow.

        `ReplyError`: some may not have been (RFC 1939 §6). `ConnectionLost` or `TimedOut`: nobody knows.
        """
        try:
            await self._ask(commands.quit_())
        finally:
            self.close("the session ended with QUIT")

    def close(self, why: str = "closed by its user") -> None:
        """Drop the connection without QUIT: nothing is deleted. May be called at any time, more than once."""
        self._wire.abort(why)

    async def _open(self, client_address: str, known: Capabilities | None) -> None:
        if self._server.tls is Tls.IMPLICIT:
            await self._start_tls()
        event = await self._wire.next_event()
        if isinstance(event, Refused):
            raise refusal(event)
        if isinstance(event, Greeting):
            self._timestamp = event.timestamp
        if self._server.tls is Tls.STARTTLS:
            await self._upgrade()
        if self._server.forwarding is Forwarding.XCLIENT and client_address:
            await self._ask(commands.xclient(client_address))
        if known is not None and self._server.tls is not Tls.LOOPBACK:
            self._believe(known)
            self._believes = True
            return
        await self._learn()
        if self._server.tls is Tls.LOOPBACK and self.capabilities.stls:
            await self._upgrade()
            await self._learn()

    async def _upgrade(self) -> None:
        try:
            await self._ask(commands.stls())
        except ReplyError as error:
            raise TlsRequired(f"{self._server.host} does not offer TLS: {error.text}") from error
        await self._start_tls()

    async def _start_tls(self) -> None:
        try:
            context = self._server.tls_context()
        except OSError as error:
            raise TlsFailed(f"the CA file cannot be used: {error.strerror or error}") from error
        await self._wire.start_tls(context, self._server.host, self._server.connect_timeout)
        self.encrypted = True

    async def _learn(self) -> None:
        try:
            _, body = await self._ask(commands.capa())
        except ReplyError:
            self._believe(UNKNOWN)
        else:
            self._believe(Capabilities.parse(body))

    def _believe(self, capabilities: Capabilities) -> None:
        self.capabilities = capabilities
        self._wire.connection.pipelining = capabilities.pipelining and self._server.pipelining

    async def _ask(self, command: Command) -> tuple[str, bytes]:
        with self._turn():
            self._wire.connection.send(command)
            return await self._wire.answer()

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """Have the connection to oneself; close it unless every answer owed was read."""
        if self._busy:
            raise UsageError("another answer is still being read on this connection")
        if self._wire.why_closed is not None:
            raise ConnectionLost(f"the connection is closed: {self._wire.why_closed}")
        self._busy = True
        self._wire.begin_turn()
        try:
            yield
        except ProtocolError as error:
            self._wire.abort(str(error))
            raise
        finally:
            self._busy = False
            self._wire.end_turn()
