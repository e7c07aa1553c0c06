"""Whose request it is: the peer's address, or what trusted proxies say of it."""

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address

from starlette.requests import Request

from gateway_service.settings import Network


def client_address(request: Request, trusted: Sequence[Network]) -> str:
    """Return the address of the nearest client that is no trusted proxy; "" where there is none.

    ``X-Forwarded-For`` is read from the right, as long as who wrote it is trusted: what stands further left
    may be anybody's invention.
    """
    host = request.client.host if request.client else ""
    peer = str(_address(host) or host)
    hops = [hop.strip() for line in request.headers.getlist("x-forwarded-for") for hop in line.split(",")]
    while hops and _is_trusted(peer, trusted) and (address := _address(hops.pop())):
        peer = str(address)
    return peer


def _address(text: str) -> IPv4Address | IPv6Address | None:
    try:
        address = ip_address(text)
    except ValueError:
        return None
    # A socket that serves both families shows an IPv4 peer so (RFC 4291 section 2.5.5.2).
    return (isinstance(address, IPv6Address) and address.ipv4_mapped) or address


def _is_trusted(peer: str, trusted: Sequence[Network]) -> bool:
    address = _address(peer)
    return address is not None and any(address in network for network in trusted)
