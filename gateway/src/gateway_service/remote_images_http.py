"""The Internet as a source of images, over HTTP (aiohttp): resolved once, checked where it is connected to.

A host has many spellings that lead to one address (`127.1`, `①②⑦.⓪.⓪.①`, a name), so that nothing is decided
by the URL's text, but by the address of each socket that is about to be connected. No cookie and no referrer
is carried, no connection kept; a few redirects are followed, each checked anew; size, time and number at once
are bounded.
"""

import asyncio
import socket
from collections.abc import Callable
from typing import Final, Self
from urllib.parse import urljoin

import aiohttp
from aiohttp.abc import AbstractResolver

from gateway_service.remote_images import PORTS, ImageRefused, check_url, is_public

MAX_OCTETS: Final = 5 * 1024 * 1024
MAX_REDIRECTS: Final = 3
MAX_AT_ONCE: Final = 24
SECONDS: Final = 10.0
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_HEADERS: Final = {
    "Accept": "image/avif,image/webp,image/png,image/jpeg,image/gif",
    "Accept-Encoding": "identity",
    "User-Agent": "Mozilla/5.0 (mail image proxy)",
}


class HttpImageSource:
    """An ImageSource, used as an asynchronous context manager.

    Tests hand in a resolver and rules of their own: ``admits`` (addresses) and ``ports``.
    """

    def __init__(
        self,
        *,
        resolver: AbstractResolver | None = None,
        admits: Callable[[str], bool] = is_public,
        ports: frozenset[int] = PORTS,
    ) -> None:
        self._resolver = resolver
        self._admits = admits
        self._ports = ports
        self._turns = asyncio.Semaphore(MAX_AT_ONCE)
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        connector = aiohttp.TCPConnector(
            resolver=self._resolver or aiohttp.ThreadedResolver(),
            use_dns_cache=False,
            force_close=True,
            socket_factory=self._socket,
        )
        self._session = aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            headers=_HEADERS,
            auto_decompress=False,
            trust_env=False,
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._session:
            await self._session.close()

    async def fetch(self, url: str) -> bytes:
        """Return what is at ``url``, after its redirects. Raises ImageRefused."""
        try:
            async with asyncio.timeout(SECONDS), self._turns:
                for _ in range(MAX_REDIRECTS + 1):
                    content, url = await self._step(url)
                    if content is not None:
                        return content
        except (aiohttp.ClientError, OSError, ValueError) as error:  # TimeoutError is an OSError
            raise ImageRefused from error
        raise ImageRefused

    async def _step(self, url: str) -> tuple[bytes | None, str]:
        """Ask once: the content, or where it is said to be."""
        check_url(url, self._ports)
        if self._session is None:
            raise RuntimeError("the source is used outside its context")
        async with self._session.get(url, allow_redirects=False) as answer:
            if answer.status in _REDIRECTS:
                return None, urljoin(url, answer.headers.get("Location", ""))
            if answer.status != 200 or answer.headers.get("Content-Encoding", "identity") != "identity":  # noqa: PLR2004
                raise ImageRefused
            return await self._read(answer), url

    def _socket(self, target: aiohttp.AddrInfoType) -> socket.socket:
        """Make the socket that is to be connected to ``target``. Raises OSError where it is not admitted."""
        family, kind, protocol, _, address = target
        if not self._admits(str(address[0])):
            raise OSError("the address is none of the Internet's")
        return socket.socket(family, kind, protocol)

    async def _read(self, answer: aiohttp.ClientResponse) -> bytes:
        content = bytearray()
        async for chunk in answer.content.iter_chunked(65_536):
            content += chunk
            if len(content) > MAX_OCTETS:
                raise ImageRefused
        return bytes(content)
