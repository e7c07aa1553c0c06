"""Attachments that may open in the browser: raster images, PDF and plain text, by what they are.

What the sender claims only decides whether opening is offered; the first octets decide what is served, in a
document of its own without script, origin or network. Everything else is to be saved.
"""

from collections.abc import AsyncIterator
from typing import Final, Literal, cast

from courriel_message import is_dangerous
from gateway_service.downloads import PipedResponse
from gateway_service.errors import UnknownFile
from gateway_service.remote_images import ImageRefused, image_type
from gateway_service.services import Downloading

Kind = Literal["image", "pdf", "text", "message"]
POLICY: Final = (
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'; sandbox"
)
_IMAGES: Final = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp", "image/avif"})
_TEXTS: Final = frozenset({"text/plain", "text/csv", "text/calendar", "text/vcard", "text/x-vcard"})
_SUFFIXES: Final = {
    "pdf": "application/pdf",
    "png": "image/png",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "gif": "image/gif",
    "webp": "image/webp",
    "txt": "text/plain",
    "csv": "text/csv",
    "eml": "message/rfc822",
}
_ENOUGH: Final = 16  # octets that tell the type


def opens_as(content_type: str, filename: str) -> Kind | None:
    """Return as what a part may be offered to open, None where it is to be saved only.

    Senders often claim nothing (application/octet-stream): then the name counts.
    """
    if is_dangerous(filename):  # an invoice that ends in .exe is to be seen for what it is
        return None
    kind = content_type.lower()
    if kind == "application/octet-stream":
        kind = _SUFFIXES.get(filename.rpartition(".")[2].lower(), kind)
    if kind in _IMAGES:
        return "image"
    if kind in _TEXTS:
        return "text"
    if kind == "message/rfc822":
        return "message"
    return "pdf" if kind == "application/pdf" else None


async def open_part(downloading: Downloading, kind: Kind) -> PipedResponse:
    """Answer with a part to be looked at. Raises UnknownFile where it is not of this kind."""
    answer = await PipedResponse.of(
        downloading, {"Content-Disposition": "inline", "Content-Security-Policy": POLICY}
    )
    pieces = cast("AsyncIterator[bytes]", answer.body_iterator)  # a download's chunks
    first = b""
    async for piece in pieces:
        first += piece
        if len(first) >= _ENOUGH:
            break
    served = _served(first, kind)
    if served is None:
        await answer.close()
        raise UnknownFile
    answer.headers["Content-Type"] = served
    answer.body_iterator = _with(first, pieces)
    return answer


def _served(first: bytes, kind: Kind) -> str | None:
    if kind == "text":
        return "text/plain; charset=utf-8"
    if kind == "pdf":
        return "application/pdf" if first.startswith(b"%PDF-") else None
    if kind != "image":
        return None
    try:
        return image_type(first)
    except ImageRefused:
        return None


async def _with(first: bytes, rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield first
    async for piece in rest:
        yield piece
