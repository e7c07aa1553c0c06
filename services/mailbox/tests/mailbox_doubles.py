"""Hand-written doubles of everything mailbox talks to, and the service's domain put together on them."""

import asyncio
import heapq
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial

from courriel_message import Summary
from courriel_seal import KeyRing
from courriel_wire import Sort
from mailbox_service import rendering
from mailbox_service.changes import Changes, Pace
from mailbox_service.connections import Login
from mailbox_service.deletions import Deletions, Held
from mailbox_service.errors import (
    CommandRefused,
    HeaderTooLarge,
    LoginRefused,
    MaildropBusy,
    MailServerUnavailable,
    MessageUnreadable,
    SessionEnded,
)
from mailbox_service.inline_images import ImageStoreUnavailable, InlineImages
from mailbox_service.leases import Leases, LeaseStoreUnavailable
from mailbox_service.listing import Page, Wanted
from mailbox_service.logins import Limits
from mailbox_service.mail_cache import CacheUnavailable, MailCache
from mailbox_service.maildrops import Access, Maildrops
from mailbox_service.message_headers import Headers
from mailbox_service.messages import Messages
from mailbox_service.reading_ahead import ReadingAhead
from mailbox_service.recollection import Recollection
from mailbox_service.seen import Seen
from mailbox_service.sessions import Sessions
from mailbox_service.snapshots import Entry

JEAN = "jean.dupont"
MARIE = "marie.martin"
PASSWORD = "demo"
CACHE_KEY = bytes(range(32))
HOSTILE = b"X-Hostile: yes"
"""A mail with this line takes the fake reader too long."""
PATIENCE = 10_000
"""Turns of the event loop that a condition is awaited."""


async def until(condition: Callable[[], object]) -> None:
    """Let the event loop turn until the condition holds."""
    for _ in range(PATIENCE):
        if condition():
            return
        await asyncio.sleep(0)
    raise AssertionError("the condition never held")


class FakeClock:
    """Stands still until it is advanced."""

    def __init__(self) -> None:
        self.seconds = 1000.0
        self._sleepers: list[tuple[float, int, asyncio.Event]] = []
        self._count = 0

    def now(self) -> datetime:
        """Return the time of day."""
        return datetime(2026, 11, 23, 8, tzinfo=UTC) + timedelta(seconds=self.seconds)

    def monotonic(self) -> float:
        """Return the seconds so far."""
        return self.seconds

    async def sleep(self, seconds: float) -> None:
        """Wait until somebody advances the clock that far."""
        woken = asyncio.Event()
        self._count += 1
        heapq.heappush(self._sleepers, (self.seconds + seconds, self._count, woken))
        await woken.wait()

    async def advance(self, seconds: float) -> None:
        """Move on, waking whoever slept until then, and let them act."""
        end = self.seconds + seconds
        while self._sleepers and self._sleepers[0][0] <= end:
            self.seconds, _, woken = heapq.heappop(self._sleepers)
            woken.set()
            await self.settle()
        self.seconds = end
        await self.settle()

    async def settle(self) -> None:
        """Let the event loop turn a few times, with the clock standing still."""
        for _ in range(50):
            await asyncio.sleep(0)

    @property
    def sleeping(self) -> int:
        """How many wait for time to pass."""
        return len(self._sleepers)


@dataclass
class Mail:
    """A message in a fake maildrop."""

    uidl: str
    raw: bytes


