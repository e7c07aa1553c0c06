"""The directory in memory: what an adapter has read of its source, searched by the rules of `people.py`."""

from collections import Counter
from collections.abc import Iterable
from contextlib import AbstractAsyncContextManager, nullcontext

import structlog

from directory_service.attributes import AttributeMap, Attributes, UnusableEntry
from directory_service.people import Card, Entry, Found, Query, order, select

log = structlog.get_logger(__name__)


class MemoryPeople:
    """`People` in memory. What is not `complete` says of every answer that there is more."""

    def __init__(self, entries: Iterable[Entry], *, complete: bool = True) -> None:
        # Made in their order: `select` has little to sort then, and walks through memory as it lies.
        self._cards = [Card(entry) for entry in sorted(entries, key=order)]
        self._complete = complete

    async def search(self, query: Query) -> Found:
        """Find the best of the entries."""
        found = select(self._cards, query)
        return found if self._complete else Found(found.entries, truncated=True)

    async def check(self) -> None:
        """Return: there always is an answer."""

    def kept(self) -> AbstractAsyncContextManager[None]:
        """See `People`: what was read once stays as it is."""
        return nullcontext()


class Reading:
    """Takes the records of a source, one after the other; counts those that cannot be used, and why."""

    def __init__(self, attribute_map: AttributeMap) -> None:
        self._map = attribute_map
        self._entries: list[Entry] = []
        self._skipped: Counter[str] = Counter()
        self._without_address = 0

    def take(self, attributes: Attributes) -> None:
        """Take one record."""
        try:
            entry = self._map.entry(attributes)
        except UnusableEntry as error:
            self.leave_out(str(error))
            return
        if entry is None:
            self._without_address += 1
        else:
            self._entries.append(entry)

    def leave_out(self, reason: str) -> None:
        """Count a record that cannot even be read."""
        self._skipped[reason] += 1

    def people(self, *, complete: bool = True) -> MemoryPeople:
        """Return the directory of what was taken; one line of the log tells the counts, and no value."""
        report = log.warning if self._skipped or not complete else log.info
        report(
            "directory read",
            entries=len(self._entries),
            without_address=self._without_address,
            skipped=dict(self._skipped),
            complete=complete,
        )
        return MemoryPeople(self._entries, complete=complete)
