"""Reading mail that somebody else wrote: pure functions, octets in, values out, for the worker processes.

They may take long or die on hostile mail; that is why they run where they can be killed
(``reading_pebble.py``).
"""

import io
import mimetypes
import secrets
import time
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from urllib.parse import unquote

from courriel_message import (
    Contents,
    Message,
    Part,
    Summary,
    TooComplex,
    UnknownPart,
    cautions,
    parse,
    part_content,
    sanitise,
    summarise,
)
from courriel_seal import KeyRing

INLINE_PATH = "/inline/"
MAX_IMAGES = 50
"""Inline images of one message that are shown; the others stay attachments."""
MAX_IMAGE_OCTETS = 2 * 1024 * 1024
MAX_IMAGES_OCTETS = 10 * 1024 * 1024
NAME_OCTETS = 32
REMOTE_PATH = "/remote/"
REMOTE_PURPOSE = "remote image"
REMOTE_SECONDS = 600
MAX_REMOTE_IMAGES = 200
MAX_REMOTE_URL = 4000
_SIGNATURES = {
    "image/png": b"\x89PNG\r\n\x1a\n",
    "image/jpeg": b"\xff\xd8\xff",
    "image/gif": b"GIF8",
    "image/webp": b"RIFF",
}


@dataclass(frozen=True, slots=True)
class InlineImage:
    """An image that the HTML shows, under a random ``name`` (base64url of 32 octets)."""

    name: str
    content_type: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Rendering:
    """A message ready to be shown: ``html`` is sanitised, ``message.unsafe_html`` is taken away."""

    message: Message
    html: str | None
    remote_images: int
    images: tuple[InlineImage, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Attachment:
    """A part to be saved: its name (never empty), its type as the sender claims it, its decoded octets."""

    filename: str
    content_type: str
    content: bytes = field(repr=False)


def summarise_all(headers: Sequence[bytes]) -> list[Summary]:
    """Summarise headers, in their order."""
    return [summarise(header) for header in headers]


def render(raw: bytes, remote: KeyRing | None = None) -> Rendering:
    """Read a message and make its HTML safe; with ``remote``, the gateway shows its images from elsewhere.

    Notes added: ``html-too-complex``, ``remote-images``, and those of ``courriel_message.cautions``.
    """
    message = parse(raw)
    notes = [*message.notes, *cautions(message)]
    images = _Images(raw, message.parts)
    html, remote_images = None, 0
    if message.unsafe_html is not None:
        try:
            sanitised = sanitise(
                message.unsafe_html,
                resolve_cid=images.address,
                resolve_remote=_RemoteImages(remote).address if remote else None,
            )
        except TooComplex:
            notes.append("html-too-complex")
        else:
            html, remote_images = sanitised.html, sanitised.remote_images
    if remote_images:
        notes.append("remote-images")
    shown = tuple(images.shown.values())
    return Rendering(replace(message, unsafe_html=None), html, remote_images, shown, tuple(notes))


def extract(raw: bytes, part_id: str) -> Attachment | None:
    """Return one part, or None where there is none of this id."""
    try:
        part, content = part_content(raw, part_id)
    except UnknownPart:
        return None
    return Attachment(name_of(part), part.content_type, content)


def archive(raw: bytes) -> bytes:
    """Return a zip of all attachments; a name that comes twice gets a number."""
    buffer = io.BytesIO()
    taken: dict[str, int] = {}
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as zipped:
        contents = Contents(raw)
        for part in parse(raw).parts:
            # a ZipInfo of its own has a fixed date: the archive tells nothing of this machine
            info = zipfile.ZipInfo(_unused(name_of(part), taken))
            info.compress_type = zipfile.ZIP_DEFLATED
            zipped.writestr(info, contents.of(part.id)[1])
    return buffer.getvalue()


def name_of(part: Part) -> str:
    """Return the part's file name, or one made of its id and type."""
    return part.filename or f"part-{part.id}{mimetypes.guess_extension(part.content_type) or '.bin'}"


def _unused(name: str, taken: dict[str, int]) -> str:
    """Return the name, or one with a number; ``taken`` is how often each was wanted."""
    stem, dot, suffix = name.rpartition(".")
    if not stem:
        stem, dot, suffix = name, "", ""
    candidate = name
    while candidate.casefold() in taken:
        taken[name.casefold()] += 1
        candidate = f"{stem} ({taken[name.casefold()]}){dot}{suffix}"
    taken[candidate.casefold()] = 1
    return candidate


class _RemoteImages:
    """Gives images from elsewhere an address at the gateway, sealed: it tells nothing, and expires."""

    def __init__(self, ring: KeyRing) -> None:
        self._ring = ring
        self._until = int(time.time()) + REMOTE_SECONDS
        self._addresses: dict[str, str] = {}

    def address(self, url: str) -> str | None:
        """Return the path for this URL, None where it is too long or one too many."""
        if url not in self._addresses:
            if len(url) > MAX_REMOTE_URL or len(self._addresses) >= MAX_REMOTE_IMAGES:
                return None
            token = self._ring.seal_until(url, purpose=REMOTE_PURPOSE, until=self._until)
            self._addresses[url] = REMOTE_PATH + token
        return self._addresses[url]


class _Images:
    """Gives the images that the HTML names an address, within bounds; what is no image is left out."""

    def __init__(self, raw: bytes, parts: Sequence[Part]) -> None:
        self._contents = Contents(raw)
        self._parts = {part.content_id: part for part in parts if part.content_id}
        self._octets = 0
        self.shown: dict[str, InlineImage] = {}

    def address(self, content_id: str) -> str | None:
        """Return the path of the image with this Content-ID (RFC 2392), or None."""
        part = self._parts.get(content_id) or self._parts.get(unquote(content_id))
        if part is None or part.content_type not in _SIGNATURES:
            return None
        if part.id not in self.shown:
            if (
                len(self.shown) >= MAX_IMAGES
                or part.size > MAX_IMAGE_OCTETS
                or self._octets + part.size > MAX_IMAGES_OCTETS
            ):
                return None
            _, content = self._contents.of(part.id)
            if not content.startswith(_SIGNATURES[part.content_type]):
                return None
            self._octets += part.size
            self.shown[part.id] = InlineImage(secrets.token_urlsafe(NAME_OCTETS), part.content_type, content)
        return INLINE_PATH + self.shown[part.id].name