@dataclass
class FakeServer:
    """A POP3 server in memory: a login is a snapshot, QUIT commits. Its faults are attributes to be set."""

    mailboxes: dict[str, list[Mail]] = field(default_factory=lambda: defaultdict(list))
    password: str = PASSWORD
    exclusive: bool = False
    down: bool = False
    busy: bool = False
    login_delay: float = 0.0
    """Seconds that are wanted between logins; nobody is let in before (``World`` gives the clock)."""
    seconds: Callable[[], float] = lambda: 0.0
    lose_quit: str = ""
    """``before`` or ``after`` the deletion was carried out the connection breaks."""
    vanish_at_quit: bool = False
    """From the next QUIT on the server is away."""
    refuse_quit: bool = False
    refuse_dele: set[int] = field(default_factory=set)
    refuse_top: set[int] = field(default_factory=set)
    oversized_top: set[int] = field(default_factory=set)
    name: Callable[[Mail, int, int], str] = lambda mail, _number, _login: mail.uidl
    """Makes a message's UIDL, from its number and that of the login, too, where the server is so bad."""
    hold: dict[str, asyncio.Event] = field(default_factory=dict)
    """Per mailbox: a listing waits for this."""
    hold_top: asyncio.Event | None = None
    """Headers wait for this."""
    commands: list[str] = field(default_factory=list)
    client_addresses: list[str] = field(default_factory=list)
    connections: list["FakeMaildrop"] = field(default_factory=list)
    logins: dict[str, float] = field(default_factory=dict)

    async def open(self, login: Login) -> "FakeMaildrop":
        """Log in."""
        self.commands.append(f"LOGIN {login.username}")
        self.client_addresses.append(login.client_address)
        if self.down:
            raise MailServerUnavailable
        if login.password != self.password or login.username not in self.mailboxes:
            raise LoginRefused
        if self.busy or (self.exclusive and self.holders(login.username)):
            raise MaildropBusy
        if self.login_delay and self.seconds() < self.logins.get(login.username, -1e9) + self.login_delay:
            raise MaildropBusy
        self.logins[login.username] = self.seconds()
        maildrop = FakeMaildrop(self, login.username, tuple(self.mailboxes[login.username]))
        self.connections.append(maildrop)
        return maildrop

    def holders(self, mailbox: str) -> int:
        """How many connections hold the mailbox."""
        return sum(each.alive and each.mailbox == mailbox for each in self.connections)

    def uidls(self, mailbox: str = JEAN) -> list[str]:
        """Return what is in the mailbox now."""
        return [mail.uidl for mail in self.mailboxes[mailbox]]

    def count(self, verb: str) -> int:
        """How often a command was given."""
        return sum(command.split()[0] == verb for command in self.commands)


class FakeMaildrop:
    """One session at the fake server."""

    def __init__(self, server: FakeServer, mailbox: str, mails: tuple[Mail, ...]) -> None:
        self._server = server
        self.mailbox = mailbox
        self._mails = mails
        self._marked: set[int] = set()
        self._login = server.count("LOGIN")
        self.login_delay = server.login_delay
        self._alive = True
        self.opened = self.closed = server.seconds()
        self.quitted = False

    @property
    def alive(self) -> bool:
        """Whether the connection is open."""
        return self._alive

    @alive.setter
    def alive(self, alive: bool) -> None:
        if self._alive and not alive:
            self.closed = self._server.seconds()
        self._alive = alive

    def _command(self, verb: str, number: int | None = None) -> None:
        if not self.alive or self._server.down:
            self.alive = False
            raise MailServerUnavailable
        self._server.commands.append(verb if number is None else f"{verb} {number}")

    async def listing(self) -> list[Entry]:
        """UIDL and LIST."""
        self._command("LIST")
        if self.mailbox in self._server.hold:
            await self._server.hold[self.mailbox].wait()
        return [
            Entry(number, len(mail.raw), self._server.name(mail, number, self._login))
            for number, mail in enumerate(self._mails, 1)
        ]

    async def headers(self, numbers: Sequence[int]) -> Mapping[int, bytes]:
        """TOP n 0."""
        if self._server.hold_top:
            await self._server.hold_top.wait()
        for number in numbers:
            self._command("TOP", number)
            if number in self._server.oversized_top:
                self.alive = False
                raise HeaderTooLarge(number)
        return {
            number: self._mails[number - 1].raw.partition(b"\r\n\r\n")[0] + b"\r\n\r\n"
            for number in numbers
            if number not in self._server.refuse_top
        }

    async def retrieve(self, number: int) -> bytes:
        """RETR."""
        self._command("RETR", number)
        await asyncio.sleep(0)
        if self._mails[number - 1] not in self._server.mailboxes[self.mailbox]:
            raise CommandRefused
        return self._mails[number - 1].raw

    async def delete(self, numbers: Sequence[int]) -> frozenset[int]:
        """DELE."""
        for number in numbers:
            self._command("DELE", number)
        self._marked |= set(numbers) - self._server.refuse_dele
        return frozenset(numbers) & self._server.refuse_dele

    async def quit(self) -> None:
        """QUIT."""
        self._command("QUIT")
        self.alive = False
        self._server.down = self._server.vanish_at_quit
        if self._server.lose_quit == "before":
            raise MailServerUnavailable
        if self._server.refuse_quit:
            raise CommandRefused
        self.quitted = True
        doomed = [self._mails[number - 1] for number in self._marked]
        left = [mail for mail in self._server.mailboxes[self.mailbox] if mail not in doomed]
        self._server.mailboxes[self.mailbox][:] = left
        if self._server.lose_quit == "after":
            raise MailServerUnavailable

    def close(self) -> None:
        """Drop the connection."""
        self.alive = False


