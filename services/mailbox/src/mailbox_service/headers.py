"""Reading headers on one POP3 connection: by TOP, or from whole messages where the server has no TOP.

TOP is optional (RFC 1939 section 7). Without it a header costs its whole message, so only so much is read for
one page; the rest is left out (ADR 0010). It keeps nothing of bodies.
"""

from collections.abc import Mapping, Sequence
from contextlib import aclosing

from courriel_pop3 import Pop3Client, ReplyError

MAX_WHOLE_OCTETS = 1024 * 1024
"""A message larger than this is not read for its header alone."""
MAX_WHOLE_OCTETS_AT_ONCE = 4 * 1024 * 1024
"""What is read for the headers of one page."""
MAX_HEADER_OCTETS = 256 * 1024
"""What is kept of one message that is read for its header."""


class HeaderReader:
    """Reads headers; ``sizes`` is what LIST said, and needed where there is no TOP."""

    def __init__(self, client: Pop3Client) -> None:
        self.sizes: Mapping[int, int] = {}
        self._client = client
        self._has_top: bool | None = None if client.capabilities.top else False
        """None until TOP has worked once: a server may announce it and refuse it."""

    async def read(self, numbers: Sequence[int]) -> dict[int, bytes]:
        """Return what could be read, by number."""
        headers = await self.tops(numbers)
        if not headers and not self._has_top:
            headers = await self._beginnings(numbers)
        return headers

    async def tops(self, numbers: Sequence[int]) -> dict[int, bytes]:
        """Return headers by TOP alone, without those that the server refused."""
        headers: dict[int, bytes] = {}
        if self._has_top is not False and numbers:
            async with aclosing(self._client.tops(numbers, 0)) as answers:
                headers = {number: header async for number, header in answers if isinstance(header, bytes)}
            self._has_top = self._has_top or bool(headers) or None
        return headers

    async def _beginnings(self, numbers: Sequence[int]) -> dict[int, bytes]:
        headers: dict[int, bytes] = {}
        left = MAX_WHOLE_OCTETS_AT_ONCE
        for number in numbers:
            if self.sizes.get(number, 0) > min(left, MAX_WHOLE_OCTETS):
                continue
            try:
                header, octets = await self._beginning(number)
            except ReplyError:
                continue
            headers[number] = header
            self._has_top = False
            left -= octets  # which LIST may have lied about
        return headers

    async def _beginning(self, number: int) -> tuple[bytes, int]:
        """Return what a message begins with, its header at least, and its size in octets."""
        kept, octets = bytearray(), 0
        async with aclosing(self._client.stream(number)) as pieces:
            async for piece in pieces:
                octets += len(piece)
                if len(kept) < MAX_HEADER_OCTETS and b"\r\n\r\n" not in kept and b"\n\n" not in kept:
                    kept += piece[:MAX_HEADER_OCTETS]
        return _header(bytes(kept)), octets


def _header(message: bytes) -> bytes:
    """Cut a message behind the blank line that ends its header."""
    ends = [at + len(end) for end in (b"\r\n\r\n", b"\n\n") if (at := message.find(end)) >= 0]
    return message[: min(ends)] if ends else message
