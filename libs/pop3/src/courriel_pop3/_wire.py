"""The asyncio protocol that joins a transport to the sans-IO `Connection`. Moves octets; knows no command.

Every way out that is not a complete answer (protocol error, time-out, end of stream) aborts the transport, so
that no later caller reads an earlier caller's answer. Reading pauses while much waits to be taken.

How long a server may keep somebody waiting is a purse: full (`reply_timeout`) when a turn begins, emptied
by waiting, filled again by answers and octets. So a hang and a drip end, and long answers take their time.
"""

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from typing import cast

from courriel_pop3._connection import Connection, State
from courriel_pop3._errors import (
    CertificateRefused,
    ConnectFailed,
    ConnectionLost,
    Pop3Error,
    ReplyError,
    TimedOut,
    TlsFailed,
    reply_error,
)
from courriel_pop3._events import Accepted, Completed, Data, Event, Refused
from courriel_pop3._limits import Limits
from courriel_pop3._server import Server

_HIGH_WATER = 64 * 1024
Dial = Callable[[Callable[[], asyncio.Protocol], str, int], Awaitable[object]]
"""What makes a plain connection: `loop.create_connection`, or another road to host and port."""


class Wire(asyncio.Protocol):
    """One transport and the conversation on it. Used by one task at a time."""

    preamble: Callable[[object], bytes] | None = None
    """Makes what is written first of all, from the name of the peer."""

    def __init__(self, limits: Limits, *, reply_timeout: float, silent: bool = False) -> None:
        """`silent` reads nothing until `start_tls`."""
        self.connection = Connection(limits)
        self.why_closed: str | None = None
        self._reply_timeout = self._patience = reply_timeout
        self._answered = 0
        self._silent = silent
        self._transport: asyncio.Transport | None = None
        self._paused = False
        self._arrival: asyncio.Future[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Write the preamble, and hold back what comes before implicit TLS."""
        self._transport = cast("asyncio.Transport", transport)
        if self.preamble:
            self._transport.write(self.preamble(transport.get_extra_info("peername")))
        if self._silent:
            self._transport.pause_reading()

    def data_received(self, data: bytes) -> None:
        """Hand the octets on; where no answer is owed, look at once at what the server wants."""
        try:
            self.connection.receive_data(data)
            if self.connection.idle:
                self.connection.next_event()
        except Pop3Error as error:
            self.abort(str(error))
        if self.connection.buffered > _HIGH_WATER and self._transport is not None:
            self._paused = True
            self._transport.pause_reading()
        self._wake()

    def connection_lost(self, exc: Exception | None) -> None:
        """Let what came before the end still be read."""
        self.connection.receive_eof()
        if self.connection.idle:
            self.abort(f"the server closed the connection{f' ({exc})' if exc else ''}")
        self._transport = None
        self._wake()

    def _wake(self) -> None:
        if self._arrival is not None and not self._arrival.done():
            self._arrival.set_result(None)

    def abort(self, why: str) -> None:
        """End the connection at once, without QUIT. The first reason given is the one told later."""
        if self.why_closed is None:
            self.why_closed = why
        if self._transport is not None:
            self._transport.abort()
        self._wake()

    def begin_turn(self) -> None:
        """Wait for this turn's answers as patiently as for any."""
        self._patience = self._reply_timeout
        self._answered = 0

    def end_turn(self) -> None:
        """Close, unless every answer owed was read and the server is still there."""
        if not self.connection.idle:
            self.abort("an answer was left half read")
        elif self._transport is None:
            self.abort("the server closed the connection")

    async def next_event(self) -> Event:
        """Wait for the next event. Every error raised here has closed the connection."""
        while True:
            if self.why_closed is not None:
                raise ConnectionLost(f"the connection is closed: {self.why_closed}")
            try:
                event = self.connection.next_event()
                if event is not None:
                    self._reward(event)
                    return event
                self._flush()
            except Pop3Error as error:
                self.abort(str(error))
                raise
            await self._wait()

    def _flush(self) -> None:
        octets = self.connection.data_to_send()
        if self._transport is None:
            return
        if octets:
            self._transport.write(octets)
        if self._paused:
            self._paused = False
            self._transport.resume_reading()

    def _reward(self, event: Event) -> None:
        limits = self.connection.limits
        if isinstance(event, Data):
            self._patience += len(event.data) / limits.octets_per_second
        elif isinstance(event, Completed | Refused):
            self._patience += limits.answer_seconds
            self._answered += 1
        self._patience = min(self._patience, self._reply_timeout)

    async def _wait(self) -> None:
        loop = asyncio.get_running_loop()
        self._arrival = loop.create_future()
        started = loop.time()
        try:
            async with asyncio.timeout(self._patience):
                await self._arrival
        except TimeoutError:
            why = f"the server was silent, or next to it, for {self._reply_timeout:g} s"
            self.abort(why)
            raise TimedOut(why, self._answered) from None
        finally:
            self._arrival = None
            self._patience -= loop.time() - started

    async def answer(self) -> tuple[str, bytes]:
        """Read one whole answer: the words after +OK and the lines that follow. Raises `ReplyError`."""
        text, pieces = "", list[bytes]()
        while True:
            match await self.next_event():
                case Accepted() as accepted:
                    text = accepted.text
                case Data() as piece:
                    pieces.append(piece.data)
                case Completed():
                    return text, b"".join(pieces)
                case Refused() as refused:
                    raise refusal(refused)

    async def start_tls(self, context: ssl.SSLContext, host: str, limit: float) -> None:
        """Put TLS under the conversation within `limit` seconds. Errors close the connection."""
        if self._transport is None:
            raise TlsFailed("the connection ended before TLS began")
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(limit):
                secured = await loop.start_tls(self._transport, self, context, server_hostname=host)
        except TimeoutError:
            raise self._closing(TimedOut(f"the TLS handshake took over {limit:g} s")) from None
        except ssl.SSLCertVerificationError as error:
            why = f"the certificate of {host} is refused: {error.verify_message}"
            raise self._closing(CertificateRefused(why)) from error
        except OSError as error:
            raise self._closing(TlsFailed(f"the TLS handshake failed: {error}")) from error
        self._transport = secured
        if self.connection.state is State.TLS:
            self.connection.tls_started()

    def _closing(self, error: Pop3Error) -> Pop3Error:
        self.abort(str(error))
        return error


def refusal(refused: Refused) -> ReplyError:
    """Return the error that a -ERR is. At sign-in one without a code means: refused."""
    command = refused.command
    verb = command.verb if command else "greeting"
    return reply_error(verb, refused.text, refused.code, signing_in=verb in {"USER", "PASS", "APOP", "AUTH"})


async def make_connection(dial: Dial, wire: Wire, server: Server) -> None:
    """Give ``wire`` a transport. Raises `ConnectFailed`, `TimedOut`."""
    try:
        async with asyncio.timeout(server.connect_timeout):
            await dial(lambda: wire, server.host, server.port)
    except TimeoutError:
        raise TimedOut(f"no connection to {server.host} within {server.connect_timeout:g} s") from None
    except OSError as error:
        raise ConnectFailed(f"no connection to {server.host}: {error.strerror or error}") from error
