"""Logging in to maildrops: when a mailbox may be logged in to, and how long it may be held.

Many servers let one client in at a time. So a mailbox is held 30 s at most, by however many connections one
after the other, and then left alone for 2 s, in which a desktop client gets in; only a sign-in does not wait
for that. A maildrop that somebody else holds ([IN-USE], RFC 2449 section 8.1.1) is asked for again for some
seconds, then told. Servers that want a pause between logins (LOGIN-DELAY, section 6.5) get it.
"""

import asyncio
import functools
from collections import OrderedDict
from dataclasses import dataclass, field

import structlog

from mailbox_service.clock import Clock
from mailbox_service.connections import Connection, Login, Maildrop, OpenMaildrop
from mailbox_service.errors import LoginTooSoon, MaildropBusy
from mailbox_service.known_logins import KnownLogins
from mailbox_service.leases import LEASE_SECONDS, Leases
from mailbox_service.summaries import Summaries

BUSY_PAUSE_SECONDS = 0.25
"""Between two tries to open a maildrop that somebody holds."""
ASK_PAUSE_SECONDS = 0.1
"""Between two questions to another replica that has the maildrop."""
log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Seconds: a connection without use, a mailbox held in all, and left alone after that.

    ``busy``: how long a maildrop that somebody holds, or that wants a pause, is asked for again.
    """

    idle: float = 5.0
    total: float = 30.0
    gap: float = 2.0
    busy: float = 5.0


@dataclass(slots=True)
class _Hold:
    """A mailbox held without a gap since then: by that many connections now, or until it was released."""

    since: float
    released: float
    delayed_until: float
    connections: set[Connection] = field(default_factory=set)
    renewing: asyncio.Task[None] | None = None


class Logins:
    """Opens connections. All times are monotonic seconds."""

    def __init__(self, open_maildrop: OpenMaildrop, clock: Clock, limits: Limits, leases: Leases) -> None:
        self._open_maildrop = open_maildrop
        self._leases = leases
        self._clock = clock
        self._limits = limits
        self._holds: OrderedDict[str, _Hold] = OrderedDict()
        self.known = KnownLogins()

    def deadline(self) -> float:
        """Return until when a maildrop that somebody holds is asked for again from now on."""
        return self._clock.monotonic() + self._limits.busy

    def is_delayed(self, mailbox: str) -> bool:
        """Tell whether the server still wants a pause since the last login."""
        hold = self._holds.get(mailbox)
        return hold is not None and self._clock.monotonic() < hold.delayed_until

    def has_lived(self, connection: Connection) -> bool:
        """Tell whether a connection must end, in use or not."""
        return self._clock.monotonic() >= connection.expires

    def time_left(self, connection: Connection) -> float:
        """Return in how many seconds a connection ends if it is not used again.

        While the server wants a pause, nobody else could log in either.
        """
        idle = max(connection.used + self._limits.idle, connection.delayed_until)
        return min(connection.expires, idle) - self._clock.monotonic()

    async def connect(self, mailbox: str, login: Login, summaries: Summaries) -> Connection:
        """Log in now. Raises LoginRefused, MaildropBusy or MailServerUnavailable."""
        opened, as_of, mark = self._clock.monotonic(), self._clock.now(), self.known.mark(login)
        maildrop = await self._open_with_lease(mailbox, login)
        summaries.cache_key = login.cache_key
        hold = self._hold(mailbox)
        hold.delayed_until = opened + maildrop.login_delay
        connection = Connection(
            maildrop,
            summaries,
            opened=opened,
            expires=hold.since + self._limits.total,
            delayed_until=hold.delayed_until,
            as_of=as_of,
            mark=mark,
            at_end=functools.partial(self._release, mailbox, hold),
            may_commit=functools.partial(self._leases.take, mailbox),
        )
        hold.connections.add(connection)
        if hold.renewing is None:
            hold.renewing = asyncio.create_task(self._renew(mailbox, hold))
        return connection

    async def connect_when_free(
        self, mailbox: str, login: Login, summaries: Summaries, deadline: float
    ) -> Connection:
        """Leave the gap, then log in, and try again until ``deadline`` while somebody holds the maildrop.

        Raises as ``connect``.
        """
        await self._leave_gap(mailbox)
        while True:
            await self._leave_pause(mailbox, deadline)
            try:
                return await self.connect(mailbox, login, summaries)
            except MaildropBusy:
                if self._clock.monotonic() + BUSY_PAUSE_SECONDS > deadline:
                    raise
            await self._clock.sleep(BUSY_PAUSE_SECONDS)

    async def ask_others(self, mailbox: str) -> None:
        """Ask another replica that has the maildrop to let go: who asks has proved the password."""
        if not await self._leases.take(mailbox):
            await self._leases.ask(mailbox)

    async def _open_with_lease(self, mailbox: str, login: Login) -> Maildrop:
        """Log in while the lease is taken: it costs no time where no other replica has it."""
        taking = asyncio.create_task(self._leases.take(mailbox))
        try:
            maildrop = await self._open_maildrop(login)
        except BaseException as error:
            if not await taking and isinstance(error, MaildropBusy):
                await self._leases.ask(mailbox)
            self._release_lease(mailbox)
            raise
        try:
            if not await taking:
                await self._wait_for_lease(mailbox, self.deadline())
        except BaseException:
            maildrop.close()
            raise
        return maildrop

    async def _wait_for_lease(self, mailbox: str, deadline: float) -> None:
        while True:
            await self._leases.ask(mailbox)
            await self._clock.sleep(ASK_PAUSE_SECONDS)
            if await self._leases.take(mailbox):
                return
            if self._clock.monotonic() > deadline:
                raise MaildropBusy

    async def _renew(self, mailbox: str, hold: _Hold) -> None:
        """Renew the lease while connections are open; drop them without a word where it is lost."""
        while True:
            await self._clock.sleep(LEASE_SECONDS / 3)
            if not await self._leases.take(mailbox):
                log.warning("connections are dropped: another replica has the maildrop")
                for connection in list(hold.connections):
                    connection.drop()
                return

    def _release_lease(self, mailbox: str) -> None:
        hold = self._holds.get(mailbox)
        if hold is None or not hold.connections:
            self._leases.release(mailbox)

    async def _leave_gap(self, mailbox: str) -> None:
        hold, now = self._holds.get(mailbox), self._clock.monotonic()
        if hold is None or hold.connections or now < hold.since + self._limits.total:
            return
        if now < hold.released + self._limits.gap:
            await self._clock.sleep(hold.released + self._limits.gap - now)

    async def _leave_pause(self, mailbox: str, deadline: float) -> None:
        hold, now = self._holds.get(mailbox), self._clock.monotonic()
        pause = hold.delayed_until - now if hold else 0.0
        if pause <= 0:
            return
        if now + pause > deadline:
            raise LoginTooSoon(retry_after=int(pause) + 1)
        await self._clock.sleep(pause)

    def _hold(self, mailbox: str) -> _Hold:
        """Return the mailbox's hold, a new one where it was left alone, or held long enough, before."""
        now = self._clock.monotonic()
        hold = self._holds.pop(mailbox, None)
        if hold is None or now >= hold.since + self._limits.total or self._is_over(hold):
            hold = _Hold(since=now, released=now, delayed_until=now)
        self._holds[mailbox] = hold
        while self._is_over(oldest := next(iter(self._holds.values()))) and oldest is not hold:
            self._holds.popitem(last=False)
        return hold

    def _is_over(self, hold: _Hold) -> bool:
        now = self._clock.monotonic()
        over = max(hold.released + self._limits.gap, hold.delayed_until)
        return not hold.connections and now >= over

    def _release(self, mailbox: str, hold: _Hold, connection: Connection) -> None:
        hold.connections.discard(connection)
        hold.released = self._clock.monotonic()
        if not hold.connections and hold.renewing:
            hold.renewing.cancel()
            hold.renewing = None
        self._release_lease(mailbox)
