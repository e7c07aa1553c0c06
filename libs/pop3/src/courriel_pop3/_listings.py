"""The answers that are numbers: STAT, LIST, UIDL (RFC 1939 §5, §7). Pure parsing; guesses at nothing."""

import re
from dataclasses import dataclass
from typing import NamedTuple

from courriel_pop3._errors import ProtocolError

_STAT = re.compile(r"(\d{1,19})[ \t]+(\d{1,19})(?:\s.*)?", re.ASCII)
_SIZES = re.compile(rb"^(\d{1,10})[ \t]+(\d{1,19})(?:[ \t][^\n]*)?\r?\n", re.MULTILINE)
_UIDLS = re.compile(rb"^(\d{1,10})[ \t]+([!-~]{1,255})[ \t]*\r?\n", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Stat:
    """What STAT says: the number of messages and their size in octets, without those marked deleted."""

    count: int
    size: int


class Entry(NamedTuple):
    """A message of the maildrop. `size` in octets; `uidl` is None where the server has no UIDL."""

    number: int
    size: int
    uidl: str | None


def parse_stat(text: str) -> Stat:
    """Parse the words after STAT's +OK."""
    match = _STAT.fullmatch(text)
    if match is None:
        raise ProtocolError("STAT's answer is not two numbers")
    return Stat(int(match[1]), int(match[2]))


def parse_sizes(body: bytes) -> list[tuple[int, int]]:
    """Parse LIST's lines: (number, size in octets) in the server's order."""
    return [(int(number), int(size)) for number, size in _lines("LIST", _SIZES, body)]


def parse_uidls(body: bytes) -> list[tuple[int, str]]:
    """Parse UIDL's lines: (number, unique id) in the server's order.

    RFC 1939 allows an id 70 octets; up to 255 are taken.
    """
    return [(int(number), uidl.decode("ascii")) for number, uidl in _lines("UIDL", _UIDLS, body)]


def merge(sizes: list[tuple[int, int]], uidls: list[tuple[int, str]] | None) -> list[Entry]:
    """Join LIST's and UIDL's lines by message number. Without UIDL every `uidl` is None."""
    by_number: dict[int, str] = dict(uidls or ())
    return [Entry(number, size, by_number.get(number)) for number, size in sizes]


def _lines(verb: str, pattern: re.Pattern[bytes], body: bytes) -> list[tuple[bytes, bytes]]:
    found: list[tuple[bytes, bytes]] = pattern.findall(body)
    if len(found) != body.count(b"\n"):
        raise ProtocolError(f"{verb}'s answer has a line that is not understood")
    return found
