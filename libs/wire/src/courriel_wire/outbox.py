"""Outbound mail: what is asked, what is stored about it, and what became of each recipient."""

import re
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from courriel_wire.messages import Uid
from courriel_wire.model import Answer, Request


class Priority(StrEnum):
    """X-Priority and Importance of the message."""

    HIGH = "high"
    NORMAL = "normal"
    LOW = "low"


class UploadReference(Request):
    """An attachment that was uploaded.

    With a ``content_id`` (without angle brackets) it is an image that ``html`` shows as ``cid:`` and that id.
    """

    upload: Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_-]+$")]
    content_id: Annotated[str, Field(max_length=200, pattern=r"^[A-Za-z0-9._@+-]*$")] = ""


class PartReference(Request):
    """An attachment taken from a message of the maildrop."""

    uid: Uid
    part: Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[0-9.]+$")]


class Recipient(Request):
    """A recipient given in two fields."""

    name: Annotated[str, Field(max_length=998)] = ""
    address: Annotated[str, Field(max_length=998)]


class ForwardManner(StrEnum):
    """The ways of « Transfert »."""

    EML = "eml"
    """Each message whole, as an attachment."""
    BODY = "body"
    """Its text under the person's own."""
    BODY_WITH_ATTACHMENTS = "body-with-attachments"
    NEW = "new"
    """Its text, subject and attachments as if the person had written them; one message at a time."""
    REDIRECT = "redirect"
    """Sent on as it is, under Resent-* fields (RFC 5322 section 3.6.6); one message at a time."""


class Forwarding(Request):
    """Messages of the maildrop to pass on."""

    uids: Annotated[tuple[Uid, ...], Field(min_length=1, max_length=100, fail_fast=True)]
    as_: ForwardManner = Field(alias="as")


_SURROGATE = re.compile("[\ud800-\udfff]")
MAX_RECIPIENT_CHARACTERS = 50_000
"""Of one address field: reading addresses is dear, and a thousand of them are shorter."""


def _readable(recipients: tuple[str | Recipient, ...]) -> tuple[str | Recipient, ...]:
    given = (each if isinstance(each, str) else each.name + each.address for each in recipients)
    if sum(map(len, given)) > MAX_RECIPIENT_CHARACTERS:
        raise ValueError(f"at most {MAX_RECIPIENT_CHARACTERS} characters in all")
    return recipients


def _whole(text: str) -> str:
    """Refuse half a surrogate pair, which JSON can escape and no charset can carry."""
    if _SURROGATE.search(text):
        raise ValueError("lone surrogates are no characters")
    return text


Text = Annotated[str, AfterValidator(_whole)]
RecipientInput = Annotated[str, Field(max_length=10_000)] | Recipient
Recipients = Annotated[
    tuple[RecipientInput, ...], Field(max_length=1000, fail_fast=True), AfterValidator(_readable)
]
MessageId = Annotated[str, Field(max_length=998, pattern=r"^<[^<>\s]+>$")]


class _Letter(Request):
    """What the public request and the resolved submission share.

    ``sender_name`` stands before the From address, which is always the session's own ("" for the name that
    the session knows). ``request_receipt`` asks the reader, ``request_delivery_receipt`` the mail servers
    (RFC 3461, where they can) to confirm. ``undo_seconds`` is how long the message is held, and may be
    cancelled.
    """

    to: Recipients = ()
    cc: Recipients = ()
    bcc: Recipients = ()
    subject: Annotated[str, Field(max_length=2000)] = ""
    text: Text = ""
    html: Text | None = None
    priority: Priority = Priority.NORMAL
    request_receipt: bool = False
    request_delivery_receipt: bool = False
    send_at: datetime | None = None
    undo_seconds: Annotated[int, Field(ge=0, le=60)] = 0
    sender_name: Annotated[str, Field(max_length=200)] = ""
    reply_to: Annotated[tuple[RecipientInput, ...], Field(max_length=10, fail_fast=True)] = ()


class OutboxRequest(_Letter):
    """``POST /api/outbox``: recipients are RFC 5322 strings or ``{name, address}``."""

    attachments: Annotated[
        tuple[UploadReference | PartReference, ...], Field(max_length=100, fail_fast=True)
    ] = ()
    in_reply_to: Uid | None = None
    forward_of: Forwarding | None = None


class Submission(_Letter):
    """``POST /outbox`` at sender: an OutboxRequest whose references to the maildrop the gateway resolved.

    ``redirect`` is a whole message that is resent as it is (RFC 5322 section 3.6.6), under Resent-* fields
    made of ``to``, ``cc`` and ``sender_name``; a submission with it has nothing else of a message's content.
    """

    attachments: Annotated[tuple[UploadReference, ...], Field(max_length=100, fail_fast=True)] = ()
    in_reply_to: MessageId | None = None
    references: Annotated[tuple[MessageId, ...], Field(max_length=100, fail_fast=True)] = ()
    redirect: UploadReference | None = None


class RecipientState(StrEnum):
    """The life of one recipient of an entry; the last three are final."""

    HELD = "held"
    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    CANCELLED = "cancelled"


class ReportState(StrEnum):
    """What became of the report to the sender about recipients who failed."""

    NONE = "none"
    """Nothing is to be reported."""
    QUEUED = "queued"
    SENT = "sent"
    FAILED = "failed"
    """The entry alone tells what happened: it stays visible until its owner has seen it."""
    SEEN = "seen"
    """It failed, and the owner knows; the entry is visible for another 24 hours."""


class RecipientStatus(Answer):
    """Where delivery to one recipient stands; ``detail`` is the mail server's own words."""

    address: str
    state: RecipientState
    detail: str = ""


class OutboxEntry(Answer):
    """A message that was accepted: recipients, subject, outcome; never its content.

    ``state`` is the least advanced of the recipients', ``failed`` where any failed for good; ``report`` is
    about the non-delivery report that tells of those.
    """

    id: str
    state: RecipientState
    subject: str = ""
    created_at: datetime
    due_at: datetime
    attempts: int = 0
    recipients: tuple[RecipientStatus, ...] = ()
    message_id: str = ""
    report: ReportState = ReportState.NONE


class OutboxPage(Answer):
    """``GET /api/outbox``: the newest first; ``truncated`` where there are more than are shown."""

    entries: tuple[OutboxEntry, ...]
    truncated: bool = False


class Upload(Answer):
    """One attachment that waits to be sent; ``size`` in octets."""

    id: str
    filename: str
    size: int
    content_type: str


class SendingRate(Answer):
    """At most ``limit`` ``counted`` in any ``period_seconds``; ``left`` are accepted now."""

    counted: Literal["messages", "recipients"]
    period_seconds: int
    limit: int
    left: int


class SendingLimits(Answer):
    """``GET /api/limits``: what one message may be, and how much more the mailbox may send now.

    Sizes in octets, ``message_bytes`` of the encoded message. ``forbidden_file_types`` are extensions without
    their dot, or media types. Where there are ``allowed_domains`` no others may be written to.
    """

    recipients: int
    message_bytes: int
    attachment_bytes: int
    attachments: int
    forbidden_file_types: tuple[str, ...] = ()
    forbidden_domains: tuple[str, ...] = ()
    allowed_domains: tuple[str, ...] = ()
    rates: tuple[SendingRate, ...] = ()
