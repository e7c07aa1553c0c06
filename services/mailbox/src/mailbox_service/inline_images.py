"""Inline images for ten minutes: the frame that shows a message sends no cookie, so a random name is the key.

Only the name opens what is stored: the store's own key is the name's SHA-256, and the value is sealed under
the name's octets. So the store alone tells nothing. A store that is away costs the images, never the message.
"""

import base64
import binascii
import hashlib
from collections.abc import Iterable
from typing import Protocol

import structlog

from courriel_seal import KeyRing, SealBroken
from mailbox_service.errors import UnknownImage
from mailbox_service.rendering import NAME_OCTETS, InlineImage

KEEP_SECONDS = 600
PURPOSE = "mailbox: inline image"
log = structlog.get_logger(__name__)


class ImageStoreUnavailable(Exception):
    """The store does not answer."""


class ImageStore(Protocol):
    """A cache of octets that may vanish at any time. Both methods raise ImageStoreUnavailable."""

    async def put(self, values: dict[str, bytes], seconds: int) -> None:
        """Keep values by key for that long."""
        ...

    async def get(self, key: str) -> bytes | None:
        """Return a value, or None where there is none (any more)."""
        ...


class InlineImages:
    """Keeps and returns images by their random names."""

    def __init__(self, store: ImageStore) -> None:
        self._store = store

    async def keep(self, images: Iterable[InlineImage]) -> None:
        """Store images. A store that is away is logged, not raised."""
        values = {_key(image.name): _seal(image) for image in images}
        if not values:
            return
        try:
            await self._store.put(values, KEEP_SECONDS)
        except ImageStoreUnavailable:
            log.warning("inline images are not shown: the cache is away")

    async def find(self, name: str) -> InlineImage:
        """Return an image. Raises UnknownImage."""
        try:
            sealed = await self._store.get(_key(name))
        except ImageStoreUnavailable as error:
            raise UnknownImage from error
        if sealed is None:
            raise UnknownImage
        return _open(name, sealed)


def _key(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()


def _ring(name: str) -> KeyRing:
    try:
        octets = base64.urlsafe_b64decode(name + "=" * (-len(name) % 4))
    except (binascii.Error, ValueError) as error:
        raise UnknownImage from error
    if len(octets) != NAME_OCTETS:
        raise UnknownImage
    return KeyRing(current="name", keys={"name": octets})


def _seal(image: InlineImage) -> bytes:
    plain = image.content_type.encode("ascii") + b"\n" + image.content
    return _ring(image.name).seal(plain, purpose=PURPOSE)


def _open(name: str, sealed: bytes) -> InlineImage:
    try:
        plain = _ring(name).open(sealed, purpose=PURPOSE)
    except SealBroken as error:
        raise UnknownImage from error
    content_type, _, content = plain.partition(b"\n")
    return InlineImage(name, content_type.decode("ascii"), content)
