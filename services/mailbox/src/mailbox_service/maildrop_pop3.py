"""The maildrop over POP3: courriel_pop3 in the domain's terms, on servers that lack commands, too.

It retries nothing. What a server lacks is made up for within bounds (ADR 0010). Of a server it remembers what
it said it can do, that it drops pipelined commands, and that it means the pause between logins it announces.
"""

import asyncio
import contextlib
import ipaddress
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

import structlog

from courriel_pop3 import (
    AuthenticationRefused,
    Capabilities,
    InvalidCommand,
    LoginDelay,
    MaildropInUse,
    Pop3Client,
    Pop3Error,
    ReplyError,
    Server,
    TimedOut,
    TooLarge,
    connect,
)
from mailbox_service.connections import Login
from mailbox_service.errors import (
    CommandRefused,
    HeaderTooLarge,
    LoginRefused,
    LoginTooSoon,
    MaildropBusy,
    MailServerUnavailable,
    MessageTooLarge,
)
from mailbox_service.headers import HeaderReader
from mailbox_service.snapshots import Entry
from mailbox_service.summaries import digest_header

DISTRUST_SECONDS = 600.0
"""How long a server that dropped pipelined commands gets one command at a time."""
KNOWN_SECONDS = 300.0
"""How long the server's capabilities are believed: a round trip less at each login."""
log = structlog.get_logger(__name__)


class Pop3Maildrops:
    """Opens maildrops on one server; ``open`` is the domain's OpenMaildrop."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._trusted_from = 0.0
        self._means_delay = False
        self._known: Capabilities | None = None
        self._known_until = 0.0

    async def open(self, login: Login) -> "Pop3Maildrop":
        """Connect and log in. Raises LoginRefused, MaildropBusy, LoginTooSoon or MailServerUnavailable."""
        server = self._server
        if _now() < self._trusted_from:
            server = replace(server, pipelining=False)
        believed = self._known if _now() < self._known_until else None
        with _opening():
            client = await connect(server, client_address=_address(login.client_address), known=believed)
        try:
            with _opening():
                await client.login(login.username, login.password)
        except LoginTooSoon:
            client.close()
            self._means_delay = True
            raise
        except BaseException:
            client.close()
            raise
        if client.capabilities != believed:
            self._known, self._known_until = client.capabilities, _now() + KNOWN_SECONDS
        return Pop3Maildrop(client, self._distrust, means_delay=self._means_delay)

    def _distrust(self) -> None:
        log.warning("the mail server drops pipelined commands: one at a time for now")
        self._trusted_from = _now() + DISTRUST_SECONDS


class Pop3Maildrop:
    """A Maildrop on a POP3 connection. ``distrust`` is called where the server drops pipelined commands."""

    def __init__(self, client: Pop3Client, distrust: Callable[[], None], *, means_delay: bool) -> None:
        self._client = client
        self._distrust = distrust
        self._means_delay = means_delay
        self._headers = HeaderReader(client)

    @property
    def login_delay(self) -> float:
        """Seconds from this login before which the server takes no other (RFC 2449 section 6.5), or 0.

        What is announced is believed once the server has refused a login for it: Courier announces ten
        seconds, and wants none.
        """
        return (self._client.capabilities.login_delay or 0) if self._means_delay else 0

    async def listing(self) -> list[Entry]:
        """UIDL and LIST in one flight; without UIDL, size and a digest of the header stand for it."""
        with self._flight():
            entries = await self._client.listing()
            self._headers.sizes = {entry.number: entry.size for entry in entries}
            nameless = [entry.number for entry in entries if entry.uidl is None]
            headers = await self._headers.tops(nameless)
        return [
            Entry(number, size, uidl) if uidl is not None else _named(number, size, headers.get(number))
            for number, size, uidl in entries
        ]

    async def headers(self, numbers: Sequence[int]) -> Mapping[int, bytes]:
        """TOP n 0 of each, pipelined; without TOP the beginnings of whole messages, within bounds."""
        try:
            with self._flight():
                return await self._headers.read(numbers)
        except MailServerUnavailable as error:
            if isinstance(error.__cause__, TooLarge) and error.__cause__.number is not None:
                raise HeaderTooLarge(error.__cause__.number) from error
            raise

    async def retrieve(self, number: int) -> bytes:
        """RETR."""
        try:
            with _translated():
                return await self._client.retr(number)
        except MailServerUnavailable as error:
            if isinstance(error.__cause__, TooLarge):
                raise MessageTooLarge(error.__cause__.limit) from error
            raise

    async def delete(self, numbers: Sequence[int]) -> frozenset[int]:
        """DELE of each, pipelined."""
        with self._flight():
            outcomes = await self._client.deletes(numbers)
        return frozenset(number for number, refusal in outcomes if refusal is not None)

    async def quit(self) -> None:
        """QUIT, and its answer."""
        with _translated():
            await self._client.quit()

    def close(self) -> None:
        """Drop the connection."""
        self._client.close()

    @contextlib.contextmanager
    def _flight(self) -> Iterator[None]:
        """Do as ``_translated``, and notice where the first commands of a flight are answered alone."""
        with _translated():
            try:
                yield
            except TimedOut as error:
                if error.answered and self._client.capabilities.pipelining:
                    self._distrust()
                raise


def _now() -> float:
    return asyncio.get_running_loop().time()


def _address(text: str) -> str:
    """Return an IP address, or "" for whatever else a front end may have told us."""
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        return ""


def _named(number: int, size: int, header: bytes | None) -> Entry:
    if header is not None:
        return Entry(number, size, f"sha256-{digest_header(header)[:32]}-{size}")
    return Entry(number, size, f"size-{size}", unique=False)


@contextlib.contextmanager
def _opening() -> Iterator[None]:
    """Turn the library's errors at a login into the domain's."""
    try:
        yield
    except LoginDelay as error:
        raise LoginTooSoon from error
    except MaildropInUse as error:
        raise MaildropBusy from error
    except (AuthenticationRefused, InvalidCommand) as error:
        raise LoginRefused from error
    except Pop3Error as error:
        # what a server says of itself, and no line of mail: operators need it, and it holds no credential
        log.warning("the mail server cannot be used", error=type(error).__name__)
        raise MailServerUnavailable from error


@contextlib.contextmanager
def _translated() -> Iterator[None]:
    """Turn the library's errors into the domain's."""
    try:
        yield
    except ReplyError as error:
        raise CommandRefused from error
    except Pop3Error as error:
        raise MailServerUnavailable from error
