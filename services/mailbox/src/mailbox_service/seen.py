"""Which messages somebody has seen: POP3 cannot tell, so a mark is kept for each, by its UIDL.

Marks belong to the mailbox, so whoever shares a functional one shares them; reading here changes nothing for
Thunderbird. What is stored names no message: a mark is a keyed digest. Marks of messages that a complete
listing no longer has are removed, and only messages of a listing are marked, so there are never many more of
them than messages.
"""

import hashlib
from collections import OrderedDict
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Protocol

from mailbox_service.connections import Connection
from mailbox_service.errors import UnknownMessage
from mailbox_service.maildrops import Access, Maildrops
from mailbox_service.snapshots import Snapshot
from mailbox_service.turns import Turns

MARK_OCTETS = 12
"""Of a digest: that two of a million messages share one has a chance of 1 in 10^17."""
MAX_VIEWS = 500
"""Sessions whose marks are at hand; those of others are read from the store again."""


class SeenStore(Protocol):
    """Where marks outlive this process, by mailbox."""

    async def of(self, mailbox: str) -> frozenset[bytes]:
        """Return all marks."""
        ...

    async def add(self, mailbox: str, marks: Collection[bytes]) -> None:
        """Add some (at least one)."""
        ...

    async def remove(self, mailbox: str, marks: Collection[bytes]) -> None:
        """Remove some (at least one); unknown ones are fine."""
        ...


class Seen:
    """Sets, clears and finds marks. Used within one event loop.

    After a session's first listing its marks are at hand, as uid to size: it alone has the mailbox open, so
    nobody else changes them meanwhile.
    """

    def __init__(self, maildrops: Maildrops, store: SeenStore) -> None:
        self._maildrops = maildrops
        self._store = store
        self._views: OrderedDict[str, dict[str, int]] = OrderedDict()
        self._turns = Turns()

    async def among(self, access: Access, snapshot: Snapshot) -> Collection[str]:
        """Return the uids of those messages of ``snapshot`` that were seen; forget marks of others."""
        async with self._turns.of(access.sid):
            view = self._views.get(access.sid)
            if view is None:
                view = self._views[access.sid] = await self._load(access.mailbox, snapshot)
                while len(self._views) > MAX_VIEWS:
                    self._views.popitem(last=False)
            else:
                await self._forget_gone(access.mailbox, view, snapshot)
            self._views.move_to_end(access.sid)
            return view.keys()

    async def mark(self, access: Access, sizes: Mapping[str, int], *, seen: bool) -> None:
        """Set or clear the marks of messages (uid to octets); they are stored when this returns."""
        async with self._turns.of(access.sid):
            view = self._views.get(access.sid, {})
            changed = {uid: size for uid, size in sizes.items() if (uid in view) is not seen}
            if not changed:
                return
            mark_of = _marker(access.mailbox)
            change = self._store.add if seen else self._store.remove
            await change(access.mailbox, {mark_of(*each) for each in changed.items()})
            if seen:
                view |= changed
            else:
                for uid in changed:
                    del view[uid]

    async def mark_one(self, access: Access, uid: str, *, seen: bool) -> None:
        """Set or clear one mark. Raises UnknownMessage."""
        if not await self.mark_those(access, [uid], seen=seen):
            raise UnknownMessage

    async def mark_those(self, access: Access, uids: Iterable[str], *, seen: bool) -> int:
        """Set or clear the marks of those messages that are there, and return how many are."""

        async def work(connection: Connection) -> dict[str, int]:
            snapshot = await connection.snapshot()
            await self.among(access, snapshot)
            return {uid: message.size for uid in uids if (message := snapshot.by_uid.get(uid))}

        sizes = await self._maildrops.lend(access, work)
        await self.mark(access, sizes, seen=seen)
        return len(sizes)

    async def _load(self, mailbox: str, snapshot: Snapshot) -> dict[str, int]:
        stored = await self._store.of(mailbox)
        if not stored:
            return {}
        mark_of = _marker(mailbox)
        marks = {mark_of(each.uid, each.size): each for each in snapshot.messages}
        if gone := stored - marks.keys():
            await self._store.remove(mailbox, gone)
        return {marks[mark].uid: marks[mark].size for mark in stored - gone}

    async def _forget_gone(self, mailbox: str, view: dict[str, int], snapshot: Snapshot) -> None:
        present = snapshot.by_uid
        gone = {
            uid: size
            for uid, size in view.items()
            if (listed := present.get(uid)) is None or listed.size != size
        }
        if not gone:
            return
        mark_of = _marker(mailbox)
        await self._store.remove(mailbox, {mark_of(*each) for each in gone.items()})
        for uid in gone:
            del view[uid]


def _marker(mailbox: str) -> Callable[[str, int], bytes]:
    """Make a mailbox's marks: BLAKE2b (RFC 7693) of uid and size, as old UIDLs are given to new mail."""
    keyed = hashlib.blake2b(key=hashlib.sha256(mailbox.encode()).digest(), digest_size=MARK_OCTETS)

    def mark_of(uid: str, size: int) -> bytes:
        digest = keyed.copy()
        digest.update(f"{uid} {size}".encode())
        return digest.digest()

    return mark_of
