"""The answers that are numbers: STAT, LIST, UIDL (RFC 1939 §5, §7). Pure parsing; it guesses at nothing."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from courriel_pop3._errors import ProtocolError

_STAT = re.compile(r"(\d{1,19})[ \t]+(\d{1,19})(?:\s.*)?", re.ASCII)
_SIZES = re.compile(rb"^(\d{1,10})[ \t]+(\d{1,19})(?:[ \t][^\n]*)?\r?\n", re.MULTILINE)
_UIDLS = re.compile(rb"^(\d{1,10})[ \t]+([^ \t\r\n](?:[^\r\n]*[^ \t\r\n])?)[ \t]*\r?\n", re.MULTILINE)
_MAX_UIDL_OCTETS = 1024


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
    """Parse LIST's lines: (number, size in octets) in the server's order.

    Raises `ProtocolError` where one is not understood, or names a message that is none or was named already:
    nobody could say which messages there are.
    """
    found = _SIZES.findall(body)
    sizes = [(int(number), int(size)) for number, size in found]
    if len(found) != body.count(b"\n") or _doubtful(sizes):
        raise ProtocolError("LIST's answer has a line that is not understood")
    return sizes


def parse_uidls(body: bytes) -> list[tuple[int, str]]:
    """Parse UIDL's lines: (number, unique id) in the server's order.

    RFC 1939 allows an id 70 printable octets of ASCII. Up to 1,024 of any kind but line ends are taken, as
    Latin-1, so that each id stays itself. A line that is not understood, an id that is longer, and whatever
    is said of a message twice are left out: `merge` gives such messages no id.
    """
    found = [
        (int(number), uidl.decode("latin-1"))
        for number, uidl in _UIDLS.findall(body)
        if len(uidl) <= _MAX_UIDL_OCTETS
    ]
    if _doubtful(found):
        times = Counter(number for number, _ in found)
        found = [(number, uidl) for number, uidl in found if number and times[number] == 1]
    return found


def merge(sizes: list[tuple[int, int]], uidls: list[tuple[int, str]] | None) -> list[Entry]:
    """Join LIST's and UIDL's lines by message number. Without UIDL every `uidl` is None."""
    by_number: dict[int, str] = dict(uidls or ())
    return [Entry(number, size, by_number.get(number)) for number, size in sizes]


def _doubtful(lines: Sequence[tuple[int, object]]) -> bool:
    """Tell whether a message number is 0, or comes twice."""
    numbers = {number for number, _ in lines}
    return 0 in numbers or len(numbers) != len(lines)
