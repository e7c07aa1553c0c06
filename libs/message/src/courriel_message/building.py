"""A draft as the octets of a message (RFC 5322, MIME).

Seven-bit, CRLF, lines within 998 octets, no header injected.

Bcc is never written, and what cannot be written safely is refused with InvalidDraft instead of repaired, so
that the person sees what goes out. The one exception is text beyond ASCII in addresses (RFC 6532), which
cannot be encoded.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from typing import Final, Literal

from courriel_message.addresses import Address, is_address
from courriel_message.entity_writing import is_seven_bit, multipart, text_entity, to_base64
from courriel_message.errors import InvalidDraft
from courriel_message.filename import safe_name
from courriel_message.header_writing import fold, is_message_id, mailboxes, refuse_controls, unstructured
from courriel_message.parameters import write_parameter

Priority = Literal["high", "normal", "low"]

_MEDIA_TYPE: Final = re.compile(r"[A-Za-z0-9!#$&^_.+-]{1,80}/[A-Za-z0-9!#$&^_.+-]{1,80}")
_CONTENT_ID: Final = re.compile(r"[A-Za-z0-9._@+-]{1,200}")
_PRIORITIES: Final[dict[str, tuple[tuple[str, str], ...]]] = {
    "high": (("Importance", "high"), ("X-Priority", "1 (Highest)")),
    "normal": (),
    "low": (("Importance", "low"), ("X-Priority", "5 (Lowest)")),
}


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file to attach: the name people see, type/subtype, and its octets.

    With a `content_id` (without angle brackets) it is an image of the HTML, which shows it as `cid:` and that
    id; a draft without HTML has no such place, and attaches it.
    """

    filename: str
    content_type: str
    content: bytes
    content_id: str = ""


@dataclass(frozen=True, slots=True)
class Draft:
    """A message to be built. Message ids are with their angle brackets.

    `date` is aware, in the person's zone.
    """

    from_: Address
    to: tuple[Address, ...]
    subject: str
    text: str
    message_id: str
    date: datetime
    cc: tuple[Address, ...] = ()
    bcc: tuple[Address, ...] = ()
    reply_to: tuple[Address, ...] = ()
    html: str | None = None
    attachments: tuple[Attachment, ...] = ()
    in_reply_to: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    priority: Priority = "normal"
    request_receipt: bool = False


def build(draft: Draft) -> bytes:
    """Return the message in octets, ready for DATA (before dot-stuffing). Raises InvalidDraft.

    Where an address has a local part beyond ASCII (`needs_smtputf8`), address fields hold UTF-8 and the relay
    must offer SMTPUTF8; everything else is seven-bit.
    """
    _validate(draft)
    body = text_entity("plain", draft.text)
    attached = draft.attachments
    if draft.html is not None:
        shown = [each for each in attached if each.content_id]
        attached = tuple(each for each in attached if not each.content_id)
        body = multipart("alternative", [body, _html_entity(draft.html, shown)])
    if attached:
        body = multipart("mixed", [body, *map(_attachment_entity, attached)])
    header = "".join(fold(name, value) for name, value in _header(draft))
    return header.encode("utf-8") + b"MIME-Version: 1.0\r\n" + body


def _validate(draft: Draft) -> None:
    """Refuse what has no place in a header, by the name of its field."""
    lists = {
        "to": draft.to,
        "cc": draft.cc,
        "bcc": draft.bcc,
        "reply_to": draft.reply_to,
        "from_": (draft.from_,),
    }
    for field, addresses in lists.items():
        for address in addresses:
            refuse_controls(field, address.name)
            if not is_address(address.address):
                raise InvalidDraft(field, "not an address")
    refuse_controls("subject", draft.subject)
    for field, identifiers in (
        ("message_id", (draft.message_id,)),
        ("in_reply_to", draft.in_reply_to),
        ("references", draft.references),
    ):
        if not all(is_message_id(identifier) for identifier in identifiers):
            raise InvalidDraft(field, "not a message identifier")
    _validate_content(draft)


def _validate_content(draft: Draft) -> None:
    """Refuse what could not be encoded, or would leave the place it is written to."""
    if draft.date.tzinfo is None:
        raise InvalidDraft("date", "without a time zone")
    if draft.priority not in _PRIORITIES:
        raise InvalidDraft("priority", "neither high, normal nor low")
    for attachment in draft.attachments:
        refuse_controls("attachments", attachment.filename)
        if not _MEDIA_TYPE.fullmatch(attachment.content_type):
            raise InvalidDraft("attachments", "not a content type")
        if attachment.content_id and not _CONTENT_ID.fullmatch(attachment.content_id):
            raise InvalidDraft("attachments", "not a content identifier")
    for field, text in (("text", draft.text), ("html", draft.html or "")):
        if re.search("[\ud800-\udfff]", text):
            raise InvalidDraft(field, "a lone surrogate")


def _header(draft: Draft) -> Iterable[tuple[str, Sequence[str]]]:
    """Return the fields of the message, each with its value as pieces between which a line may be folded."""
    yield "Date", [format_datetime(draft.date)]
    yield "From", mailboxes([draft.from_])
    if draft.reply_to:
        yield "Reply-To", mailboxes(draft.reply_to)
    yield "To", mailboxes(draft.to) if draft.to else ["undisclosed-recipients:;"]
    if draft.cc:
        yield "Cc", mailboxes(draft.cc)
    yield "Subject", unstructured(draft.subject)
    yield "Message-ID", [draft.message_id]
    if draft.in_reply_to:
        yield "In-Reply-To", draft.in_reply_to
    if draft.references:
        yield "References", draft.references
    for name, value in _PRIORITIES[draft.priority]:
        yield name, [value]
    if draft.request_receipt:
        yield "Disposition-Notification-To", mailboxes([draft.from_])


def _html_entity(html: str, images: Sequence[Attachment]) -> bytes:
    """Return the HTML, with the images it shows where there are any (RFC 2387)."""
    entity = text_entity("html", html)
    if not images:
        return entity
    return multipart("related", [entity, *map(_attachment_entity, images)], '; type="text/html"')


def _attachment_entity(attachment: Attachment) -> bytes:
    """Return a file as a part.

    An enclosed message stays one only where it may travel unencoded (RFC 2046, section 5.2.1).
    """
    name = safe_name(attachment.filename) or "fichier"
    kind = attachment.content_type.lower()
    encoding, content = "base64", b""
    if kind == "message/rfc822" and is_seven_bit(attachment.content):
        encoding, content = "7bit", attachment.content
    else:
        content = to_base64(attachment.content)
        if kind.startswith(("message/", "multipart/")):
            kind = "application/octet-stream"
    disposition, identifier = "attachment", ""
    if attachment.content_id:
        disposition, identifier = "inline", f"Content-ID: <{attachment.content_id}>\r\n"
    header = (
        f"Content-Type: {kind}{write_parameter('name', name)}\r\n"
        f"Content-Disposition: {disposition}{write_parameter('filename', name)}\r\n{identifier}"
        f"Content-Transfer-Encoding: {encoding}\r\n\r\n"
    )
    return header.encode("ascii") + content
