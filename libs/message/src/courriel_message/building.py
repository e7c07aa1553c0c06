"""A draft as the octets of a message (RFC 5322, MIME).

Seven-bit, CRLF, lines within 998 octets, no header injected.

Bcc is never written, and what cannot be written safely is refused with InvalidDraft instead of repaired, so
that the person sees what goes out. The one exception is text beyond ASCII in addresses (RFC 6532), which
cannot be encoded.
"""

import base64
import binascii
import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from typing import Final, Literal

from courriel_message.addresses import Address, is_address
from courriel_message.errors import InvalidDraft
from courriel_message.filename import safe_name
from courriel_message.header_writing import fold, is_message_id, mailboxes, refuse_controls, unstructured
from courriel_message.parameters import write_parameter

Priority = Literal["high", "normal", "low"]

_MEDIA_TYPE: Final = re.compile(r"[A-Za-z0-9!#$&^_.+-]{1,80}/[A-Za-z0-9!#$&^_.+-]{1,80}")
_CONTENT_ID: Final = re.compile(r"[A-Za-z0-9._@+-]{1,200}")
_LINE_BREAK: Final = re.compile(r"\r\n|\r|\n|\x0b|\x0c|\x85|\u2028|\u2029")
_LONE_BREAK: Final = re.compile(rb"\r(?!\n)|(?<!\r)\n")
_PRIORITIES: Final[dict[str, tuple[tuple[str, str], ...]]] = {
    "high": (("Importance", "high"), ("X-Priority", "1 (Highest)")),
    "normal": (),
    "low": (("Importance", "low"), ("X-Priority", "5 (Lowest)")),
}
_MAX_LINE: Final = 998  # octets, RFC 5322 section 2.1.1
_PLAIN_LINE: Final = 78
_BASE64_LINE: Final = 57  # octets that make 76 digits


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
    body = _text_entity("plain", draft.text)
    attached = draft.attachments
    if draft.html is not None:
        shown = [each for each in attached if each.content_id]
        attached = tuple(each for each in attached if not each.content_id)
        body = _multipart("alternative", [body, _html_entity(draft.html, shown)])
    if attached:
        body = _multipart("mixed", [body, *map(_attachment_entity, attached)])
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


def _text_entity(subtype: str, text: str) -> bytes:
    """Return a text part.

    As it is where every line is short ASCII, else quoted-printable or base64, whichever is shorter.
    """
    normal = _LINE_BREAK.sub("\r\n", text)
    data = normal.encode("utf-8")
    if data and not data.endswith(b"\r\n"):
        data += b"\r\n"
    charset = "us-ascii" if data.isascii() else "utf-8"
    encoding, encoded = _encode_text(data)
    header = (
        f"Content-Type: text/{subtype}; charset={charset}\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n"
    )
    return header.encode("ascii") + encoded


def _encode_text(data: bytes) -> tuple[str, bytes]:
    lines = data.split(b"\r\n")
    quiet = not re.search(rb"[\x00-\x08\x0e-\x1f\x7f-\xff]|[ \t]\r\n", data)
    if quiet and all(
        len(line) <= _PLAIN_LINE and not line.startswith((b"From ", b".", b"--")) for line in lines
    ):
        return "7bit", data
    # A line that begins with a dot or "From " is what some relays change: those characters are encoded too.
    quoted = binascii.b2a_qp(data, istext=True)
    quoted = re.sub(rb"(?m)^\.", b"=2E", re.sub(rb"(?m)^From ", b"=46rom ", quoted))
    encoded = _base64(data)
    if len(quoted) > len(encoded) or any(len(line) > _PLAIN_LINE for line in quoted.split(b"\r\n")):
        return "base64", encoded
    return "quoted-printable", quoted


def _base64(data: bytes) -> bytes:
    lines = (
        binascii.b2a_base64(data[start : start + _BASE64_LINE], newline=False)
        for start in range(0, len(data), _BASE64_LINE)
    )
    return b"\r\n".join([*lines, b""])


def _html_entity(html: str, images: Sequence[Attachment]) -> bytes:
    """Return the HTML, with the images it shows where there are any (RFC 2387)."""
    entity = _text_entity("html", html)
    if not images:
        return entity
    return _multipart("related", [entity, *map(_attachment_entity, images)], '; type="text/html"')


def _attachment_entity(attachment: Attachment) -> bytes:
    """Return a file as a part.

    An enclosed message stays one only where it may travel unencoded (RFC 2046, section 5.2.1).
    """
    name = safe_name(attachment.filename) or "fichier"
    kind = attachment.content_type.lower()
    encoding, content = "base64", b""
    if kind == "message/rfc822" and _is_seven_bit(attachment.content):
        encoding, content = "7bit", attachment.content
    else:
        content = _base64(attachment.content)
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


def _is_seven_bit(data: bytes) -> bool:
    """Whether `data` may be sent as it is: ASCII without NUL, CRLF only, no overlong line."""
    return (
        data.isascii()
        and b"\0" not in data
        and not _LONE_BREAK.search(data)
        and all(len(line) <= _MAX_LINE for line in data.split(b"\r\n"))
    )


def _multipart(subtype: str, entities: Sequence[bytes], parameters: str = "") -> bytes:
    """Entities in one multipart; the boundary is derived from their content, and is in none of them."""
    digest = hashlib.sha256()
    for entity in entities:
        digest.update(entity)
    boundary = f"=_{base64.b32encode(digest.digest()[:20]).decode('ascii').lower()}"
    delimiter = f"--{boundary}".encode("ascii")
    header = f'Content-Type: multipart/{subtype}{parameters}; boundary="{boundary}"\r\n\r\n'.encode("ascii")
    parts = b"".join(delimiter + b"\r\n" + entity + b"\r\n" for entity in entities)
    return header + parts + delimiter + b"--\r\n"