@dataclass
class FakeAuth:
    """Knows tokens (which are the sids here) and the password of every mailbox."""

    server: FakeServer
    sessions: dict[str, str] = field(default_factory=dict)
    password: str = PASSWORD
    calls: int = 0
    credentials_asked: int = 0
    activity: int = 0
    revoked: list[str] = field(default_factory=list)

    async def introspect(self, token: str, *, activity: bool = True) -> Access:
        """Tell whose session it is."""
        self.calls += 1
        self.activity += activity
        if token not in self.sessions:
            raise SessionEnded
        return Access(token, self.sessions[token], partial(self._login, token))

    async def introspect_for_login(self, token: str, *, activity: bool = True) -> Access:
        """Tell it and bring the login, in one call."""
        access, login = await self.introspect(token, activity=activity), await self._login(token)
        self.calls -= 1

        async def at_hand() -> Login:
            return login

        return replace(access, login=at_hand)

    async def _login(self, token: str) -> Login:
        if token not in self.sessions:
            raise SessionEnded
        self.calls += 1
        self.credentials_asked += 1
        return Login(self.sessions[token], self.password, cache_key=CACHE_KEY)

    def session(self, token: str) -> "FakeCaller":
        """Return the session itself."""
        return FakeCaller(self, token)


@dataclass
class FakeCaller:
    """A session at the fake auth; its time is the count of what a person did."""

    auth: FakeAuth
    token: str

    async def last_active(self) -> datetime:
        """Tell."""
        await self.auth.introspect(self.token, activity=False)
        return datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=self.auth.activity)

    async def end(self) -> None:
        """Sign out."""
        self.auth.revoked.append(self.token)
        del self.auth.sessions[self.token]


class FakeHeldDeletions:
    """Held deletions in memory; it outlives the domain objects of a test, as Redis outlives a process."""

    def __init__(self) -> None:
        self.stored: dict[str, dict[str, Held]] = defaultdict(dict)

    async def add(self, mailbox: str, held: Sequence[Held]) -> None:
        """Store."""
        self.stored[mailbox].update({each.uid: each for each in held})

    async def of(self, mailbox: str) -> list[Held]:
        """Return all."""
        return list(self.stored[mailbox].values())

    async def remove(self, mailbox: str, uids: Iterable[str]) -> None:
        """Forget."""
        for uid in uids:
            self.stored[mailbox].pop(uid, None)


class FakeImageStore:
    """A cache in memory that can be taken away."""

    def __init__(self) -> None:
        self.values: dict[str, bytes] = {}
        self.away = False

    async def put(self, values: dict[str, bytes], seconds: int) -> None:
        """Keep."""
        if self.away:
            raise ImageStoreUnavailable
        assert seconds > 0
        self.values.update(values)

    async def get(self, key: str) -> bytes | None:
        """Return."""
        if self.away:
            raise ImageStoreUnavailable
        return self.values.get(key)


