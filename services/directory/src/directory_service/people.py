"""People and services, and how a search ranks them. Pure: every adapter of `People` searches by these rules.

A search has four levels: the query is a whole field (exact), begins one (prefix), each of its words begins a
word (word), each stands anywhere (inside). Case, accents and punctuation count for nothing, and a phone
number is its digits, so that "01.40.00.12.34" finds "+33 1 40 00 12 34".
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from enum import IntEnum
from itertools import chain, islice, product
from operator import attrgetter
from typing import Protocol

from courriel_wire import EntryKind

MIN_PHONE_DIGITS = 3
"""Fewer digits are no part of a phone number worth looking for."""
NAMES, ALL = 0, 1
"""Places of `Card.texts`."""
_PHONE = re.compile(r"[\d\s+().,/-]+")
_ASCII_GAP = re.compile(r"[^0-9a-z]+")
_LIGATURES = str.maketrans({"œ": "oe", "æ": "ae", "ø": "o", "ł": "l", "đ": "d"})


@dataclass(frozen=True, slots=True)
class Entry:
    """One person or service. `also` is what else it is found by: second names, addresses, units, phones."""

    name: str
    address: str
    kind: EntryKind
    unit: str = ""
    phone: str = ""
    also: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Found:
    """The answer to a query, the best first; `truncated` where more would have matched."""

    entries: tuple[Entry, ...]
    truncated: bool


class Level(IntEnum):
    """How well an entry matches, the best first."""

    EXACT = 0
    PREFIX = 1
    WORD = 2
    INSIDE = 3


@dataclass(frozen=True, slots=True)
class Query:
    """What is looked for: the text as it was typed, a kind or None for all, at most `limit` entries."""

    text: str
    kind: EntryKind | None = None
    limit: int = 20
    spellings: tuple["Spelling", ...] = field(init=False, repr=False)
    """The ways to read the text: its words, and its digits if it may be a phone number. None if empty."""

    def __post_init__(self) -> None:
        spellings = tuple(Spelling(form) for form in dict.fromkeys(forms(self.text)) if form)
        object.__setattr__(self, "spellings", spellings)


class People(Protocol):
    """The port: a directory that can be searched."""

    async def search(self, query: Query) -> Found:
        """Find the best entries, ranked as `select` ranks them. An empty query finds nothing.

        Raises DirectoryUnavailable.
        """

    async def check(self) -> None:
        """Return where a search can be answered. Raises DirectoryUnavailable."""

    def kept(self) -> AbstractAsyncContextManager[None]:
        """Keep what is searched current while the body runs."""


def fold(text: str) -> str:
    """Reduce to lower-case words without accents, one space between two; idempotent.

    Compatibility decomposition (UAX #15, NFKD) minus the marks, and letters that have no decomposition by
    table.
    """
    if text.isascii():  # most of them are, and then there is nothing to decompose
        return _ASCII_GAP.sub(" ", text.lower()).strip()
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    unmarked = (sign for sign in plain if not unicodedata.category(sign).startswith("M"))
    bare = "".join(unmarked).translate(_LIGATURES)
    return " ".join("".join(sign if sign.isalnum() else " " for sign in bare).split())


def phone_digits(text: str) -> str:
    """Return the digits of what may be a phone number, without leading zeros; "" for anything else."""
    if not _PHONE.fullmatch(text):
        return ""
    digits = "".join(str(int(sign)) for sign in text.replace("(0)", "") if sign.isdecimal()).lstrip("0")
    return digits if len(digits) >= MIN_PHONE_DIGITS else ""


def forms(text: str) -> Iterator[str]:
    """Yield how a text is looked for: folded, and as phone digits where it may be a number."""
    yield fold(text)
    if digits := phone_digits(text):
        yield digits


def order(entry: Entry) -> tuple[str, ...]:
    """Return what equally good matches are ordered by: the name first, all fields in the end."""
    beside = (entry.unit, entry.phone, *entry.also)
    return (fold(entry.name), entry.name, entry.address, entry.kind, *beside)


class Spelling:
    """One reading of a query: its words, and what a card's text must hold at each level."""

    __slots__ = ("needles", "words")

    def __init__(self, folded: str) -> None:
        """Args: folded text that is not empty."""
        words = folded.split()
        self.words = _telling(words)
        self.needles = {
            Level.EXACT: (f"\n {folded}\n",),
            Level.PREFIX: (f"\n {folded}",),
            Level.WORD: _telling([f" {word}" for word in words]),
            Level.INSIDE: self.words,
        }


class Card:
    """An entry prepared for searching: its folded fields in one string, each after a line feed and a space.

    With that, each level is a plain search of substrings. `texts` are name and address, then all fields.
    """

    __slots__ = ("entry", "order", "texts")

    def __init__(self, entry: Entry) -> None:
        """Args: the entry; it is kept as it is."""
        names = _joined((entry.name, entry.address))
        beside = _joined((entry.unit, entry.phone, *entry.also))
        self.entry = entry
        self.order = order(entry)
        self.texts = (f"{names}\n", f"{names}{beside}\n")


def select(cards: Iterable[Card], query: Query) -> Found:
    """Return the best cards: by level, then those found by name and address alone, then by `order`.

    Each step is one pass over what is left, and the passes end once there is enough.
    """
    asked = [card for card in cards if query.kind is None or card.entry.kind is query.kind]
    readings = [(spelling, _holding(asked, spelling.words)) for spelling in query.spellings]
    best: dict[Card, None] = {}
    for level, place in product(Level, (NAMES, ALL)):
        hits = (_holding(matching, spelling.needles[level], place) for spelling, matching in readings)
        best |= dict.fromkeys(sorted(chain.from_iterable(hits), key=attrgetter("order")))
        if len(best) > query.limit:
            break
    entries = tuple(card.entry for card in islice(best, query.limit))
    return Found(entries, truncated=len(best) > query.limit)


def _telling(needles: Iterable[str]) -> tuple[str, ...]:
    """Leave out what a longer needle holds: wherever that is found, so is this. The longest come first."""
    kept: list[str] = []
    for needle in sorted(needles, key=len, reverse=True):
        if not any(needle in longer for longer in kept):
            kept.append(needle)
    return tuple(kept)


def _holding(cards: list[Card], needles: Iterable[str], place: int = ALL) -> list[Card]:
    for needle in needles:
        cards = [card for card in cards if needle in card.texts[place]]
    return cards


def _joined(texts: Iterable[str]) -> str:
    return "".join(f"\n {form}" for text in texts for form in forms(text) if form)
