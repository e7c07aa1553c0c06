"""One stream of events for a session, merged from what mailbox, sender and auth tell.

Mailbox streams its changes; sender and auth are asked from time to time, sender the more often the sooner
something may happen. None of it counts as activity. An event's id names the state of mailbox and outbox after
it: a browser that comes back with its last one is told what is different now, and nothing twice.
"""

import asyncio
import hashlib
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime

import structlog
from pydantic import BaseModel

from courriel_web.service_client import UpstreamProblem, UpstreamUnavailable
from courriel_wire import (
    MaildropChange,
    OutboxEntry,
    RecipientState,
    SessionEnd,
    SessionWarning,
)
from gateway_service.services import MaildropChanges, Services
from gateway_service.session_end import warning_margin

FINAL = frozenset({RecipientState.SENT, RecipientState.FAILED, RecipientState.CANCELLED})
MAX_WAITING = 100
"""Events that a browser may lag behind; then its stream is ended, and it comes back by itself."""
DIGEST_LETTERS = 12
log = structlog.get_logger(__name__)


@dataclass(frozen=True, kw_only=True)
class Pace:
    """Seconds.

    Between looks at the outbox while something is on its way, and else; between looks at the session; between
    signs of life; until mailbox is asked again after it went away; until a browser comes back.
    """

    outbox: float = 2.0
    quiet: float = 10.0
    session: float = 30.0
    heartbeat: float = 15.0
    mailbox: float = 3.0
    retry: float = 3.0


@dataclass(frozen=True)
class Event:
    """What is told: ``name`` of the event, its data, and the state after it."""

    name: str
    data: BaseModel
    state: str

    def encoded(self) -> str:
        """Return it as text/event-stream (WHATWG HTML, server-sent events)."""
        return f"id: {self.state}\nevent: {self.name}\ndata: {self.data.model_dump_json()}\n\n"


class EventStreams:
    """All streams of this process, so that they end with it."""

    def __init__(self, pace: Pace) -> None:
        self._pace = pace
        self._open: set[_Stream] = set()
        self._closed = False

    async def open(self, services: Services, token: str, last_id: str) -> AsyncGenerator[str]:
        """Return the text of a stream, once mailbox has agreed.

        Raises UpstreamProblem (of the session, or because it has too many streams) and UpstreamUnavailable.
        """
        stream = _Stream(services, token, last_id, self._pace)
        await stream.connect()
        self._open.add(stream)
        if self._closed:
            stream.finish()
        return self._text(stream)

    async def _text(self, stream: "_Stream") -> AsyncGenerator[str]:
        try:
            yield f"retry: {int(self._pace.retry * 1000)}\n\n"
            async for event in stream.events():
                yield event.encoded() if event else ":\n\n"
        finally:
            self._open.discard(stream)
            await stream.close()

    def close(self) -> None:
        """End all streams: the process is to stop. Browsers come back to another one."""
        self._closed = True
        for stream in self._open:
            stream.finish()


class _Stream:
    """One browser's stream."""

    def __init__(self, services: Services, token: str, last_id: str, pace: Pace) -> None:
        self._services = services
        self._token = token
        self._pace = pace
        self._maildrop, _, self._outbox = last_id.partition(".")
        self._entries: dict[str, OutboxEntry] | None = None
        self._queue: asyncio.Queue[Event | None] = asyncio.Queue()
        self._look_at_session = asyncio.Event()
        self._changes: MaildropChanges | None = None
        self._upstream = AsyncExitStack()
        self._tasks: list[asyncio.Task[None]] = []

    async def connect(self) -> None:
        """Let mailbox begin to tell."""
        changes = self._services.mailbox.changes(self._token, self._maildrop)
        self._changes = await self._upstream.enter_async_context(changes)

    async def events(self) -> AsyncIterator[Event | None]:
        """Yield events as they happen; None is a sign of life."""
        # first of all: every id names the state of the outbox too
        pause = await self._look_at_outbox()
        self._tasks = [
            asyncio.create_task(work)
            for work in (self._follow_maildrop(), self._watch_outbox(pause), self._watch_session())
        ]
        while True:
            try:
                event = await asyncio.wait_for(self._queue.get(), self._pace.heartbeat)
            except TimeoutError:
                yield None
                continue
            if event is None:
                return
            yield event
            if event.name == "session-ended":
                return

    def finish(self) -> None:
        """End the stream after what is on its way."""
        self._queue.put_nowait(None)

    async def close(self) -> None:
        """Hang up."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._upstream.aclose()

    def _tell(self, name: str, data: BaseModel) -> None:
        if self._queue.qsize() >= MAX_WAITING:
            self.finish()
            return
        self._queue.put_nowait(Event(name, data, f"{self._maildrop}.{self._outbox}"))

    # Mailbox

    async def _follow_maildrop(self) -> None:
        while True:
            try:
                if self._changes is None:
                    await self.connect()
                if self._changes is not None:
                    async for change in self._changes:
                        self._tell_change(change)
            except (UpstreamProblem, UpstreamUnavailable) as error:
                log.info("mailbox's changes are interrupted", error=type(error).__name__)
            self._changes = None
            await self._upstream.aclose()
            # mailbox ends what it tells when the session ends
            self._look_at_session.set()
            await asyncio.sleep(self._pace.mailbox)

    def _tell_change(self, change: MaildropChange) -> None:
        self._maildrop = change.state
        self._tell("messages", change)

    # Sender

    async def _look_at_outbox(self) -> float:
        """Tell entries that are new or different, and return in how many seconds to look again.

        The first look tells all where they are not those that the last event left behind, none where there
        was no last event.
        """
        try:
            entries = (await self._services.sender.outbox(self._token)).entries
        except (UpstreamProblem, UpstreamUnavailable) as error:
            log.info("the outbox was not looked at", error=type(error).__name__)
            return self._pace.quiet
        before, known = self._outbox, self._entries
        self._outbox, self._entries = _digest(entries), {entry.id: entry for entry in entries}
        if known is not None or before not in ("", self._outbox):
            for entry in entries:
                if known is None or known.get(entry.id) != entry:
                    self._tell("delivery", entry)
        on_its_way = any(entry.state not in FINAL for entry in entries)
        return self._pace.outbox if on_its_way else self._pace.quiet

    async def _watch_outbox(self, pause: float) -> None:
        while True:
            await asyncio.sleep(pause)
            pause = await self._look_at_outbox()

    # Auth

    async def _watch_session(self) -> None:
        warned: datetime | None = None
        while True:
            self._look_at_session.clear()
            pause = self._pace.session
            try:
                session = await self._services.auth.introspect(self._token, activity=False)
            except (UpstreamProblem, UpstreamUnavailable) as error:
                log.info("the session was not looked at", error=type(error).__name__)
            else:
                if not session.active:
                    self._tell("session-ended", SessionEnd(reason=session.reason or "unknown"))
                    return
                if session.expires_at is not None:
                    left = (session.expires_at - datetime.now(UTC)).total_seconds()
                    before_end = left - warning_margin(session.idle_seconds)
                    if before_end <= 0 and session.expires_at != warned:
                        warned = session.expires_at
                        self._tell("session-warning", SessionWarning(expires_at=warned))
                    pause = min(pause, before_end if before_end > 0 else max(left, 0.0) + 1.0)
            try:
                await asyncio.wait_for(self._look_at_session.wait(), pause)
            except TimeoutError:
                continue


def _digest(entries: tuple[OutboxEntry, ...]) -> str:
    told = "\n".join(entry.model_dump_json() for entry in entries)
    return hashlib.sha256(told.encode()).hexdigest()[:DIGEST_LETTERS]