class FakeCacheStore:
    """Shelves in memory that can be taken away, be slow, or be filled with garbage."""

    def __init__(self) -> None:
        self.shelves: dict[str, dict[str, bytes]] = defaultdict(dict)
        self.away = False
        self.stuck: asyncio.Event | None = None
        """Every answer waits for this."""
        self.asked = 0

    async def all(self, shelf: str) -> list[bytes]:
        """Return every value."""
        await self._answer()
        return list(self.shelves[shelf].values())

    async def names(self, shelf: str) -> set[str]:
        """Return every name."""
        await self._answer()
        return set(self.shelves[shelf])

    async def get(self, shelf: str, name: str) -> bytes | None:
        """Return one value."""
        await self._answer()
        return self.shelves[shelf].get(name)

    async def put(self, shelf: str, name: str, value: bytes, *, octets: int) -> None:
        """Store one value, the last of its shelf."""
        await self._answer()
        values = self.shelves[shelf]
        values.pop(name, None)
        values[name] = value
        while sum(map(len, values.values())) > octets:
            del values[next(iter(values))]

    async def clear(self, shelf: str) -> None:
        """Forget a shelf."""
        await self._answer()
        self.shelves.pop(shelf, None)

    async def _answer(self) -> None:
        self.asked += 1
        if self.away:
            raise CacheUnavailable
        if self.stuck:
            await self.stuck.wait()


class FakePreferenceStore:
    """Sealed preferences in memory."""

    def __init__(self) -> None:
        self.values: dict[str, bytes] = {}

    async def get(self, key: str) -> bytes | None:
        """Return."""
        return self.values.get(key)

    async def put(self, key: str, sealed: bytes) -> None:
        """Store."""
        self.values[key] = sealed


class FakeSeenStore:
    """Seen marks in memory."""

    def __init__(self) -> None:
        self.marks: dict[str, set[bytes]] = defaultdict(set)
        self.writes = 0

    async def of(self, mailbox: str) -> frozenset[bytes]:
        """Return all."""
        return frozenset(self.marks[mailbox])

    async def add(self, mailbox: str, marks: Collection[bytes]) -> None:
        """Add."""
        assert marks
        self.writes += 1
        self.marks[mailbox] |= set(marks)

    async def remove(self, mailbox: str, marks: Collection[bytes]) -> None:
        """Remove."""
        assert marks
        self.writes += 1
        self.marks[mailbox] -= set(marks)


class FakeLeaseStore:
    """Leases in memory, for all replicas of a test; they end only when they are given back or ``lost``."""

    def __init__(self) -> None:
        self.held: dict[str, tuple[str, str]] = {}
        self.listeners: list[asyncio.Queue[tuple[str, str]]] = []
        self.away = False
        self.calls = 0

    async def take(self, key: str, replica: str, holding: str, seconds: float) -> bool:
        """Take or renew."""
        assert seconds > 0
        self.calls += 1
        await asyncio.sleep(0)
        if self.away:
            raise LeaseStoreUnavailable
        if key in self.held and self.held[key][0] != replica:
            return False
        self.held[key] = (replica, holding)
        return True

    async def release(self, key: str, replica: str, holding: str) -> None:
        """Give back."""
        if self.away:
            raise LeaseStoreUnavailable
        if self.held.get(key) == (replica, holding):
            del self.held[key]

    async def ask(self, key: str, replica: str) -> None:
        """Tell all listeners."""
        if self.away:
            raise LeaseStoreUnavailable
        for listener in self.listeners:
            listener.put_nowait((key, replica))

    async def asked(self) -> AsyncIterator[tuple[str, str]]:
        """Listen."""
        listener: asyncio.Queue[tuple[str, str]] = asyncio.Queue()
        self.listeners.append(listener)
        while True:
            yield await listener.get()

    def lose(self) -> None:
        """Let another replica have them all."""
        self.held = dict.fromkeys(self.held, ("another", ""))


class FakeReader:
    """Takes mail apart in this process; hostile mail is too much for it."""

    async def summarise(self, headers: Sequence[bytes]) -> list[Summary]:
        """Summarise."""
        for header in headers:
            self._check(header)
        return rendering.summarise_all(headers)

    async def render(self, raw: bytes, remote: KeyRing | None = None) -> rendering.Rendering:
        """Render."""
        self._check(raw)
        return rendering.render(raw, remote)

    async def extract(self, raw: bytes, part_id: str) -> rendering.Attachment | None:
        """Return one part."""
        self._check(raw)
        return rendering.extract(raw, part_id)

    async def archive(self, raw: bytes) -> bytes:
        """Zip the parts."""
        self._check(raw)
        return rendering.archive(raw)

    @staticmethod
    def _check(raw: bytes) -> None:
        if HOSTILE in raw:
            raise MessageUnreadable


