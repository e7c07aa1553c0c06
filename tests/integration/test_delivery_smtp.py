"""Delivery over real SMTP connections on loopback, to a sink that records what arrived on the wire."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import trustme
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

from courriel_message import Address, Draft, build
from sender_service.delivery import Delivered, Outcome, Permanent, Temporary
from sender_service.delivery import Envelope as Route
from sender_service.delivery_smtp import SmtpRelay
from sender_service.relay_server import RelayServer, Tls

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
    connections: int = 0
    tls: list[bool] = field(default_factory=list)
    servers: list[SMTP] = field(default_factory=list)

    async def handle_MAIL(  # noqa: N802 — the names are aiosmtpd's
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
async def relay_to(
    port: int, scheme: str = "smtp", query: str = "", **other: Any
) -> AsyncIterator[SmtpRelay]:
    """Make the relay under test."""
    server = RelayServer.from_url(f"{scheme}://127.0.0.1:{port}{query}", **other)
    relay = SmtpRelay(server, hostname="sender.test")
    try:
        yield relay
    finally:
        await relay.aclose()


def kinds(outcomes: Any) -> dict[str, type[Outcome]]:
    """Return the class of each outcome."""
    return {address: type(outcome) for address, outcome in outcomes.items()}


async def test_a_message_arrives_as_it_was_built() -> None:
    """Octet by octet, at every recipient."""
    sink = Sink()
    async with listening(sink) as port, relay_to(port) as relay:
        outcomes = await relay.deliver(ROUTE, MESSAGE)
    assert kinds(outcomes) == dict.fromkeys(ROUTE.recipients, Delivered)
    assert outcomes["a@demo.example"].detail == "250 2.0.0 taken"
    assert sink.messages == [("jean@demo.example", list(ROUTE.recipients), MESSAGE)]


async def test_one_connection_serves_many_messages() -> None:
    """Also after a refused recipient and a refused message."""
    sink = Sink(rcpt={"no@demo.example": "550 5.1.1 unknown"}, data=["250 ok", "554 5.6.0 no", "250 ok"])
    async with listening(sink) as port, relay_to(port) as relay:
        await relay.deliver(ROUTE, MESSAGE)
        await relay.deliver(ROUTE, MESSAGE)
        await relay.deliver(Route("jean@demo.example", ("no@demo.example",)), MESSAGE)
        outcomes = await relay.deliver(ROUTE, MESSAGE)
    assert kinds(outcomes) == dict.fromkeys(ROUTE.recipients, Delivered)
    assert (sink.connections, len(sink.messages)) == (1, 2)


async def test_a_refused_recipient_does_not_harm_the_others() -> None:
    """The entry splits: one failed with the server's words, one to retry, one delivered."""
    sink = Sink(
        rcpt={"a@demo.example": "550 5.1.1 No\tsuch\x07 mailbox", "b@demo.example": "451 4.7.1 later"}
    )
    route = Route("jean@demo.example", (*ROUTE.recipients, "c@demo.example"))
    async with listening(sink) as port, relay_to(port) as relay:
        outcomes = await relay.deliver(route, MESSAGE)
    assert outcomes == {
        "a@demo.example": Permanent("550 5.1.1 No such mailbox"),
        "b@demo.example": Temporary("451 4.7.1 later"),
        "c@demo.example": Delivered("250 2.0.0 taken"),
    }
    assert sink.messages[0][1] == ["c@demo.example"]


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ({"data": ["452 4.3.1 full"]}, Temporary),
        ({"data": ["554 5.6.0 spam"]}, Permanent),
        ({"data": ["close"]}, Temporary),
        ({"mail": ["450 4.2.1 slow"]}, Temporary),
        ({"mail": ["550 5.7.1 not you"]}, Permanent),
        ({"mail": ["421 4.3.2 closing"]}, Temporary),
        ({"rcpt": {"a@demo.example": "421 4.3.2 closing"}}, Temporary),
    ],
)
async def test_what_is_said_of_the_message_is_everybodys(
    told: dict[str, Any], expected: type[Outcome]
) -> None:
    """4xx and lost connections may be tried again, 5xx not."""
    sink = Sink(**told)
    async with listening(sink) as port, relay_to(port) as relay:
        outcomes = await relay.deliver(ROUTE, MESSAGE)
    assert kinds(outcomes) == dict.fromkeys(ROUTE.recipients, expected)
    assert sink.messages == []


