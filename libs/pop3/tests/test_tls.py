"""Real TLS, over a transport in memory: who is trusted, and what happens where it is not offered."""

import ssl
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from courriel_pop3 import CertificateRefused, ProtocolError, Server, Tls, TlsFailed, TlsRequired, connect

Authority = tuple[Path, ssl.SSLContext]
STAMPED = b"+OK ready <1896.697170952@dbc.mtview.ca.us>\r\n"


@pytest.fixture
def terms(plain: Server, authority: Authority) -> Server:
    """Return terms that require STLS and trust the test's authority."""
    return replace(plain, tls=Tls.STARTTLS, ca_file=authority[0])


async def test_stls_comes_first(terms: Server, authority: Authority, memory_server: Any) -> None:
    """Nothing is asked before TLS; the password goes through it, by PLAIN although the banner offers APOP."""
    server = memory_server(tls=authority[1], banner=STAMPED)
    client = await connect(terms, dial=server.dial)
    await client.login("jean", "demo")
    assert client.encrypted
    assert server.commands == ["STLS", "CAPA", "AUTH PLAIN AGplYW4AZGVtbw=="]
    assert b"AUTH" not in server.raw
    await client.quit()


async def test_implicit(terms: Server, authority: Authority, memory_server: Any) -> None:
    """TLS from the first octet, behind the preamble."""
    server = memory_server(tls=authority[1], implicit=True)
    client = await connect(replace(terms, tls=Tls.IMPLICIT), dial=server.dial)
    assert client.encrypted
    assert server.commands == ["CAPA"]
    assert server.raw[:1] == b"\x16"
    client.close()


async def test_large_message_through_tls(terms: Server, authority: Authority, memory_server: Any) -> None:
    """Megabytes pass through TLS with the pauses of a slow reader."""
    body = b"x" * 76 + b"\r\n"
    server = memory_server({"RETR": b"+OK\r\n" + body * 20_000 + b".\r\n"}, tls=authority[1])
    client = await connect(terms, dial=server.dial)
    assert sum([len(piece) async for piece in client.stream(1)]) == 20_000 * len(body)
    client.close()


async def test_stls_refused(terms: Server, memory_server: Any) -> None:
    """A server without STLS, or somebody who says so in its name, gets nothing more."""
    server = memory_server({"STLS": b"-ERR no\r\n"})
    with pytest.raises(TlsRequired):
        await connect(terms, dial=server.dial)
    assert server.commands == ["STLS"]
    assert server.aborted


@pytest.mark.parametrize("implicit", [True, False])
async def test_unknown_authority(
    terms: Server,
    authority: Authority,
    memory_server: Any,
    implicit: bool,  # noqa: FBT001 - a parameter
) -> None:
    """A certificate of an authority that is not trusted is refused before anything is said."""
    server = memory_server(tls=authority[1], implicit=implicit)
    tls = Tls.IMPLICIT if implicit else Tls.STARTTLS
    with pytest.raises(CertificateRefused):
        await connect(replace(terms, tls=tls, ca_file=None), dial=server.dial)
    assert server.commands == ([] if implicit else ["STLS"])
    assert server.aborted


async def test_other_host(terms: Server, authority: Authority, memory_server: Any) -> None:
    """A certificate for another host is refused."""
    server = memory_server(tls=authority[1])
    with pytest.raises(CertificateRefused, match=r"other\.example"):
        await connect(replace(terms, host="other.example"), dial=server.dial)


async def test_injection(terms: Server, authority: Authority, memory_server: Any) -> None:
    """An answer slipped in behind STLS's +OK ends the connection; it is not CAPA's."""
    server = memory_server({"STLS": b"+OK\r\n+OK\r\nUSER\r\n.\r\n"}, tls=authority[1])
    with pytest.raises(ProtocolError, match="plain text"):
        await connect(terms, dial=server.dial)
    assert server.aborted


async def test_no_tls_behind_stls(terms: Server, memory_server: Any) -> None:
    """A server that says +OK and then speaks no TLS fails the handshake."""
    server = memory_server()

    def answer_in_plain(data: bytes) -> None:
        type(server).write(server, data) if data.startswith(b"STLS") else server.say(b"-ERR what?\r\n")

    server.write = answer_in_plain
    with pytest.raises(TlsFailed):
        await connect(terms, dial=server.dial)
    assert server.aborted


async def test_plain_text_before_implicit_tls(terms: Server, memory_server: Any) -> None:
    """A banner in plain text, however early, is not read as the banner of a server behind TLS."""
    server = memory_server()

    async def dial(*arguments: Any) -> None:
        await server.dial(*arguments)
        await server.settle()

    server.write = lambda _: None
    with pytest.raises(TlsFailed):
        await connect(replace(terms, tls=Tls.IMPLICIT), dial=dial)


async def test_loopback(terms: Server, authority: Authority, memory_server: Any) -> None:
    """On this host TLS is used where offered, with any certificate unless a CA file is given; else plain."""
    loopback = replace(terms, host="127.0.0.1", tls=Tls.LOOPBACK, ca_file=None)
    client = await connect(loopback, dial=memory_server(tls=authority[1], capa="STLS USER").dial)
    assert client.encrypted
    client.close()
    client = await connect(loopback, dial=memory_server(capa="USER").dial)
    assert not client.encrypted
    client = await connect(loopback, dial=memory_server(capa=None).dial)
    assert not client.encrypted
    server = memory_server(tls=authority[1], capa="STLS USER")
    with pytest.raises(CertificateRefused):
        await connect(replace(loopback, host="other.example", ca_file=authority[0]), dial=server.dial)


async def test_missing_ca_file(
    terms: Server, authority: Authority, memory_server: Any, tmp_path: Path
) -> None:
    """A CA file that is not there, or is none, is an error that says so."""
    empty = tmp_path / "empty.pem"
    empty.touch()
    for path in (tmp_path / "none.pem", empty):
        with pytest.raises(TlsFailed, match="CA file"):
            await connect(replace(terms, ca_file=path), dial=memory_server(tls=authority[1]).dial)
