"""Who may use which maildrop when: the sessions open in this process, and the connection each of them holds.

What is done on one mailbox is done one at a time, in the order of asking; another mailbox never waits. A
connection is lent to a piece of work, kept a short while for the next one, and ended with QUIT, so that the
person's desktop client gets at its mail. This module decides nothing about what is read or deleted, and it
keeps no password: a login is asked for when a connection must be opened.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field, replace
from typing import TypeVar

import structlog

from mailbox_service.clock import Clock
from mailbox_service.connections import Connection, Login, OpenMaildrop
from mailbox_service.errors import (
    HeaderTooLarge,
    LoginRefused,
    MailboxError,
    MaildropBusy,
    MailServerUnavailable,
    SessionEnded,
)
from mailbox_service.leases import Leases
from mailbox_service.logins import Limits, Logins
from mailbox_service.remembered import remember
from mailbox_service.snapshots import Snapshot
from mailbox_service.summaries import Summaries
from mailbox_service.turns import Turn, Turns

Result = TypeVar("Result")
FORGET_SECONDS = 1800.0
"""What a session was shown is forgotten when nothing was asked for this long."""
MAX_ENDED = 10_000
"""The latest ended sessions, which are remembered: what still comes for one is late by seconds only."""
REFUSAL_SECONDS = 2.5
"""Within which mail servers refuse a wrong password (as AUTH_REFUSAL_SECONDS): Dovecot takes up to 2.0 s."""
OVERSIZED_TRIES = 5
"""Connections that one piece of work may use up because of headers that are too large, one each."""
CLOSE_SECONDS = 5.0
"""How long a stop of the service waits for the answers to QUIT."""
log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Access:
    """A session that auth vouched for. ``login`` asks for what opens its maildrop, or raises SessionEnded."""

    sid: str
    mailbox: str
    login: Callable[[], Awaitable[Login]] = field(repr=False)


@dataclass(slots=True)
class _Session:
    sid: str
    mailbox: str
    used: float
    summaries: Summaries = field(default_factory=Summaries)
    connection: Connection | None = None
    remembered: Connection | None = None
    signed_out: bool = False


class Maildrops:
    """The registry of sessions and their connections. Used within one event loop."""

    def __init__(self, open_maildrop: OpenMaildrop, clock: Clock, limits: Limits, leases: Leases) -> None:
        self._logins = Logins(open_maildrop, clock, limits, leases)
        self._clock = clock
        self._sessions: dict[str, _Session] = {}
        self._ended: dict[str, None] = {}
        self._turns = Turns()
        self._watchers: set[asyncio.Task[None]] = set()

    async def sign_in(self, sid: str, mailbox: str, login: Login) -> None:
        """Prove a login by using it, and keep the connection for session ``sid``.

        A wrong password neither waits for whoever has the mailbox open nor costs them anything. Raises
        LoginRefused, MaildropBusy, MailServerUnavailable, and SessionEnded where the session was signed out
        meanwhile.
        """
        await self._leave(sid)
        session = _Session(sid, mailbox, self._clock.monotonic())
        connection = await self._prove(session, login)
        if sid in self._ended:
            # nobody would ever end this connection: its sign-out has been and gone
            session.connection = connection
            await self._end(session)
            raise SessionEnded
        self._forget_old()
        self._sessions[sid] = session
        self._keep(session, connection)

    async def sign_out(self, sid: str) -> None:
        """End the session's connection with QUIT, for good: a sign-in that is still under way keeps nothing.

        An unknown session is fine.
        """
        self._ended[sid] = None
        while len(self._ended) > MAX_ENDED:
            del self._ended[next(iter(self._ended))]
        await self._leave(sid)

    async def _leave(self, sid: str) -> None:
        session = self._sessions.pop(sid, None)
        if session is None:
            return
        session.signed_out = True
        async with self._turns.of(session.mailbox):
            await self._end(session)

    async def lend(
        self,
        access: Access,
        work: Callable[[Connection], Awaitable[Result]],
        *,
        max_age: float | None = None,
    ) -> Result:
        """Do ``work`` with the session's connection, in the mailbox's turn, and return its result.

        A connection whose snapshot is older than ``max_age`` seconds, or that has lived its time, is ended
        first, unless the server wants a pause before the next login. Work that finds a kept connection dead
        is done again on a new one: it must not have had an effect by then. The same holds for a header that
        is too large (``OVERSIZED_TRIES``): work must have noted it. Raises what ``work`` raises,
        SessionEnded, MaildropBusy and MailServerUnavailable.
        """
        session = self._session(access)
        async with self._turns.of(access.mailbox):
            if session.signed_out:
                raise SessionEnded
            if session.connection and self._is_stale(session.connection, access.mailbox, max_age):
                # auth answers while the mail server answers QUIT
                asked = asyncio.ensure_future(access.login())
                await self._end(session)
                access = replace(access, login=lambda: asked)
            return await self._do(session, access, work)

    async def lend_kept(
        self, access: Access, work: Callable[[Connection], Awaitable[Result]]
    ) -> Result | None:
        """Do ``work`` behind whatever people ask for, with a connection that is there.

        It lasts no longer for that. None where there is none. Raises what ``work`` raises.
        """
        session = self._sessions.get(access.sid)
        if session is None:
            return None
        async with self._turns.of(access.mailbox).behind():
            connection = session.connection
            if connection is None or session.signed_out or self._logins.has_lived(connection):
                return None
            used = connection.used
            try:
                return await self._use(session, connection, work)
            finally:
                connection.used = used

    async def peek(self, access: Access, max_age: float) -> Snapshot:
        """Return what the maildrop holds, as it was ``max_age`` seconds ago at most, and disturb nobody.

        A connection that is opened for this is ended at once; a maildrop that somebody holds is not asked for
        again. While the server wants a pause between logins, older news may be told. Raises as ``lend``.
        """
        session = self._session(access)
        async with self._turns.of(access.mailbox).behind():
            if session.signed_out:
                raise SessionEnded
            if session.connection and self._is_stale(session.connection, access.mailbox, max_age):
                await self._end(session)
            kept = session.connection
            used = kept.used if kept else 0.0
            if not kept and session.remembered and self._logins.is_delayed(access.mailbox):
                return await session.remembered.snapshot()
            try:
                return await self._use(
                    session,
                    kept or await self._connect_for(session, access, patient=False),
                    Connection.snapshot,
                )
            finally:
                if kept:
                    kept.used = used
                else:
                    await self._end(session)

    async def let_go(self, mailbox: str) -> None:
        """End what the sessions here hold of a mailbox, after what is being done: somebody else needs it."""
        async with self._turns.of(mailbox):
            await self._end_all(mailbox)

    def turn(self, mailbox: str) -> Turn:
        """Return the mailbox's turn, for what needs no connection: ``async with drops.turn(mailbox):``."""
        return self._turns.of(mailbox)

    def summaries(self, access: Access) -> Summaries:
        """Return what this session was shown. Raises SessionEnded."""
        return self._session(access).summaries

    def touch(self, access: Access) -> None:
        """Count as a use of the session's connection: the person is there, though nothing was asked for."""
        session = self._session(access)
        if session.connection is not None:
            session.connection.used = session.used

    def summaries_of(self, sid: str) -> Summaries | None:
        """Return what a session knows; None where there is no such session (any more)."""
        session = self._sessions.get(sid)
        return session.summaries if session else None

    async def close(self) -> None:
        """End every connection with QUIT, all at once, within ``CLOSE_SECONDS``."""
        for watcher in self._watchers:
            watcher.cancel()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(CLOSE_SECONDS):
                await asyncio.gather(*(self.sign_out(sid) for sid in list(self._sessions)))

    # Sessions

    def _session(self, access: Access) -> _Session:
        session = self._sessions.get(access.sid)
        if session is None:
            if access.sid in self._ended:
                raise SessionEnded  # auth vouched for it just before it was signed out
            self._forget_old()
            session = _Session(access.sid, access.mailbox, self._clock.monotonic())
            self._sessions[access.sid] = session
        session.used = self._clock.monotonic()
        return session

    def _forget_old(self) -> None:
        oldest = self._clock.monotonic() - FORGET_SECONDS
        for session in list(self._sessions.values()):
            if session.connection is None and session.used < oldest:
                del self._sessions[session.sid]

    # Connections

    def _is_stale(self, connection: Connection, mailbox: str, max_age: float | None) -> bool:
        if self._logins.has_lived(connection):
            return True
        is_old = max_age is not None and self._clock.monotonic() - connection.opened >= max_age
        return is_old and not self._logins.is_delayed(mailbox)

    async def _prove(self, session: _Session, login: Login) -> Connection:
        """Log in, so that connections of other sessions give way to the right password and to no other.

        A server that allows one session says [IN-USE] after the right password only (RFC 2449 section
        8.1.1), and may wait for its own lock before that (Dovecot: 11 s). So they give way at once to the
        login that opened them, and to another one when the server says so, or has not refused it in time.
        """
        mailbox, turn = session.mailbox, self._turns.of(session.mailbox)
        deadline = self._logins.deadline()
        siblings = [
            each.connection.mark
            for each in self._sessions.values()
            if each.mailbox == mailbox and each.connection
        ]
        known = self._logins.known.recognise(login, siblings)
        if known and not turn.locked():
            async with turn:
                await self._end_all(mailbox)
        try:
            async with self._giving_way(mailbox, 0.0 if known else REFUSAL_SECONDS):
                return await self._logins.connect(mailbox, login, session.summaries)
        except MaildropBusy:
            if not siblings and self._clock.monotonic() > deadline:
                raise
            async with turn:
                return await self._connect_when_free(session, login, deadline)

    @contextlib.asynccontextmanager
    async def _giving_way(self, mailbox: str, after: float) -> AsyncIterator[None]:
        """End what the sessions here hold of the mailbox, if the body lasts longer than ``after`` seconds."""

        async def give_way() -> None:
            await self._clock.sleep(after)
            await self.let_go(mailbox)
            await self._logins.ask_others(mailbox)

        task = asyncio.create_task(give_way())
        try:
            yield
        finally:
            task.cancel()

    async def _connect_when_free(self, session: _Session, login: Login, deadline: float) -> Connection:
        """Log in, in the mailbox's turn, after what other sessions here hold of it was ended."""
        await self._end_all(session.mailbox)
        return await self._logins.connect_when_free(session.mailbox, login, session.summaries, deadline)

    async def _connect_for(self, session: _Session, access: Access, *, patient: bool = True) -> Connection:
        try:
            login = await access.login()
            deadline = self._logins.deadline() if patient else 0.0
            connection = await self._connect_when_free(session, login, deadline)
        except LoginRefused as error:
            # the password was changed since the sign-in: only a new sign-in helps
            raise SessionEnded from error
        self._keep(session, connection)
        return connection

    def _keep(self, session: _Session, connection: Connection) -> None:
        session.connection, session.remembered = connection, None
        watcher = asyncio.create_task(self._watch(session, connection))
        self._watchers.add(watcher)
        watcher.add_done_callback(self._watchers.discard)

    async def _do(
        self, session: _Session, access: Access, work: Callable[[Connection], Awaitable[Result]]
    ) -> Result:
        """Do ``work``, on a new connection where the kept one, or what came over it, was of no use."""
        tries = OVERSIZED_TRIES
        while True:
            kept = session.connection
            if not kept and session.remembered and self._logins.is_delayed(session.mailbox):
                with contextlib.suppress(MaildropBusy):
                    return await work(session.remembered)
            try:
                return await self._use(session, kept or await self._connect_for(session, access), work)
            except HeaderTooLarge:
                tries -= 1
                if not tries:
                    raise
            except MailServerUnavailable:
                if not kept:
                    raise

    async def _use(
        self, session: _Session, connection: Connection, work: Callable[[Connection], Awaitable[Result]]
    ) -> Result:
        try:
            return await work(connection)
        except MailServerUnavailable:
            connection.drop()
            raise
        except MailboxError:
            raise  # the answer was read to its end: the connection goes on
        except BaseException:
            connection.drop()
            raise
        finally:
            connection.used = self._clock.monotonic()
            if connection.ended:
                self._part(session, connection)

    async def _watch(self, session: _Session, connection: Connection) -> None:
        """End the connection when it was not used for a while, or has lived its time."""
        while not connection.ended:
            if (left := self._logins.time_left(connection)) > 0:
                await self._clock.sleep(left)
                continue
            async with self._turns.of(session.mailbox):
                # the turn may have been long in coming
                if connection is session.connection and self._logins.time_left(connection) <= 0:
                    await self._end(session)

    async def _end_all(self, mailbox: str) -> None:
        """End what the sessions here hold of the mailbox, in its turn: it has one connection at most."""
        for session in [each for each in self._sessions.values() if each.mailbox == mailbox]:
            await self._end(session)

    async def _end(self, session: _Session) -> None:
        """End the session's connection with QUIT, if it has one. Nothing is marked as deleted here."""
        connection = session.connection
        if connection is None:
            return
        try:
            await connection.quit()
        except MailboxError as error:
            log.info("a connection ended without an answer to QUIT", error=type(error).__name__)
        finally:
            self._part(session, connection)

    def _part(self, session: _Session, connection: Connection) -> None:
        session.connection = None
        session.remembered = remember(connection) if self._logins.is_delayed(session.mailbox) else None
