"""Reading replies out of octets: the status line, and the lines up to a lone dot. No state but one reply's.

Which line ends count is a matter of safety. Were `LF . LF` always an end, a mail that holds it could end its
own reply early on a server that stuffs dots after CRLF only, and have the rest of its text read as the
server's answers. So the first line of a reply, which no sender of mail writes, sets the line end for all of
it: CRLF (RFC 1939 §3), or a bare LF where a server is that wrong.
"""

import re
from dataclasses import dataclass
from typing import NamedTuple

from courriel_pop3._errors import ProtocolError

_STATUS = re.compile(rb"(\+OK|-ERR)(?:[ \t]+(.*))?", re.IGNORECASE | re.DOTALL)
_CODE = re.compile(r"\[([A-Z0-9][A-Z0-9/_.-]*)\] *")
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_TIMESTAMP = re.compile(r"<[!-;=?-~]+@[!-;=?-~]+>")


@dataclass(frozen=True, slots=True)
class Status:
    """A status line. `code` is that of a -ERR, in upper case without brackets; `text` is without it."""

    ok: bool
    text: str
    code: str | None


def read_status(line: bytes) -> Status:
    """Parse a line (without its end). Raises `ProtocolError`, which never quotes the line."""
    match = _STATUS.fullmatch(line)
    if match is None:
        raise ProtocolError("the server answered neither +OK nor -ERR")
    ok = match[1].startswith(b"+")
    text = _UNPRINTABLE.sub("\N{REPLACEMENT CHARACTER}", (match[2] or b"").decode("utf-8", "replace"))
    code = None if ok else _CODE.match(text)
    if code is None:
        return Status(ok, text, None)
    return Status(ok, text[code.end() :], code[1])


def find_timestamp(banner: str) -> str | None:
    """Return the APOP timestamp of a banner, angle brackets included (RFC 1939 §7), or None."""
    match = _TIMESTAMP.search(banner)
    return match[0] if match else None


class Piece(NamedTuple):
    """What a read gave: the data, where the next read starts, whether the lone dot was reached."""

    data: bytes
    end: int
    done: bool


class _LineEnd(NamedTuple):
    octets: bytes
    stuffed: bytes
    last: re.Pattern[bytes]
    maybe: tuple[bytes, ...]
    """What, at the end of the input, may be the beginning of `last`: longest first."""


_CRLF = _LineEnd(b"\r\n", b"\r\n.", re.compile(rb"\r\n\.\r\n"), (b"\r\n.\r", b"\r\n.", b"\r\n", b"\r"))
_LF = _LineEnd(b"\n", b"\n.", re.compile(rb"\n\.\r?\n"), (b"\n.\r", b"\n.", b"\n"))


class BodyReader:
    """Takes the lines of one multi-line reply out of a buffer, unstuffed (RFC 1939 §3), piece by piece.

    A line end is never parted from what follows it, so each search is one pass of C over new octets.
    """

    def __init__(self, max_first_line: int) -> None:
        """Take the line end from the first line, or CRLF where that is over `max_first_line` octets."""
        self._max_first_line = max_first_line
        self._line_end: _LineEnd | None = None

    def read(self, buffer: bytes, start: int) -> Piece:
        """Read from `start` on. Octets from the returned `end` on must be given again, with more behind."""
        if self._line_end is None:
            first = buffer.find(b"\n", start, start + self._max_first_line)
            if first < 0 and len(buffer) - start < self._max_first_line:
                return Piece(b"", start, done=False)
            if buffer[start : first + 1] in {b".\r\n", b".\n"}:
                return Piece(b"", first + 1, done=True)
            bare = first >= 0 and not buffer.endswith(b"\r", start, first)
            self._line_end = _LF if bare else _CRLF
            start += buffer.startswith(b".", start)
        return self._read(buffer, start, self._line_end)

    @staticmethod
    def _read(buffer: bytes, start: int, line_end: _LineEnd) -> Piece:
        last = line_end.last.search(buffer, start)
        if last is not None:
            stop, end = last.start() + len(line_end.octets), last.end()
        else:
            held = next((maybe for maybe in line_end.maybe if buffer.endswith(maybe, start)), b"")
            stop = end = len(buffer) - len(held)
        data = buffer[start:stop].replace(line_end.stuffed, line_end.octets)
        return Piece(data, end, done=last is not None)
