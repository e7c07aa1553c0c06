"""An SMTP server on loopback that answers as a test says and records what arrived, and a relay to it."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope, Session

from sender_service.delivery import Envelope as Route
from sender_service.delivery import Outcome
from sender_service.delivery_smtp import SmtpRelay
from sender_service.relay_server import RelayServer
from sender_service.relays import Relays

ROUTE = Route("jean@demo.example", ("a@demo.example", "b@demo.example"))
MESSAGE = b"Subject: x\r\n\r\nBonjour\r\n"


@dataclass
class Sink:
    """aiosmtpd's handler: answers as the test says, and records.

    ``rcpt`` maps a recipient to a reply, ``mail`` and ``data`` are the next replies.
    """

    rcpt: dict[str, str] = field(default_factory=dict)
    data: list[str] = field(default_factory=list)
    mail: list[str] = field(default_factory=list)
    messages: list[tuple[str, list[str], bytes]] = field(default_factory=list)
    options: list[list[str]] = field(default_factory=list)
    takes_8_bit: bool = True
    connections: int = 0
    tls: list[bool] = field(default_factory=list)
    servers: list[SMTP] = field(default_factory=list)

    async def handle_EHLO(  # noqa: N802 — the names are aiosmtpd's
        self, _server: SMTP, session: Session, _envelope: Envelope, hostname: str, offers: list[str]
    ) -> list[str]:
        """Offer what aiosmtpd does, or one thing less."""
        session.host_name = hostname
        return [each for each in offers if self.takes_8_bit or "8BITMIME" not in each]

    async def handle_MAIL(  # noqa: N802
        self, server: SMTP, _session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Answer as told."""
        self.tls.append(server._tls_protocol is not None or server._over_ssl)
        if self.mail and (reply := self.mail.pop(0)):
            return reply
        envelope.mail_from = address
        self.options.append(options)
        return "250 OK"

    async def handle_RCPT(  # noqa: N802
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        """Answer as told."""
        if address in self.rcpt:
            return self.rcpt[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Answer as told; record what is accepted."""
        reply = self.data.pop(0) if self.data else "250 2.0.0 taken"
        if reply == "close":
            server.transport.abort()
            return "250 never heard"
        if reply.startswith("250"):
            self.messages.append(
                (envelope.mail_from or "", envelope.rcpt_tos, bytes(envelope.original_content or b""))
            )
        return reply


@asynccontextmanager
async def listening(
    sink: Sink, *, implicit: ssl.SSLContext | None = None, **options: Any
) -> AsyncIterator[int]:
    """Serve ``sink`` on a port of loopback."""

    def session() -> SMTP:
        sink.connections += 1
        server = SMTP(sink, enable_SMTPUTF8=True, hostname="sink", loop=asyncio.get_running_loop(), **options)
        sink.servers.append(server)
        return server

    server = await asyncio.get_running_loop().create_server(session, "127.0.0.1", 0, ssl=implicit)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for each in sink.servers:
            if each.transport:
                each.transport.abort()


@asynccontextmanager
async def relay_to(port: int, scheme: str = "smtp", query: str = "", **other: Any) -> AsyncIterator[Relays]:
    """Make the relay under test."""
    server = RelayServer.from_url(f"{scheme}://127.0.0.1:{port}{query}", **other)
    relay = SmtpRelay(server, hostname="sender.test")
    try:
        yield Relays([relay])
    finally:
        await relay.aclose()


def kinds(outcomes: Any) -> dict[str, type[Outcome]]:
    """Return the class of each outcome."""
    return {address: type(outcome) for address, outcome in outcomes.items()}
