"""What is read behind the answers: the newest small messages, then the headers of all others.

It uses the connection that a person's request left, never opens one, and does not make one last longer. After
each step it gives the mailbox's turn back, so that a person's request waits for one small step at most. Where
the connection ends, it stops, and goes on behind the next list.
"""

import asyncio
from datetime import timedelta
from functools import partial

import structlog

from mailbox_service.clock import Clock
from mailbox_service.connections import Connection
from mailbox_service.errors import CommandRefused, MailboxError, MessageUnreadable
from mailbox_service.maildrops import Access, Maildrops
from mailbox_service.message_headers import Headers
from mailbox_service.readers import Reader
from mailbox_service.recollection import Recollection
from mailbox_service.snapshots import Listed, Snapshot
from mailbox_service.summaries import Summaries

PREFETCHED = 20
"""Messages, the newest."""
MAX_PREFETCHED_OCTETS = 64 * 1024
"""Of one of them."""
CHUNK = 100
"""Headers a step."""
log = structlog.get_logger(__name__)


class ReadingAhead:
    """One task a session at most; what a session knows rests ``rest_seconds`` after its last login."""

    def __init__(
        self,
        maildrops: Maildrops,
        headers: Headers,
        reader: Reader,
        recollection: Recollection,
        clock: Clock,
        *,
        rest_seconds: float,
    ) -> None:
        self._maildrops = maildrops
        self._headers = headers
        self._reader = reader
        self._recollection = recollection
        self._clock = clock
        self._rest = timedelta(seconds=rest_seconds)
        self._one_at_a_time = asyncio.Semaphore()
        self._reading: dict[str, asyncio.Task[None]] = {}
        self._resting: dict[str, asyncio.Task[None]] = {}

    def begin(self, access: Access) -> None:
        """Read ahead for a session, unless that is under way."""
        for tasks, work in ((self._reading, self._read), (self._resting, self._let_rest)):
            if access.sid not in tasks:
                tasks[access.sid] = task = asyncio.create_task(work(access))
                task.add_done_callback(partial(_remove, tasks, access.sid))

    async def close(self) -> None:
        """Stop."""
        for task in (*self._reading.values(), *self._resting.values()):
            task.cancel()

    def fresh_snapshot(self, summaries: Summaries) -> Snapshot | None:
        """Return the session's last snapshot, as long as it may be shown without asking the server."""
        snapshot = summaries.snapshot
        fresh = snapshot is not None and self._clock.now() - snapshot.as_of < self._rest
        return snapshot if fresh else None

    async def _read(self, access: Access) -> None:
        try:
            summaries = self._maildrops.summaries(access)
            await self._recollection.save(access.mailbox, summaries)
            await self._prefetch(access, summaries)
            while await self._maildrops.lend_kept(access, self._index):
                await self._recollection.save(access.mailbox, summaries)
        except MailboxError as error:
            # nobody waits for this: who asks next meets the same trouble and is told
            log.info("reading ahead stopped", error=type(error).__name__)

    async def _index(self, connection: Connection) -> bool:
        """Learn the newest headers that are not known; False where there are none to be learnt."""
        summaries = connection.summaries
        messages = (await connection.snapshot()).messages
        new = [each for each in reversed(messages) if summaries.find(each.uid, each.size) is None][:CHUNK]
        return bool(await self._headers.learn(connection, new))

    async def _prefetch(self, access: Access, summaries: Summaries) -> None:
        """Make the newest small messages ready to be shown, once: not again behind each list of the same."""
        if summaries.snapshot is None or summaries.cache_key is None:
            return
        newest = [
            each
            for each in summaries.snapshot.messages[: -PREFETCHED - 1 : -1]
            if each.size <= MAX_PREFETCHED_OCTETS and not each.ambiguous
        ]
        shown = tuple(summaries.find(each.uid, each.size) for each in newest)
        if shown == summaries.prefetched:
            return
        for message in await self._recollection.not_kept(access.mailbox, summaries, newest):
            raw = await self._maildrops.lend_kept(access, partial(_retrieve, message))
            if raw is None:
                return
            try:
                async with self._one_at_a_time:  # the other processes are for who waits
                    rendering = await self._reader.render(raw)
            except MessageUnreadable:
                continue
            await self._recollection.keep(access.mailbox, summaries, message, rendering)
        summaries.prefetched = shown

    async def _let_rest(self, access: Access) -> None:
        """Wait until the last snapshot is not to be shown any more, then let go of what is known."""
        while (summaries := self._maildrops.summaries_of(access.sid)) is not None:
            snapshot = self.fresh_snapshot(summaries)
            if snapshot is None:
                summaries.rest()
                return
            remaining = snapshot.as_of + self._rest - self._clock.now()
            await self._clock.sleep(remaining.total_seconds())


async def _retrieve(message: Listed, connection: Connection) -> bytes | None:
    """Return a message, if this connection still has it."""
    listed = (await connection.snapshot()).by_uid.get(message.uid)
    if listed is None or listed.size != message.size:
        return None
    try:
        return await connection.maildrop.retrieve(listed.number)
    except CommandRefused:
        return None


def _remove(tasks: dict[str, asyncio.Task[None]], sid: str, _done: asyncio.Task[None]) -> None:
    tasks.pop(sid, None)
