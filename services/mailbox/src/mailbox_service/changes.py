"""Telling what comes and goes in a maildrop while somebody looks at it.

One poll a session, however many streams it has; it slows down while nothing happens and stops when nobody
listens. A poll is no activity of the session, opens the maildrop for a moment only, and gives way to whoever
holds it. When a session's last stream has closed and nothing else is heard of it for a while, its windows are
closed: the session is ended, and the mailbox free. Sessions that never opened a stream are left alone.
"""

import asyncio
import hashlib
import random
from collections.abc import AsyncGenerator, Coroutine, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Protocol

import structlog

from mailbox_service.clock import Clock
from mailbox_service.errors import MailboxError, SessionEnded, TooManyStreams
from mailbox_service.maildrops import Access, Maildrops
from mailbox_service.seen import Seen

MAX_STREAMS = 8
"""Of one session, over all its windows."""
MAX_WAITING = 50
"""Changes that one stream may lag behind; older ones are dropped, and the next one's state tells that."""
SLOWER = 1.5
JITTER = 0.1
"""Polls are put off by up to this share, so that those of many sessions do not fall together."""
HEARTBEAT_SECONDS = 15.0
"""After so long without a change a stream gets a sign of life, so that a peer that is gone is noticed."""
STATE_OCTETS = 9
log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Change:
    """What came and went; ``state`` names what the maildrop holds now."""

    state: str
    new: tuple[str, ...]
    vanished: tuple[str, ...]
    total: int
    unread: int
    as_of: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """Seconds: between polls, at first and while it is quiet; from the last stream to the session's end."""

    poll: float = 15.0
    quiet: float = 120.0
    abandoned: float = 60.0


class Caller(Protocol):
    """The session at auth. Both methods raise SessionEnded, StateUnavailable or AuthUnavailable."""

    async def last_active(self) -> datetime:
        """Return when a person last did something with it."""
        ...

    async def end(self) -> None:
        """Sign it out."""
        ...


@dataclass(slots=True)
class _Watch:
    """A session that is listened to; ``uids`` are joined by spaces: a set takes five times the room."""

    access: Access
    streams: set["asyncio.Queue[Change | None]"] = field(default_factory=set)
    last: Change | None = None
    uids: str = ""
    task: asyncio.Task[None] | None = None


class Changes:
    """Watches maildrops. Used within one event loop."""

    def __init__(self, maildrops: Maildrops, seen: Seen, clock: Clock, pace: Pace) -> None:
        self._maildrops = maildrops
        self._seen = seen
        self._clock = clock
        self._pace = pace
        self._watches: dict[str, _Watch] = {}
        self._closing = False

    def follow(self, access: Access, caller: Caller, since: str) -> AsyncGenerator[Change | None]:
        """Return an iterator over changes until the session or this process ends; None: nothing yet.

        The first change comes at once, without what came and went, where the maildrop's state is not
        ``since``. Raises TooManyStreams.
        """
        watch = self._watches.get(access.sid)
        if self._closing or (watch and len(watch.streams) >= MAX_STREAMS):
            raise TooManyStreams
        return self._follow(access, caller, since)

    def end(self, sid: str) -> None:
        """End a session's streams: it was signed out."""
        watch = self._watches.pop(sid, None)
        if watch is None:
            return
        self._start(watch, None)
        for stream in watch.streams:
            stream.put_nowait(None)

    def close(self) -> None:
        """End all streams: the process is to stop."""
        self._closing = True
        for sid in list(self._watches):
            self.end(sid)

    async def _follow(self, access: Access, caller: Caller, since: str) -> AsyncGenerator[Change | None]:
        watch = self._watches.setdefault(access.sid, _Watch(access))
        stream: asyncio.Queue[Change | None] = asyncio.Queue()
        if watch.last:
            stream.put_nowait(replace(watch.last, new=(), vanished=()))
        if not watch.streams:
            self._start(watch, self._poll(watch))
        watch.streams.add(stream)
        told = since
        try:
            while True:
                try:
                    change = await asyncio.wait_for(stream.get(), HEARTBEAT_SECONDS)
                except TimeoutError:
                    yield None
                    continue
                if change is None:
                    return
                if change.state != told:
                    yield change
                told = change.state
        finally:
            watch.streams.discard(stream)
            if not watch.streams and self._watches.get(access.sid) is watch:
                self._start(watch, self._end_when_abandoned(watch, caller))

    @staticmethod
    def _start(watch: _Watch, work: Coroutine[None, None, None] | None) -> None:
        """Let ``work`` be what is done for the watch from now on."""
        if watch.task and watch.task is not asyncio.current_task():
            watch.task.cancel()
        watch.task = asyncio.create_task(work) if work else None

    async def _poll(self, watch: _Watch) -> None:
        pause = self._pace.poll
        while True:
            changed = False
            try:
                changed = await self._look(watch)
            except SessionEnded:
                self.end(watch.access.sid)
                return
            except Exception as error:  # noqa: BLE001 — whatever is away may be back at the next look
                log.info("a maildrop was not looked at", error=type(error).__name__)
            pause = self._pace.poll if changed else min(SLOWER * pause, self._pace.quiet)
            await self._clock.sleep(pause * (1 + JITTER * random.random()))  # noqa: S311 — no secret

    async def _look(self, watch: _Watch) -> bool:
        """Look at the maildrop, tell the streams where it changed, and return whether it did."""
        snapshot = await self._maildrops.peek(watch.access, self._pace.poll)
        uids = " ".join(snapshot.by_uid)
        state = hashlib.sha256(uids.encode()).hexdigest()[: 2 * STATE_OCTETS]
        if watch.last and watch.last.state == state:
            return False
        before = watch.uids.split()
        seen = await self._seen.among(watch.access, snapshot)
        change = Change(
            state=state,
            new=_without(snapshot.by_uid, before) if watch.last else (),
            vanished=_without(before, snapshot.by_uid),
            total=len(snapshot.messages),
            unread=sum(uid not in seen for uid in snapshot.by_uid),
            as_of=snapshot.as_of,
        )
        watch.last, watch.uids = change, uids
        for stream in watch.streams:
            if stream.qsize() >= MAX_WAITING:
                stream.get_nowait()
            stream.put_nowait(change)
        return True

    async def _end_when_abandoned(self, watch: _Watch, caller: Caller) -> None:
        """End the session once nothing was heard of it from one look to the next."""
        heard: datetime | None = None
        while True:
            try:
                active = await caller.last_active()
                if active == heard:
                    # before the sign-out, which ends what is done for the watch: this is
                    del self._watches[watch.access.sid]
                    await caller.end()
                    log.info("a session was ended: its windows are closed", sid=watch.access.sid)
                    return
                heard = active
            except SessionEnded:
                self._watches.pop(watch.access.sid, None)
                return
            except MailboxError as error:
                log.info("an abandoned session goes on", error=type(error).__name__)
                if self._watches.get(watch.access.sid) is not watch:
                    return
            await self._clock.sleep(self._pace.abandoned)


def _without(some: Iterable[str], others: Iterable[str]) -> tuple[str, ...]:
    left_out = set(others)
    return tuple(each for each in some if each not in left_out)