async def test_a_refusal_before_a_lost_connection_stays_true() -> None:
    """The recipient that was refused for good is not asked about again."""
    sink = Sink(rcpt={"a@demo.example": "550 no"}, data=["close"])
    async with listening(sink) as port, relay_to(port) as relay:
        outcomes = await relay.deliver(ROUTE, MESSAGE)
    assert kinds(outcomes) == {"a@demo.example": Permanent, "b@demo.example": Temporary}


async def test_nobody_listening_is_temporary() -> None:
    """A relay that is away may come back; its address is nobody's business."""
    async with relay_to(1) as relay:
        outcomes = await relay.deliver(ROUTE, MESSAGE)
    assert outcomes == dict.fromkeys(ROUTE.recipients, Temporary("the relay cannot be reached"))


@pytest.mark.parametrize("parting", ["421 4.4.2 idle too long", None])
async def test_a_kept_connection_that_died_is_replaced(parting: str | None) -> None:
    """Whether the server says 421 at the next MAIL or just closed: the message goes over a new connection."""
    sink = Sink()
    async with listening(sink) as port, relay_to(port) as relay:
        await relay.deliver(ROUTE, MESSAGE)
        if parting:
            sink.mail = [parting]
        else:
            sink.servers[0].transport.abort()
        outcomes = await relay.deliver(ROUTE, MESSAGE)
    assert kinds(outcomes) == dict.fromkeys(ROUTE.recipients, Delivered)
    assert (sink.connections, len(sink.messages)) == (2, 2)


async def test_dots_and_bare_line_ends_cannot_end_the_message() -> None:
    """Lone dots are stuffed, bare CR and LF become line ends: the server sees one message."""
    smuggled = b"Subject: x\r\n\r\n.\r\n..two\r\nx\n.\nMAIL FROM:<evil@x>\r.\rRSET\r\n"
    sink = Sink()
    async with listening(sink) as port, relay_to(port) as relay:
        await relay.deliver(ROUTE, smuggled)
        await relay.deliver(ROUTE, MESSAGE)
    assert [sender for sender, _, _ in sink.messages] == ["jean@demo.example"] * 2
    assert (
        sink.messages[0][2]
        == b"Subject: x\r\n\r\n.\r\n..two\r\nx\r\n.\r\nMAIL FROM:<evil@x>\r\n.\r\nRSET\r\n"
    )


async def test_blind_copies_are_in_the_envelope_only() -> None:
    """The hidden recipient gets the message; nobody reads who it was."""
    draft = Draft(
        from_=Address("Jean", "jean@demo.example"),
        to=(Address("", "a@demo.example"),),
        bcc=(Address("", "hidden@demo.example"),),
        subject="x",
        text=".\nFrom here\n",
        message_id="<1@demo.example>",
        date=datetime.now(UTC),
    )
    sink = Sink()
    async with listening(sink) as port, relay_to(port) as relay:
        route = Route("jean@demo.example", ("a@demo.example", "hidden@demo.example"))
        await relay.deliver(route, build(draft))
    _, recipients, message = sink.messages[0]
    assert "hidden@demo.example" in recipients
    assert b"hidden" not in message


@pytest.mark.parametrize("recipient", ["a@x.example>\r\nRCPT TO:<b@x.example", "a\x00@x.example"])
async def test_a_command_cannot_be_injected(recipient: str) -> None:
    """Should such an address ever come this far, nothing of it reaches the wire as a command."""
    sink = Sink()
    async with listening(sink) as port, relay_to(port) as relay:
        outcomes = await relay.deliver(Route("jean@demo.example", (recipient,)), MESSAGE)
    assert kinds(outcomes) == {recipient: Temporary}
    assert sink.messages == []


