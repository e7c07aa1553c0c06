"""Forms with files (multipart/form-data, RFC 7578), read as they arrive: a file is never held whole.

Refuses to write anything to disk. Fields are held in memory, up to a limit.
"""

from collections import deque
from collections.abc import AsyncIterator
from dataclasses import dataclass

from python_multipart import MultipartParser
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import parse_options_header
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.types import Receive

from gateway_service.errors import MalformedForm

MAX_ITEMS = 1000
"""Fields and files: an empty file costs nothing to send."""
MAX_FIELDS_OCTETS = 8 * 1024 * 1024


@dataclass(frozen=True)
class Field:
    """One typed value."""

    name: str
    value: str


@dataclass(frozen=True)
class File:
    """One file; ``chunks`` can be read until the next item is asked for."""

    name: str
    filename: str
    content_type: str
    chunks: AsyncIterator[bytes]


class Body:
    """The request's body, chunk by chunk; a read that is cancelled loses nothing."""

    def __init__(self, receive: Receive) -> None:
        """Args: ASGI's receive, such as ``request.receive``."""
        self._receive = receive
        self._ended = False

    async def read(self) -> bytes:
        """Return the next octets, b"" at the end; raises ClientDisconnect."""
        while not self._ended:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                raise ClientDisconnect
            self._ended = not message.get("more_body", False)
            if chunk := message.get("body", b""):
                return bytes(chunk)
        return b""

    async def chunks(self) -> AsyncIterator[bytes]:
        """Yield the whole body."""
        while chunk := await self.read():
            yield chunk


class _Parts:
    """Turns the parser's callbacks into a queue: headers of a part, its data, its end."""

    def __init__(self, boundary: bytes) -> None:
        self.queue: deque[dict[str, str] | bytes | None] = deque()
        self.complete = False
        self._name = b""
        self._value = b""
        self._headers: dict[str, str] = {}
        self.parser = MultipartParser(
            boundary,
            {
                "on_part_begin": self._begin,
                "on_header_field": self._header_name,
                "on_header_value": self._header_value,
                "on_header_end": self._header_end,
                "on_headers_finished": lambda: self.queue.append(self._headers),
                "on_part_data": lambda data, start, end: self.queue.append(data[start:end]),
                "on_part_end": lambda: self.queue.append(None),
                "on_end": self._end,
            },
        )

    def _begin(self) -> None:
        self._headers = {}

    def _header_name(self, data: bytes, start: int, end: int) -> None:
        self._name += data[start:end]

    def _header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _header_end(self) -> None:
        self._headers[self._name.decode("latin-1").lower()] = self._value.decode("latin-1")
        self._name = self._value = b""

    def _end(self) -> None:
        self.complete = True


async def read_form(content_type: str, body: Body) -> AsyncIterator[Field | File]:
    """Yield the form's items in their order.

    Raises MalformedForm, and HTTPException(413) where the fields are too large together, or items too many.
    """
    kind, options = parse_options_header(content_type)
    boundary = options.get(b"boundary")
    if kind != b"multipart/form-data" or not boundary:
        raise MalformedForm
    try:
        parts = _Parts(boundary)
    except FormParserError as error:
        raise MalformedForm from error
    held = count = 0
    while await _fill(parts, body):
        headers = parts.queue.popleft()
        if not isinstance(headers, dict):
            continue
        count += 1
        if count > MAX_ITEMS:
            raise HTTPException(413)
        _, disposition = parse_options_header(headers.get("content-disposition", ""))
        name = disposition.get(b"name", b"").decode("utf-8", "replace")
        if b"filename" in disposition:
            filename = disposition[b"filename"].decode("utf-8", "replace").replace("%22", '"')
            media_type = headers.get("content-type", "application/octet-stream")
            yield File(name, filename, media_type, _data(parts, body))
            async for _ in _data(parts, body):
                pass
        else:
            value = bytearray()
            async for chunk in _data(parts, body):
                value += chunk
                held += len(chunk)
                if held > MAX_FIELDS_OCTETS:
                    raise HTTPException(413)
            yield Field(name, value.decode("utf-8", "replace"))


async def _data(parts: _Parts, body: Body) -> AsyncIterator[bytes]:
    """Yield what is left of the part at hand; its end stays in the queue, where a second reader finds it."""
    while await _fill(parts, body) and isinstance(chunk := parts.queue[0], bytes):
        parts.queue.popleft()
        yield chunk


async def _fill(parts: _Parts, body: Body) -> bool:
    """Read on until something is queued; False at the form's end.

    Raises MalformedForm where it breaks off.
    """
    while not parts.queue:
        if parts.complete:
            return False
        data = await body.read()
        if not data:
            raise MalformedForm
        try:
            parts.parser.write(data)
        except FormParserError as error:
            raise MalformedForm from error
    return True
