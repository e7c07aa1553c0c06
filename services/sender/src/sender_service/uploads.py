"""Attachments that wait to be sent: taken in as a stream, kept for a while, consumed with the message.

Nothing stays of an upload that was not completed. The content is never looked at.
"""

import asyncio
import re
import secrets
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Protocol

from courriel_message import safe_name
from sender_service.errors import SenderError

CHUNK_OCTETS = 256 * 1024
UNNAMED = "fichier"
ANY_TYPE = "application/octet-stream"
MESSAGE_TYPE = "message/rfc822"
_MEDIA_TYPE = re.compile(r"[A-Za-z0-9!#$&^_.+-]{1,80}/[A-Za-z0-9!#$&^_.+-]{1,80}")


class UnknownUpload(SenderError):
    """This mailbox has no such upload, or it expired."""

    def __init__(self) -> None:
        super().__init__("no such upload; it may have expired")


class UnknownAttachment(SenderError):
    """A message names an upload that is not there."""

    def __init__(self, upload: str) -> None:
        super().__init__("an attachment is no longer there; upload it again")
        self.upload = upload


class UploadTooLarge(SenderError):
    """One attachment is larger than `limit`, in octets."""

    def __init__(self, limit: int) -> None:
        super().__init__(f"at most {limit} octets an attachment")
        self.limit = limit


class UploadQuotaExceeded(SenderError):
    """The uploads of this mailbox that were not sent yet are more than `limit`, in octets."""

    def __init__(self, limit: int) -> None:
        super().__init__(f"at most {limit} octets wait to be sent; remove an attachment first")
        self.limit = limit


class UploadInterrupted(SenderError):
    """The client went away before the end."""

    def __init__(self) -> None:
        super().__init__("the upload ended early")


@dataclass(frozen=True, slots=True)
class StoredUpload:
    """A complete upload; `size` in octets."""

    id: str
    mailbox: str = field(repr=False)
    filename: str = field(repr=False)
    content_type: str
    size: int
    chunks: int


@dataclass(frozen=True, slots=True)
class UploadSizes:
    """Octets an upload may have: a file grows when it is encoded, an enclosed or resent message does not."""

    file: int
    message: int

    def limit(self, content_type: str) -> int:
        """Return what an upload of this type may have."""
        return max(self.file, self.message) if media_type(content_type) == MESSAGE_TYPE else self.file


class Uploads(Protocol):
    """A store of uploads. What is not finished soon after its last chunk disappears by itself."""

    async def append(self, mailbox: str, upload_id: str, index: int, chunk: bytes, total: int) -> None:
        """Keep the next chunk; `total` octets are there with it. Raises UploadQuotaExceeded."""

    async def finish(self, upload: StoredUpload) -> None:
        """Make the upload visible to its mailbox, for as long as uploads are kept."""

    async def discard(self, mailbox: str, upload_id: str) -> bool:
        """Erase an upload, finished or not; say whether there was one of this mailbox."""

    async def find(self, mailbox: str, upload_id: str) -> StoredUpload:
        """Return a finished upload of this mailbox. Raises UnknownUpload."""

    async def content(self, upload: StoredUpload) -> bytes:
        """Return what was uploaded. Raises UnknownUpload where it went away meanwhile."""


async def receive_upload(
    uploads: Uploads,
    mailbox: str,
    filename: str,
    content_type: str,
    stream: AsyncIterator[bytes],
    *,
    limit: int,
) -> StoredUpload:
    """Store `stream` chunk by chunk. Raises UploadTooLarge at the first octet too many, UploadQuotaExceeded.

    Whatever ends it early, the client's leaving included, nothing is kept.
    """
    upload_id = secrets.token_urlsafe(16)
    size = count = 0
    try:
        async for chunk in _rechunked(stream):
            size += len(chunk)
            _refuse_more_than(limit, size)
            await uploads.append(mailbox, upload_id, count, chunk, size)
            count += 1
        if not count:
            await uploads.append(mailbox, upload_id, 0, b"", 0)
            count = 1
        upload = StoredUpload(
            upload_id, mailbox, harmless_name(filename), media_type(content_type), size, count
        )
        await uploads.finish(upload)
    except BaseException:
        await asyncio.shield(uploads.discard(mailbox, upload_id))
        raise
    return upload


def _refuse_more_than(limit: int, size: int) -> None:
    if size > limit:
        raise UploadTooLarge(limit)


def harmless_name(name: str) -> str:
    """Return the last step of a path, without control and direction characters, never empty."""
    return safe_name(re.split(r"[/\\]", name)[-1]) or UNNAMED


def media_type(content_type: str) -> str:
    """Return type/subtype in lower case, or the type of any octets where it is none."""
    essence = content_type.partition(";")[0].strip()
    return essence.lower() if _MEDIA_TYPE.fullmatch(essence) else ANY_TYPE


async def _rechunked(stream: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Pass the stream on in chunks of CHUNK_OCTETS, the last one shorter."""
    waiting = bytearray()
    async for piece in stream:
        waiting += piece
        while len(waiting) >= CHUNK_OCTETS:
            yield bytes(waiting[:CHUNK_OCTETS])
            del waiting[:CHUNK_OCTETS]
    if waiting:
        yield bytes(waiting)
