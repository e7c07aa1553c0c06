"""The messages of a maildrop as the API shows them.

``uid`` is opaque and URL-safe: base64url of the UIDL (RFC 1939 section 7), plus an ordinal where a server
repeats one. ``size`` and ``total_size`` are octets as the POP3 server counts them.
"""

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from courriel_wire.addresses import Address
from courriel_wire.model import Answer, Request

Uid = Annotated[str, Field(min_length=1, max_length=256, pattern=r"^[A-Za-z0-9_.~-]+$")]


class MessageSummary(Answer):
    """One line of the list; ``date`` is the header's, None when it is missing or unreadable."""

    uid: Uid
    from_: tuple[Address, ...] = Field(default=(), alias="from")
    to: tuple[Address, ...] = ()
    subject: str = ""
    date: datetime | None = None
    size: int
    seen: bool = False
    has_attachments: bool = False


class Sort(StrEnum):
    """The orders of the list; a minus turns one around. ``arrival`` is the server's own."""

    NEWEST_FIRST = "-arrival"
    OLDEST_FIRST = "arrival"
    DATE = "date"
    DATE_DOWN = "-date"
    FROM = "from"
    FROM_DOWN = "-from"
    SUBJECT = "subject"
    SUBJECT_DOWN = "-subject"
    SIZE = "size"
    SIZE_DOWN = "-size"


class Indexed(Answer):
    """How many of the maildrop's messages sorting and searching know already."""

    done: int
    total: int


class MessagePage(Answer):
    """``GET /api/messages``; ``page`` counts from 1, ``as_of`` is when the maildrop was last asked.

    ``total`` and ``total_size`` are of all messages, or of those that a search found; a list that is searched
    or sorted by anything but arrival covers the messages that are ``indexed``. ``unread`` counts the whole
    maildrop, as ``indexed.total`` does.
    """

    messages: tuple[MessageSummary, ...]
    total: int
    unread: int = 0
    page: int
    per_page: int
    total_size: int
    indexed: Indexed
    as_of: datetime


class MessagePart(Answer):
    """An attachment or inline part; ``size`` is of the decoded content, in octets."""

    id: str
    filename: str
    content_type: str
    size: int
    inline: bool = False
    content_id: str | None = None


class Excerpt(Answer):
    """What a part made for programs says: lines of (code, value), dates in ISO 8601.

    ``kind`` is ``invitation`` (method, summary, location, start, end, recurs, organizer, attendees),
    ``contact`` (name, organisation, title, email, phone), ``delivery-report`` (recipient, action, diagnostic)
    or ``read-receipt`` (recipient, disposition); ``part`` is the part's id.
    """

    kind: str
    part: str
    lines: tuple[tuple[str, str], ...]


class MessageView(Answer):
    """``GET /api/messages/{uid}``.

    ``text`` is always readable; ``html`` is sanitised, or None where the message has none. Its inline images
    stand at ``/inline/{name}`` for ten minutes, under random names. ``notes`` are codes of what was wrong
    (such as ``unknown-charset``), what was left out (``remote-images``), and what kind of message it is (such
    as ``smime-encrypted``).
    """

    uid: Uid
    from_: tuple[Address, ...] = Field(default=(), alias="from")
    sender: tuple[Address, ...] = ()
    reply_to: tuple[Address, ...] = ()
    to: tuple[Address, ...] = ()
    cc: tuple[Address, ...] = ()
    subject: str = ""
    date: datetime | None = None
    size: int
    seen: bool = False
    message_id: str | None = None
    in_reply_to: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    text: str = ""
    html: str | None = None
    parts: tuple[MessagePart, ...] = ()
    excerpts: tuple[Excerpt, ...] = ()
    remote_images: int = 0
    notes: tuple[str, ...] = ()


class SeenRequest(Request):
    """``PUT /api/messages/{uid}/seen``."""

    seen: bool


class SeenManyRequest(Request):
    """``POST /api/messages/seen``."""

    uids: Annotated[tuple[Uid, ...], Field(min_length=1, max_length=1000, fail_fast=True)]
    seen: bool


class MessageHtml(Answer):
    """A message's sanitised HTML, or None; its images from elsewhere are at ``/remote/…`` for ten minutes."""

    html: str | None


class DeleteOutcome(StrEnum):
    """What became of one message that was to be deleted."""

    DELETED = "deleted"
    GONE = "gone"
    """It was no longer there: Thunderbird fetched it, or it was deleted elsewhere."""
    CHANGED = "changed"
    """Another message stands under this uid now; nothing was deleted."""
    FAILED = "failed"
    """The server refused."""
    UNKNOWN = "unknown"
    """The server did not answer, and could not be asked again."""


class DeleteRequest(Request):
    """``POST /api/messages/delete``; with ``undo_seconds`` the deletion is held that long."""

    uids: Annotated[tuple[Uid, ...], Field(min_length=1, max_length=1000, fail_fast=True)]
    undo_seconds: Annotated[int | None, Field(ge=0, le=80)] = None


class UndeleteRequest(Request):
    """``POST /api/messages/undelete``."""

    uids: Annotated[tuple[Uid, ...], Field(min_length=1, max_length=1000, fail_fast=True)]


class DeleteResult(Answer):
    """What became of ``uid``."""

    uid: Uid
    outcome: DeleteOutcome


class DeleteResults(Answer):
    """Given only when the server has acknowledged QUIT (or when that could not be learnt: ``unknown``)."""

    results: tuple[DeleteResult, ...]


class DeleteAccepted(Answer):
    """A held deletion: it can be taken back until ``undo_until``."""

    undo_until: datetime
