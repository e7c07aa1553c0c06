"""Accepting a message: everything is checked and the message is built before anything is stored.

Building here and not in the worker makes the limit of the encoded size exact, and what was accepted
unchangeable: every attempt sends the same octets under the same Message-ID.
"""

import asyncio
import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from courriel_message import Attachment, canonical
from courriel_wire import Submission, UploadReference
from sender_service.composing import Author, Composed, Stamp, check_redirect, compose
from sender_service.errors import SenderError
from sender_service.letter import Letter, Recipient
from sender_service.limits import (
    Limits,
    Recipients,
    TooManyAttachments,
    read_recipients,
)
from sender_service.outbox import Acceptance, Entry, Outbox
from sender_service.uploads import StoredUpload, UnknownAttachment, UnknownUpload, Uploads

LONGEST_HOLD = timedelta(days=30)
BUILDS_AT_ONCE = 4
"""How many messages are in memory as a whole at one time, in one process."""


class InvalidSendAt(SenderError):
    """`send_at` is no moment, or too far away."""

    def __init__(self) -> None:
        super().__init__(
            f"send_at: needs an offset from UTC, and may be {LONGEST_HOLD.days} days away at most"
        )
        self.field = "send_at"


class IdempotencyKeyReused(SenderError):
    """The same Idempotency-Key came before with another message."""

    def __init__(self) -> None:
        super().__init__("this Idempotency-Key was used for another message")


@dataclass(frozen=True, slots=True)
class _Parts:
    """The checked parts of a submission."""

    recipients: Recipients
    uploads: tuple[StoredUpload, ...]
    send_at: datetime | None


class Submissions:
    """Turns submissions into entries of the outbox."""

    def __init__(
        self,
        outbox: Outbox,
        uploads: Uploads,
        *,
        limits: Limits,
        mail_domain: str,
        announce: Callable[[str], None],
    ) -> None:
        """`announce` is told the id of each entry that is due at once; it must not block nor fail."""
        self._outbox = outbox
        self._uploads = uploads
        self._limits = limits
        self._mail_domain = mail_domain
        self._announce = announce
        self._building = asyncio.Semaphore(BUILDS_AT_ONCE)

    async def accept(
        self, author: Author, submission: Submission, idempotency_key: str = "", digest: str = ""
    ) -> Entry:
        """Check, build and store; return the entry once it is durable.

        The same key with the same submission (or with the same `digest` of it, where the caller gives one)
        returns the entry of the first time. Raises the errors of `limits`, `uploads` and this module, and
        TooMuchSent.
        """
        digest = digest or hashlib.sha256(submission.model_dump_json().encode()).hexdigest()
        if earlier := await self._earlier(author, idempotency_key, digest):
            return earlier
        try:
            return await self._accept_new(author, submission, idempotency_key, digest)
        except UnknownAttachment:
            # The first request under this key may have consumed the uploads while this one was reading them.
            if earlier := await self._earlier(author, idempotency_key, digest):
                return earlier
            raise

    async def _earlier(self, author: Author, idempotency_key: str, digest: str) -> Entry | None:
        if not idempotency_key:
            return None
        entry = await self._outbox.find_by_key(author.mailbox, idempotency_key)
        if entry and entry.letter.digest != digest:
            raise IdempotencyKeyReused
        return entry

    async def _accept_new(
        self, author: Author, submission: Submission, idempotency_key: str, digest: str
    ) -> Entry:
        parts = await self._check(author, submission)
        message_id = f"<{secrets.token_urlsafe(18)}@{self._mail_domain}>"
        async with self._building:
            composed = await self._compose(author, submission, parts, message_id)
            due_at = _due(parts.send_at, submission.undo_seconds)
            stored = await self._outbox.accept(
                Acceptance(
                    id=secrets.token_urlsafe(16),
                    mailbox=author.mailbox,
                    letter=Letter(
                        sender=canonical(author.identity.address),
                        subject=composed.subject,
                        recipients=tuple(Recipient(address) for address in parts.recipients.unique()),
                        message_id=message_id,
                        digest=digest,
                        notify_success=submission.request_delivery_receipt,
                        files=tuple((upload.filename, upload.content_type) for upload in parts.uploads),
                    ),
                    content=composed.octets,
                    due_at=due_at,
                    uploads=tuple(upload.id for upload in parts.uploads),
                    idempotency_key=idempotency_key,
                )
            )
        entry = await self._outbox.find(author.mailbox, stored)
        if entry.letter.digest != digest:
            raise IdempotencyKeyReused
        if due_at is None:
            self._announce(stored)
        return entry

    async def _check(self, author: Author, submission: Submission) -> _Parts:
        """Check all that can be told before the message is built; the rates once more when it is stored."""
        check_redirect(submission)
        recipients = read_recipients(submission, self._limits)
        send_at = _read_send_at(submission.send_at)
        await self._outbox.check_rates(author.mailbox, len(recipients.unique()))
        count = len(submission.attachments)
        if count > self._limits.attachments:
            raise TooManyAttachments(self._limits.attachments, count)
        uploads = []
        for reference in _references(submission):
            try:
                upload = await self._uploads.find(author.mailbox, reference.upload)
            except UnknownUpload:
                raise UnknownAttachment(reference.upload) from None
            self._limits.check_file(upload.filename, upload.content_type)
            uploads.append(upload)
        self._limits.check_size(sum(upload.size for upload in uploads))
        return _Parts(recipients, tuple(uploads), send_at)

    async def _compose(
        self, author: Author, submission: Submission, parts: _Parts, message_id: str
    ) -> Composed:
        files = []
        for reference, upload in zip(_references(submission), parts.uploads, strict=True):
            try:
                content = await self._uploads.content(upload)
            except UnknownUpload:
                raise UnknownAttachment(upload.id) from None
            files.append(Attachment(upload.filename, upload.content_type, content, reference.content_id))
        stamp = Stamp(message_id, parts.send_at or datetime.now(UTC))
        # Encoding 25 MB takes a good part of a second: not on the event loop.
        composed = await asyncio.to_thread(compose, author, submission, parts.recipients, files, stamp)
        self._limits.check_size(len(composed.octets))
        return composed


def _references(submission: Submission) -> tuple[UploadReference, ...]:
    """Return the uploads a submission consumes."""
    return (submission.redirect,) if submission.redirect else submission.attachments


def _due(send_at: datetime | None, undo_seconds: int) -> datetime | None:
    """Return when the message may go, None for at once; the time to undo begins when all else is done."""
    if not undo_seconds:
        return send_at
    until = datetime.now(UTC) + timedelta(seconds=undo_seconds)
    return until if send_at is None else max(send_at, until)


def _read_send_at(send_at: datetime | None) -> datetime | None:
    """Return the moment, None for now or the past."""
    if send_at is None:
        return None
    now = datetime.now(UTC)
    if send_at.tzinfo is None or send_at > now + LONGEST_HOLD:
        raise InvalidSendAt
    return send_at if send_at > now else None
