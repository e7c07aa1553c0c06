"""Images from elsewhere, which the gateway fetches so that no browser tells a sender that it is there.

Nothing is fetched unless the person asked. The addresses in a page are sealed by the mailbox service under
the secret that it shares with the gateway: only what a message names can be asked for, for ten minutes. Where
a host leads is checked after it was resolved, and that very address is used.
"""

import ipaddress
import time
from dataclasses import dataclass, field
from typing import Final, Protocol
from urllib.parse import urlsplit

from courriel_seal import KeyRing, SealBroken

PATH: Final = "/remote/"
PURPOSE: Final = "remote image"
PORTS: Final = frozenset({80, 443})
_DEFAULT_PORTS: Final = {"http": 80, "https": 443}
_SIGNATURES: Final = {
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
    b"GIF87a": "image/gif",
    b"GIF89a": "image/gif",
}
# Ranges that Python takes for global, and addresses of IPv6 that stand for one of IPv4
_REFUSED: Final = tuple(
    ipaddress.ip_network(network)
    for network in (
        "192.0.0.0/24",  # IETF protocol assignments (RFC 6890)
        "192.88.99.0/24",  # 6to4 relays (RFC 7526)
        "::/96",  # IPv4-compatible (RFC 4291, section 2.5.5.1)
        "::ffff:0:0/96",  # IPv4-mapped
        "64:ff9b::/96",  # NAT64 (RFC 6052)
        "64:ff9b:1::/48",  # local NAT64 (RFC 8215)
        "2002::/16",  # 6to4 (RFC 3056)
        "2001::/32",  # Teredo (RFC 4380)
        "fec0::/10",  # site-local (RFC 3879)
    )
)


class ImageRefused(Exception):
    """There is no such image, or it is not shown."""


@dataclass(frozen=True, slots=True)
class RemoteImage:
    """An image: its type by its own first octets, whatever its server says."""

    content_type: str
    content: bytes = field(repr=False)


class ImageSource(Protocol):
    """The Internet."""

    async def fetch(self, url: str) -> bytes:
        """Return what is at ``url``, within bounds. Raises ImageRefused."""
        ...


class RemoteImages:
    """Opens the addresses of pages and returns the images."""

    def __init__(self, source: ImageSource, ring: KeyRing) -> None:
        self._source = source
        self._ring = ring

    async def find(self, token: str) -> RemoteImage:
        """Return the image behind a page's address. Raises ImageRefused."""
        try:
            url = self._ring.open_until(token, purpose=PURPOSE, now=time.time())
        except SealBroken as error:
            raise ImageRefused from error
        content = await self._source.fetch(url)
        return RemoteImage(image_type(content), content)


def image_type(content: bytes) -> str:
    """Return the type of a raster image. Raises ImageRefused for everything else, SVG included."""
    for signature, content_type in _SIGNATURES.items():
        if content.startswith(signature):
            return content_type
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "image/webp"
    if content[4:12] == b"ftypavif":
        return "image/avif"
    raise ImageRefused


def check_url(url: str, ports: frozenset[int] = PORTS) -> None:
    """Check that it is an http(s) URL of a usual port, without user name. Raises ImageRefused."""
    try:
        parts = urlsplit(url)
        port = parts.port or _DEFAULT_PORTS.get(parts.scheme)
    except ValueError as error:
        raise ImageRefused from error
    if (
        parts.scheme not in _DEFAULT_PORTS
        or not parts.hostname
        or parts.username is not None
        or port not in ports
    ):
        raise ImageRefused


def is_public(address: str) -> bool:
    """Whether an IP address is somebody's on the Internet: not ours, not the machine's, not a group's."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    refused = ip.is_multicast or ip.is_reserved or ip.is_unspecified or not ip.is_global
    return not refused and not any(ip.version == net.version and ip in net for net in _REFUSED)