async def test_size_and_international_addresses_use_what_is_offered() -> None:
    """SIZE is announced, SMTPUTF8 only where needed; a message beyond the relay's size is refused unsent."""
    sink = Sink()
    async with listening(sink, data_size_limit=100) as port, relay_to(port) as relay:
        await relay.deliver(ROUTE, MESSAGE)
        await relay.deliver(Route("jean@demo.example", ("é@demo.example",)), MESSAGE)
        large = await relay.deliver(ROUTE, b"x" * 101)
    assert sink.options == [[f"SIZE={len(MESSAGE)}"], [f"SIZE={len(MESSAGE)}", "SMTPUTF8"]]
    assert sink.messages[1][1] == ["é@demo.example"]
    assert kinds(large) == dict.fromkeys(ROUTE.recipients, Permanent)


@dataclass
class Authority:
    """A certificate for loopback, and who signed it."""

    ca_file: Path
    context: ssl.SSLContext


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    """Made for this test."""
    ca, context = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ca.issue_cert("127.0.0.1").configure_cert(context)
    ca.cert_pem.write_to_path(tmp_path / "ca.pem")
    return Authority(tmp_path / "ca.pem", context)


def required(relay: SmtpRelay) -> SmtpRelay:
    """Let the relay treat loopback as any other host."""
    relay._server = replace(relay._server, tls=Tls.STARTTLS)
    return relay


async def test_starttls_is_used_and_verified(authority: Authority) -> None:
    """With the right authority the message goes, encrypted."""
    sink = Sink()
    async with (
        listening(sink, tls_context=authority.context, require_starttls=True) as port,
        relay_to(port, ca_file=authority.ca_file) as relay,
    ):
        outcomes = await required(relay).deliver(ROUTE, MESSAGE)
    assert kinds(outcomes) == dict.fromkeys(ROUTE.recipients, Delivered)
    assert sink.tls == [True]


async def test_implicit_tls_is_used_and_verified(authority: Authority) -> None:
    """smtps:// works where the authority is known, and sends nothing where it is not."""
    sink = Sink()
    async with listening(sink, implicit=authority.context) as port:
        async with relay_to(port, "smtps", ca_file=authority.ca_file) as relay:
            assert kinds(await relay.deliver(ROUTE, MESSAGE)) == dict.fromkeys(ROUTE.recipients, Delivered)
        async with relay_to(port, "smtps") as relay:
            assert kinds(await relay.deliver(ROUTE, MESSAGE)) == dict.fromkeys(ROUTE.recipients, Temporary)
    assert len(sink.messages) == 1


@pytest.mark.parametrize("offers", [True, False])
async def test_without_a_trusted_starttls_nothing_is_sent(authority: Authority, *, offers: bool) -> None:
    """A certificate nobody vouches for, or no STARTTLS at all: the message waits."""
    sink = Sink()
    options = {"tls_context": authority.context} if offers else {}
    async with listening(sink, **options) as port, relay_to(port) as relay:
        outcomes = await required(relay).deliver(ROUTE, MESSAGE)
    assert kinds(outcomes) == dict.fromkeys(ROUTE.recipients, Temporary)
    assert sink.messages == []


@pytest.mark.parametrize(("password", "expected"), [("s3same-right", Delivered), ("s3same-wrong", Temporary)])
async def test_a_service_account(authority: Authority, password: str, expected: type[Outcome]) -> None:
    """It signs in over TLS; a refused account is ours to repair, and its password is in no outcome."""

    def authenticate(_server: Any, _session: Any, _envelope: Any, _mechanism: str, data: Any) -> AuthResult:
        return AuthResult(success=data.password == b"s3same-right", handled=False)

    sink = Sink()
    server: dict[str, Any] = {
        "tls_context": authority.context,
        "authenticator": authenticate,
        "auth_required": True,
    }
    async with listening(sink, **server) as port:
        relay = SmtpRelay(
            RelayServer.from_url(f"smtp://service:{password}@127.0.0.1:{port}", ca_file=authority.ca_file),
            hostname="sender.test",
        )
        outcomes = await relay.deliver(ROUTE, MESSAGE)
        await relay.aclose()
    assert kinds(outcomes) == dict.fromkeys(ROUTE.recipients, expected)
    assert password not in str(outcomes)
    assert password not in repr(relay._server)