def letter(
    subject: str, *, body: str = "Bonjour.", extra: str = "", sender: str = "marie@demo.example"
) -> bytes:
    """Write a small message."""
    head = f"From: Marie <{sender}>\r\nTo: jean@demo.example\r\nSubject: {subject}\r\n{extra}"
    return f"{head}Date: Mon, 23 Nov 2026 09:00:00 +0100\r\n\r\n{body}\r\n".encode()


class NotReadingAhead(ReadingAhead):
    """Reads nothing behind the answers."""

    def begin(self, access: Access) -> None:
        """Leave it."""


class World:
    """The domain on doubles. ``restart`` starts a new process: memory is gone, server and store are not."""

    def __init__(self, *, reads_ahead: bool = False) -> None:
        """Args: whether anything is read behind the answers; without it every command was asked for."""
        self.reads_ahead = reads_ahead
        self.clock = FakeClock()
        self.server = FakeServer(seconds=self.clock.monotonic)
        self.auth = FakeAuth(self.server)
        self.held = FakeHeldDeletions()
        self.image_store = FakeImageStore()
        self.cache_store = FakeCacheStore()
        self.preference_store = FakePreferenceStore()
        self.seen_store = FakeSeenStore()
        self.lease_store = FakeLeaseStore()
        self.restart()

    def restart(self) -> None:
        """Start a process."""
        self.lease_store.held.clear()  # those of a process that died end by themselves
        self.maildrops = Maildrops(self.server.open, self.clock, Limits(), Leases(self.lease_store))
        self.deletions = Deletions(self.maildrops, self.held, self.clock)
        self.images = InlineImages(self.image_store)
        self.seen = Seen(self.maildrops, self.seen_store)
        self.cache = MailCache(self.cache_store, self.clock, server="mail.demo.example:110", octets=1_000_000)
        recollection = Recollection(self.cache)
        reader = FakeReader()
        headers = Headers(reader)
        self.ahead = (ReadingAhead if self.reads_ahead else NotReadingAhead)(
            self.maildrops, headers, reader, recollection, self.clock, rest_seconds=Limits().total
        )
        self.messages = Messages(
            maildrops=self.maildrops,
            deletions=self.deletions,
            reader=reader,
            images=self.images,
            headers=headers,
            recollection=recollection,
            ahead=self.ahead,
            seen=self.seen,
            remote=KeyRing.of_secret("the gateway's"),
            snapshot_seconds=3.0,
            max_octets=1_000_000,
        )
        self.changes = Changes(self.maildrops, self.seen, self.clock, Pace())
        self.sessions = Sessions(self.maildrops, self.deletions, self.messages, recollection, self.changes)

    def deliver(self, *uidls: str, mailbox: str = JEAN, raw: bytes | None = None) -> None:
        """Put messages into a maildrop."""
        mails = self.server.mailboxes[mailbox]
        mails.extend(Mail(uidl, raw or letter(f"Lettre {uidl}")) for uidl in uidls)

    async def access(self, sid: str = "s1", mailbox: str = JEAN) -> Access:
        """Return a session that auth vouches for."""
        self.auth.sessions[sid] = mailbox
        return await self.auth.introspect(sid)

    async def page(
        self, access: Access, number: int, per_page: int, sort: Sort = Sort.NEWEST_FIRST, query: str = ""
    ) -> Page:
        """Return a page, when what is read behind it has been read."""
        page = await self.messages.page(access, Wanted(number, per_page, sort, query))
        await until(lambda: not self.ahead._reading)
        return page

    async def subjects(self, access: Access, *, refresh: bool = False) -> list[str]:
        """Return the first page's subjects."""
        page = await self.messages.page(access, Wanted(1, 50), refresh=refresh)
        return [row.summary.subject for row in page.rows]

    async def newest(self, access: Access) -> str:
        """Return the uid on top of the list."""
        return (await self.messages.page(access, Wanted(1, 1))).rows[0].uid

    async def uids(self, access: Access) -> list[str]:
        """Return the first page's uids, oldest first."""
        page = await self.messages.page(access, Wanted(1, 50, Sort.OLDEST_FIRST))
        return [row.uid for row in page.rows]
