"""A header block (RFC 5322) as fields, and structured values with their parameters (RFC 2045, RFC 2231).

Works on octets, in time linear in their number, and never fails: what is no field ends the header. It decodes
no addresses (addresses.py does).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final
from urllib.parse import unquote_to_bytes

from courriel_message.charset import decode as decode_charset
from courriel_message.encoded_words import decode_words

_FIELD: Final = re.compile(rb"([!-9;-~]+)[ \t]*:([^\n]*(?:\n[ \t][^\n]*)*)(?:\n|\Z)")
_BLANK: Final = re.compile(rb"\r*(?:\n|\Z)")
_MBOX_LINE: Final = re.compile(rb">?From [^\n]*\n")
_FOLD: Final = re.compile(r"[\r\n\t\x00-\x1f\x7f]+ ?")
_BIDI: Final = re.compile("[\u202a-\u202e\u2066-\u2069]")
_PARAMETER: Final = re.compile(r';\s*([^\s=;"]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)(?:"|\\?\Z)|([^;]*))', re.DOTALL)
_SECTION: Final = re.compile(r"([^*]+)(?:\*(\d{1,3}))?(\*)?\Z")
_MESSAGE_ID: Final = re.compile(r"<[^<>\s]{1,900}>")
_MAX_FIELDS: Final = 2000
_MAX_PARAMETERS: Final = 100
_MAX_IDS: Final = 100
_MAX_DATE: Final = 100  # characters
_YEARS: Final = range(1900, 2200)


@dataclass(frozen=True, slots=True)
class Fields:
    """The fields of one header block, in order.

    Lower-case name as written apart, value as octets, still folded.
    """

    items: tuple[tuple[str, bytes], ...]

    def all(self, name: str) -> Iterator[str]:
        """Values of the fields called `name` (lower case), unfolded, encoded words left alone."""
        return (unfold(value) for key, value in self.items if key.lower() == name)

    def first(self, name: str) -> str:
        """Return the first value of `name` (lower case), "" where there is none."""
        return next(self.all(name), "")


def read_fields(raw: bytes, start: int, end: int, limit: int) -> tuple[Fields, int, tuple[str, ...]]:
    """Fields of the block at raw[start:end], the offset at which the body starts, and notes.

    Notes: `no-blank-line` (a line that is no field ended the header and begins the body), `header-limit`
    (fields beyond `limit` octets were skipped).
    """
    items: list[tuple[str, bytes]] = []
    position = start
    if mbox := _MBOX_LINE.match(raw, start, end):
        position = mbox.end()
    stop = min(end, start + limit)
    while field := _FIELD.match(raw, position, stop):
        items.append((field[1].decode("ascii"), field[2]))
        position = field.end()
        if len(items) >= _MAX_FIELDS:
            break
    if position >= end:
        return Fields(tuple(items)), end, ()
    cut_short = stop < end and raw.find(b"\n", position, stop) < 0
    if cut_short or len(items) >= _MAX_FIELDS:
        return Fields(tuple(items)), _after_blank_line(raw, position, end), ("header-limit",)
    if blank := _BLANK.match(raw, position, end):
        return Fields(tuple(items)), blank.end(), ()
    return Fields(tuple(items)), position, ("no-blank-line",)


def _after_blank_line(raw: bytes, position: int, end: int) -> int:
    """Where the body starts when the rest of the header is skipped."""
    found = re.compile(rb"\n\r?\n").search(raw, max(position - 1, 0), end)
    return found.end() if found else end


def unfold(value: bytes) -> str:
    """Return a field's octets as one line of text: UTF-8 where they are, Windows-1252 where not.

    Controls become spaces.
    """
    text = decode_charset(value, None)[0] if not value.isascii() else value.decode("ascii")
    return _FOLD.sub(" ", text).strip()


def display(text: str) -> str:
    """Return an unfolded value as people read it.

    Encoded words decoded, nothing that breaks or reorders the line.
    """
    return _BIDI.sub("", _FOLD.sub(" ", decode_words(text))).strip()


def message_ids(value: str) -> tuple[str, ...]:
    """Return the message identifiers `<left@right>` in a value, the last hundred, angle brackets included."""
    return tuple(_MESSAGE_ID.findall(value)[-_MAX_IDS:])


def date_of(value: str) -> datetime | None:
    """Return an RFC 5322 date as an aware datetime (an unknown zone counts as UTC).

    None where it is not a date.
    """
    try:
        date = parsedate_to_datetime(value[:_MAX_DATE])
        if date.year not in _YEARS:
            return None
        return date if date.tzinfo is not None else date.replace(tzinfo=UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


@dataclass(frozen=True, slots=True)
class Structured:
    """A value such as Content-Type's.

    Its first word in lower case, and parameters by lower-case name, decoded.
    """

    value: str
    parameters: dict[str, str]


def structured(text: str) -> Structured:
    """Take a `value; name=value` field apart.

    RFC 2231 sections and charsets, and RFC 2047 inside, are understood.
    """
    value, _, _ = text.partition(";")
    plain: dict[str, str] = {}
    sections: dict[str, dict[int, tuple[str, bool]]] = {}
    for count, found in enumerate(_PARAMETER.finditer(text)):
        if count >= _MAX_PARAMETERS:
            break
        content = re.sub(r"\\(.)", r"\1", found[2]) if found[2] is not None else found[3].strip()
        section = _SECTION.match(found[1].lower())
        if section is None or (section[2] is None and section[3] is None):
            plain.setdefault(found[1].lower(), display(content))
            continue
        pieces = sections.setdefault(section[1], {})
        pieces.setdefault(int(section[2] or 0), (content, section[3] is not None))
    for name, pieces in sections.items():
        plain[name] = display(_joined([pieces[number] for number in sorted(pieces)]))
    return Structured(value.strip().lower(), plain)


def _joined(pieces: list[tuple[str, bool]]) -> str:
    """Return the sections of one parameter as text (RFC 2231, section 4.1).

    The charset stands in the first.
    """
    charset: str | None = None
    data = b""
    for index, (content, encoded) in enumerate(pieces):
        text = content
        if index == 0 and encoded and text.count("'") > 1:
            charset, _, text = text.split("'", 2)
        data += unquote_to_bytes(text) if encoded else text.encode("utf-8", "replace")
    return decode_charset(data, charset or None)[0]
