"""The directory from an LDIF file, read once and searched in memory. A changed file needs a restart."""

from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import structlog

from directory_service.attributes import AttributeMap, UnusableEntry
from directory_service.ldif import Malformed, read_ldif
from directory_service.people import Card, Entry, Found, Query, order, select

log = structlog.get_logger(__name__)


class LdifPeople:
    """`People` in memory: a search looks at every entry, which 20,000 of them allow."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        # Made in their order: `select` has little to sort then, and walks through memory as it lies.
        self._cards = [Card(entry) for entry in sorted(entries, key=order)]

    async def search(self, query: Query) -> Found:
        """Find the best entries of the file."""
        return select(self._cards, query)


def read_people(file: Path, attribute_map: AttributeMap) -> LdifPeople:
    """Read the file; records that cannot be used are left out, and counted in the log. Raises OSError."""
    entries: list[Entry] = []
    skipped: Counter[str] = Counter()
    without_address = 0
    with file.open("rb") as lines:
        for record in read_ldif(lines):
            try:
                entry = None if isinstance(record, Malformed) else attribute_map.entry(record.attributes)
            except UnusableEntry as error:
                skipped[str(error)] += 1
                continue
            if isinstance(record, Malformed):
                skipped[record.reason] += 1
            elif entry is None:
                without_address += 1
            else:
                entries.append(entry)
    report = log.warning if skipped else log.info
    report("directory read", entries=len(entries), without_address=without_address, skipped=dict(skipped))
    return LdifPeople(entries)
