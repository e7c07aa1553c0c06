"""Delivery over real SMTP connections on loopback: what protects the link, and who we are on it."""

import ssl
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import trustme
from aiosmtpd.smtp import AuthResult
from tests.integration.smtp_sink import MESSAGE, ROUTE, Sink, kinds, listening, relay_to

from sender_service.delivery import Delivered, Outcome, Temporary
from sender_service.delivery_smtp import SmtpRelay
from sender_service.relay_server import RelayServer, Tls
from sender_service.relays import Relays


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


def required(relays: Relays) -> Relays:
    """Let the relay treat loopback as any other host."""
    [relay] = relays._relays
    assert isinstance(relay, SmtpRelay)
    relay._server = replace(relay._server, tls=Tls.STARTTLS)
    return relays


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
        outcomes = await Relays([relay]).deliver(ROUTE, MESSAGE)
        await relay.aclose()
    assert kinds(outcomes) == dict.fromkeys(ROUTE.recipients, expected)
    assert password not in str(outcomes)
    assert password not in repr(relay._server)
