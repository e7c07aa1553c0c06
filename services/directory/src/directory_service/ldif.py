"""LDIF (RFC 2849), read: lines of a file in, content records out. No I/O of its own.

It refuses change records, and never fetches a value that is given by URL (`jpegPhoto:< file:///…`): such a
value is left out of its record.
"""

import base64
import binascii
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

_ATTRIBUTE = re.compile(rb"([A-Za-z][A-Za-z0-9-]*|\d+(?:\.\d+)*)((?:;[A-Za-z0-9-]+)*)")
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Record:
    """One entry: the values of each attribute in the file's order, by lower-case name without options."""

    attributes: Mapping[str, tuple[bytes, ...]]


@dataclass(frozen=True, slots=True)
class Malformed:
    """A record that could not be read; it begins at `line`, counted from 1. It does not quote the file."""

    line: int
    reason: str


def read_ldif(lines: Iterable[bytes]) -> Iterator[Record | Malformed]:
    """Yield the records of a file's lines, one after the other; a bad one spoils no other."""
    for start, record in _records(lines):
        try:
            yield _read(record)
        except ValueError as error:
            yield Malformed(start, str(error))


def _records(lines: Iterable[bytes]) -> Iterator[tuple[int, list[bytes]]]:
    """Part at empty lines; unfold (a line that begins with a space goes on) before comments are dropped."""
    start, unfolded = 1, list[bytes]()
    for number, line in enumerate(lines, 1):
        text = line.rstrip(b"\r\n")
        if number == 1:
            text = text.removeprefix(_BYTE_ORDER_MARK)
        if not text:
            yield from _content(start, unfolded)
            start, unfolded = number + 1, []
        elif text.startswith(b" ") and unfolded:
            unfolded[-1] += text[1:]
        else:
            unfolded.append(text)
    yield from _content(start, unfolded)


def _content(start: int, unfolded: list[bytes]) -> Iterator[tuple[int, list[bytes]]]:
    record = [line for line in unfolded if not line.startswith(b"#")]
    if record and start == 1 and record[0].lower().startswith(b"version:"):
        del record[0]
    if record:
        yield start, record


def _read(record: list[bytes]) -> Record:
    """Read one record's lines. Raises ValueError."""
    attributes: dict[str, list[bytes]] = {}
    for position, line in enumerate(record):
        name, value = _read_line(line)
        if (position == 0) != (name == "dn"):
            raise ValueError("a record has one dn, in its first line")
        if name in {"changetype", "control"}:
            raise ValueError("a change record; only entries are read")
        if value is not None:
            attributes.setdefault(name, []).append(value)
    return Record({name: tuple(values) for name, values in attributes.items()})


def _read_line(line: bytes) -> tuple[str, bytes | None]:
    """Read `name: value`, `name:: base64` or `name:< URL` (then the value is None). Raises ValueError."""
    described, colon, value = line.partition(b":")
    attribute = _ATTRIBUTE.fullmatch(described)
    if not (colon and attribute):
        raise ValueError("a line without an attribute's name and a colon")
    name = attribute[1].decode().lower()
    if value.startswith(b"<"):
        return name, None
    if not value.startswith(b":"):
        return name, value.lstrip(b" ")
    try:
        return name, base64.b64decode(value[1:].strip(b" "), validate=True)
    except binascii.Error:
        raise ValueError("a value that is no base64") from None
