"""Telling the server whose address a session is for: the header of the PROXY protocol, version 2.

A server that slows or bans addresses by their failed sign-ins must know the person's, not ours. It writes
octets only; whether the server believes them is set there (Dovecot: haproxy_trusted_networks).

Source: The PROXY protocol, versions 1 & 2 (haproxy.org), section 2.2.
"""

import ipaddress
from enum import StrEnum
from ipaddress import IPv4Address, IPv6Address

from courriel_pop3._errors import InvalidCommand

_SIGNATURE = b"\r\n\r\n\x00\r\nQUIT\n"
_LOCAL = _SIGNATURE + b"\x20\x00\x00\x00"
_PROXY = b"\x21"
_TCP4, _TCP6 = b"\x11", b"\x21"


class Forwarding(StrEnum):
    """How the address of the person behind a session is told to the server."""

    NONE = "none"
    PROXY = "proxy"
    """A PROXY protocol header, version 2, before anything else."""
    XCLIENT = "xclient"
    """The XCLIENT command, before the sign-in."""


def parse_address(text: str) -> IPv4Address | IPv6Address:
    """Read an IP address; one mapped from IPv4 becomes that, a zone is left out. Raises `InvalidCommand`."""
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        raise InvalidCommand("the client's address is no IP address") from None
    return (address.version == 6 and address.ipv4_mapped) or address  # noqa: PLR2004 — IP's version


def proxy_header(client_address: str, server: object) -> bytes:
    """Return the header for a client; without one ("") it says that the connection is our own (LOCAL).

    `server` is the transport's peer name, (host, port, …), or anything else where that is unknown. Ports that
    are unknown are 0. Raises `InvalidCommand` for what is no IP address.
    """
    if not client_address:
        return _LOCAL
    source = parse_address(client_address)
    host, port = server[:2] if isinstance(server, tuple) else ("0.0.0.0", 0)  # noqa: S104 — an unknown address
    target = parse_address(host)
    if source.version == target.version == 4:  # noqa: PLR2004 — IP's version
        family, addresses = _TCP4, source.packed + target.packed
    else:
        family, addresses = _TCP6, _as_ipv6(source) + _as_ipv6(target)
    block = addresses + bytes(2) + int(port).to_bytes(2, "big")
    return _SIGNATURE + _PROXY + family + len(block).to_bytes(2, "big") + block


def _as_ipv6(address: IPv4Address | IPv6Address) -> bytes:
    return address.packed if isinstance(address, IPv6Address) else bytes(10) + b"\xff\xff" + address.packed
