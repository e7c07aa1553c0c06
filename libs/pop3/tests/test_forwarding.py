"""Whom a session is for, as the server is told: PROXY headers octet by octet, and XCLIENT."""

import socket
from dataclasses import replace
from typing import Any

import pytest

from courriel_pop3 import Forwarding, InvalidCommand, ReplyError, Server, connect
from courriel_pop3._forwarding import proxy_header

SIGNATURE = bytes.fromhex("0d0a0d0a000d0a515549540a")


@pytest.mark.parametrize(
    ("client", "server", "rest"),
    [
        ("", ("10.0.0.1", 110), "20 00 0000"),
        ("192.0.2.7", ("10.0.0.1", 110), "21 11 000c c0000207 0a000001 0000 006e"),
        ("::ffff:192.0.2.7", ("10.0.0.1", 995), "21 11 000c c0000207 0a000001 0000 03e3"),
        ("192.0.2.7", None, "21 11 000c c0000207 00000000 0000 0000"),
    ],
)
def test_header(client: str, server: object, rest: str) -> None:
    """Signature, command, family, length, addresses, ports."""
    assert proxy_header(client, server) == SIGNATURE + bytes.fromhex(rest)


@pytest.mark.parametrize(
    ("client", "server"),
    [("2001:db8::7", "10.0.0.1"), ("192.0.2.7", "fe80::1%eth0"), ("fe80::7%eth0", "::1")],
)
def test_header_of_mixed_families(client: str, server: str) -> None:
    """One family for both: an IPv4 address is mapped into IPv6 where the other is one."""
    header = proxy_header(client, (server, 110, 0, 0))
    assert header[12:16] == bytes.fromhex("2121 0024")
    assert len(header) == 16 + 36
    source = socket.inet_ntop(socket.AF_INET6, header[16:32])
    assert source == (client.partition("%")[0] if ":" in client else "::ffff:192.0.2.7")


@pytest.mark.parametrize(("forwarding", "begin"), [(Forwarding.PROXY, SIGNATURE), (Forwarding.NONE, b"CAPA")])
async def test_proxy_header_goes_first(
    plain: Server, memory_server: Any, forwarding: Forwarding, begin: bytes
) -> None:
    """It is out before anything else, and only where it is asked for."""
    server = memory_server(preamble=28 if forwarding is Forwarding.PROXY else 0)
    client = await connect(
        replace(plain, forwarding=forwarding), client_address="192.0.2.7", dial=server.dial
    )
    assert server.raw.startswith(begin)
    assert server.commands == ["CAPA"]
    client.close()


async def test_xclient_goes_before_the_sign_in(plain: Server, memory_server: Any) -> None:
    """Alone, and not at all where nobody knows the address."""
    server = memory_server()
    client = await connect(
        replace(plain, forwarding=Forwarding.XCLIENT), client_address="2001:db8::7", dial=server.dial
    )
    await client.login("jean", "demo")
    assert server.commands[:2] == ["XCLIENT ADDR=2001:db8::7", "CAPA"]
    server = memory_server()
    await connect(replace(plain, forwarding=Forwarding.XCLIENT), dial=server.dial)
    assert server.commands == ["CAPA"]


async def test_refused_xclient(plain: Server, memory_server: Any) -> None:
    """A server that does not take it from us is not signed in to as somebody else."""
    server = memory_server({"XCLIENT": b"-ERR not from you\r\n"})
    terms = replace(plain, forwarding=Forwarding.XCLIENT)
    with pytest.raises(ReplyError, match="XCLIENT"):
        await connect(terms, client_address="192.0.2.7", dial=server.dial)
    assert server.aborted


@pytest.mark.parametrize("forwarding", Forwarding)
@pytest.mark.parametrize("address", ["localhost", "192.0.2.7\r\nDELE 1", "192.0.2.7 PORT=1", "x" * 5000])
async def test_no_address(plain: Server, memory_server: Any, forwarding: Forwarding, address: str) -> None:
    """What is no address never reaches the wire."""
    server = memory_server()
    with pytest.raises(InvalidCommand):
        await connect(replace(plain, forwarding=forwarding), client_address=address, dial=server.dial)
    assert server.raw == b""
