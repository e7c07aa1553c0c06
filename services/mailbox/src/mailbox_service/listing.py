"""Pages of the maildrop: in the server's order, or sorted and searched by what is known of the messages.

Sorting and searching cover what is indexed, and say how much that is. Both ignore case and accents.
"""

import unicodedata
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from courriel_message import Summary
from courriel_wire import Sort
from mailbox_service.snapshots import Listed, Snapshot
from mailbox_service.summaries import Shown, Summaries

_LIGATURES = str.maketrans({"œ": "oe", "æ": "ae"})


@dataclass(frozen=True, slots=True)
class Wanted:
    """What of the maildrop is asked for; ``number`` counts pages from 1."""

    number: int
    per_page: int
    sort: Sort = Sort.NEWEST_FIRST
    query: str = ""

    @property
    def needs_index(self) -> bool:
        """Whether messages must be known before it can be told which come first."""
        return bool(self.words) or self.sort not in {Sort.NEWEST_FIRST, Sort.OLDEST_FIRST}

    @property
    def words(self) -> tuple[str, ...]:
        """What all must be found in a message."""
        return tuple(fold(self.query).split())


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the list."""

    uid: str
    size: int
    summary: Summary
    seen: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """A page of the list.

    ``total`` and ``total_size`` (octets) are of what the page is one of: all messages, or those found.
    ``unread`` of the ``messages`` in the maildrop nobody has seen, ``indexed`` of them are known.
    """

    rows: tuple[Row, ...]
    total: int
    unread: int
    total_size: int
    indexed: int
    messages: int
    as_of: datetime


@dataclass(frozen=True, slots=True)
class Selection:
    """What a page is cut from: the messages in the order asked for."""

    messages: Sequence[Listed]
    total_size: int
    visible: Sequence[Listed]
    as_of: datetime
    summaries: Summaries

    def cut(self, wanted: Wanted) -> Sequence[Listed]:
        """Return the page's messages; a page beyond the end is empty."""
        first = (wanted.number - 1) * wanted.per_page
        return self.messages[first : first + wanted.per_page]

    def page(self, messages: Sequence[Listed], shown: Sequence[Shown], seen: Collection[str]) -> Page:
        """Return the page of these messages, and how much is known now; ``seen`` are the uids that were."""
        rows = tuple(
            Row(message.uid, message.size, known.summary, message.uid in seen)
            for message, known in zip(messages, shown, strict=True)
        )
        return Page(
            rows,
            total=len(self.messages),
            unread=sum(message.uid not in seen for message in self.visible) if seen else len(self.visible),
            total_size=self.total_size,
            indexed=self.summaries.count(self.visible),
            messages=len(self.visible),
            as_of=self.as_of,
        )


def select(snapshot: Snapshot, hidden: Collection[str], summaries: Summaries, wanted: Wanted) -> Selection:
    """Choose and order what is asked for, of a snapshot without what is hidden."""
    visible: Sequence[Listed] = snapshot.messages
    if hidden:
        visible = [message for message in visible if message.uid not in hidden]
    chosen: Sequence[Listed] = visible
    if wanted.needs_index:
        known = [
            (message, found)
            for message in visible
            if (found := summaries.find(message.uid, message.size)) is not None
        ]
        if words := wanted.words:
            known = [(message, found) for message, found in known if _holds(found.summary, words)]
        chosen = _sorted(known, wanted.sort)
    elif wanted.sort is Sort.NEWEST_FIRST:
        chosen = visible[::-1]
    total_size = snapshot.total_size if chosen is visible else sum(message.size for message in chosen)
    return Selection(chosen, total_size, visible, snapshot.as_of, summaries)


def fold(text: str) -> str:
    """Return what of a text is compared: no case, no accents, ligatures taken apart."""
    if text.isascii():
        return text.lower()
    return _without_accents(_without_accents(text).casefold().translate(_LIGATURES))


def _without_accents(text: str) -> str:
    apart = unicodedata.normalize("NFKD", text)
    return "".join(character for character in apart if not unicodedata.combining(character))


def _holds(summary: Summary, words: Sequence[str]) -> bool:
    people = (*((summary.from_,) if summary.from_ else ()), *summary.to)
    said = fold("\n".join((summary.subject, *(f"{each.name} {each.address}" for each in people))))
    return all(word in said for word in words)


def _sorted(known: Sequence[tuple[Listed, Shown]], sort: Sort) -> list[Listed]:
    """Order messages; those that are alike stand newest first, those without a date or sender last."""
    newest_first, down = known[::-1], sort.value.startswith("-")
    key = _KEYS.get(sort.value.lstrip("-"))
    if key is None:
        return [message for message, _ in (newest_first if down else known)]
    keyed = [(key(message, found.summary), message) for message, found in newest_first]
    with_key = [each for each in keyed if each[0] is not None]
    with_key.sort(key=lambda each: each[0], reverse=down)
    return [message for _, message in (*with_key, *(each for each in keyed if each[0] is None))]


def _sender(_message: Listed, summary: Summary) -> str | None:
    return fold(summary.from_.name or summary.from_.address) if summary.from_ else None


_KEYS: dict[str, Callable[[Listed, Summary], Any]] = {
    "date": lambda _message, summary: summary.date,
    "from": _sender,
    "subject": lambda _message, summary: fold(summary.subject),
    "size": lambda message, _summary: message.size,
}
