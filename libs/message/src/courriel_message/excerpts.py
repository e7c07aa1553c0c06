"""What parts made for programs say to people: invitations, cards, delivery reports, read receipts.

An excerpt is a kind and lines of (code, value); the pages have the words for the codes. Values are text as
the sender wrote it, on one line; dates are ISO 8601 (with an offset where the sender's is known). It shows
and never acts: nobody is answered, nothing is added to a calendar.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from courriel_message.content_lines import ContentLine, content_lines
from courriel_message.header import display, read_fields

_MAX_LINES: Final = 30
_MAX_VALUE: Final = 500  # characters
_MAX_RECIPIENTS: Final = 5
_MAX_REPORT: Final = 64 * 1024  # octets
_DATE: Final = re.compile(r"(\d{4})(\d\d)(\d\d)(?:T(\d\d)(\d\d)(\d\d)(Z?))?")
_ZONE: Final = re.compile(r"[A-Za-z0-9_+/-]{1,60}")


@dataclass(frozen=True, slots=True)
class Excerpt:
    """`kind` is invitation, contact, delivery-report or read-receipt; `part` the id of the part it is of."""

    kind: str
    part: str
    lines: tuple[tuple[str, str], ...]


Reader = Callable[[str], Iterator[tuple[str, str]]]


def excerpt_of(content_type: str, part_id: str, text: str) -> Excerpt | None:
    """Return the excerpt of a part (`text` is its decoded content), None where it has nothing to say."""
    kind, read = _READERS.get(content_type, ("", _nothing))
    lines = []
    for code, value in read(text):
        if value.strip():
            lines.append((code, value.strip()[:_MAX_VALUE]))
        if len(lines) == _MAX_LINES:
            break
    return Excerpt(kind, part_id, tuple(lines)) if lines else None


def is_excerpted(content_type: str) -> bool:
    """Whether parts of this type have excerpts."""
    return content_type in _READERS


def _nothing(_text: str) -> Iterator[tuple[str, str]]:
    return iter(())


def _invitation(text: str) -> Iterator[tuple[str, str]]:
    """Yield what the first event says (RFC 5545, section 3.6.1; RFC 5546 for the method)."""
    inside: list[str] = []
    attendees = 0
    for line in content_lines(text):
        if line.name == "BEGIN":
            inside.append(line.value.strip().upper())
        elif line.name == "END":
            if inside and inside.pop() == "VEVENT":
                break
        elif line.name == "METHOD":
            yield "method", line.text.lower()
        elif inside[-1:] == ["VEVENT"]:
            attendees += line.name == "ATTENDEE"
            yield from _of_event(line)
    if attendees:
        yield "attendees", str(attendees)


def _of_event(line: ContentLine) -> Iterator[tuple[str, str]]:
    if line.name in {"SUMMARY", "LOCATION"}:
        yield line.name.lower(), line.text
    elif line.name in {"DTSTART", "DTEND"}:
        yield line.name.removeprefix("DT").lower(), _moment(line)
    elif line.name == "ORGANIZER":
        address = re.sub(r"^mailto:", "", line.text, flags=re.IGNORECASE)
        name = line.parameters.get("CN", "")
        yield "organizer", f"{name} <{address}>" if name else address
    elif line.name == "STATUS" and line.value.strip().upper() == "CANCELLED":
        yield "method", "cancel"
    elif line.name == "RRULE":
        yield "recurs", line.text


def _moment(line: ContentLine) -> str:
    """Return a date or date and time in ISO 8601; as it is written where it is none."""
    found = _DATE.fullmatch(line.value.strip())
    if found is None:
        return line.text
    try:
        if found[4] is None:
            return date(int(found[1]), int(found[2]), int(found[3])).isoformat()
        zone = UTC if found[7] else _zone(line.parameters.get("TZID", ""))
        numbers = [int(found[index]) for index in range(1, 7)]
        return datetime(*numbers, tzinfo=zone).isoformat()  # type: ignore[arg-type,misc]
    except ValueError:
        return line.text


def _zone(name: str) -> ZoneInfo | None:
    if not _ZONE.fullmatch(name) or ".." in name:
        return None
    try:
        return ZoneInfo(name.lstrip("/"))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


_CARD: Final = {"FN": "name", "ORG": "organisation", "TITLE": "title", "EMAIL": "email", "TEL": "phone"}


def _contact(text: str) -> Iterator[tuple[str, str]]:
    """Yield what the first card says (RFC 6350, and its ancestors)."""
    for line in content_lines(text):
        if line.name == "END":
            break
        if line.name in _CARD:
            value = ", ".join(filter(None, line.value.split(";"))) if line.name == "ORG" else line.value
            yield _CARD[line.name], ContentLine(line.name, {}, value.removeprefix("tel:")).text


def _report(text: str) -> Iterator[tuple[str, str]]:
    """Yield what became of the first recipients (RFC 3464, section 2.3)."""
    for block in _blocks(text)[1 : 1 + _MAX_RECIPIENTS]:
        yield "recipient", _typed(block.get("final-recipient") or block.get("original-recipient", ""))
        yield "action", block.get("action", "").lower()
        yield "diagnostic", _typed(block.get("diagnostic-code") or block.get("status", ""))


def _receipt(text: str) -> Iterator[tuple[str, str]]:
    """Yield what a reader's program says became of a message (RFC 8098, section 3.2)."""
    for block in _blocks(text)[:1]:
        yield "recipient", _typed(block.get("final-recipient") or block.get("original-recipient", ""))
        yield "disposition", block.get("disposition", "").rpartition(";")[2].strip().lower()


def _blocks(text: str) -> list[dict[str, str]]:
    """Return the groups of fields that empty lines part, by lower-case name."""
    blocks = []
    for group in re.split(r"\r?\n\s*\n", text[:_MAX_REPORT], maxsplit=_MAX_RECIPIENTS + 1):
        raw = group.encode("utf-8", "replace")
        fields, _, _ = read_fields(raw, 0, len(raw), _MAX_REPORT)
        names = {name.lower() for name, _ in fields.items}
        blocks.append({name: display(fields.first(name)) for name in names})
    return blocks


def _typed(value: str) -> str:
    """Return a value without the type before it (`rfc822; a@b.example`)."""
    return value.partition(";")[2].strip() or value


_READERS: Final[dict[str, tuple[str, Reader]]] = {
    "text/calendar": ("invitation", _invitation),
    "application/ics": ("invitation", _invitation),
    "text/vcard": ("contact", _contact),
    "text/x-vcard": ("contact", _contact),
    "text/directory": ("contact", _contact),
    "message/delivery-status": ("delivery-report", _report),
    "message/global-delivery-status": ("delivery-report", _report),
    "message/disposition-notification": ("read-receipt", _receipt),
    "message/global-disposition-notification": ("read-receipt", _receipt),
}
