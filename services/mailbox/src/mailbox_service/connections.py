"""One connection to a maildrop: what the domain asks of a POP3 session, and what is known while it lasts.

The port ``Maildrop`` is a logged-in POP3 session (RFC 1939, TRANSACTION state). ``Connection`` adds what
belongs to it and ends with it: its snapshot, and the message last read. Who may use it when is
``maildrops.py``'s matter.
"""

import base64
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from mailbox_service.errors import LeaseLost
from mailbox_service.snapshots import Entry, Snapshot, take_snapshot
from mailbox_service.summaries import Summaries

CACHE_KEY_OCTETS = 32


@dataclass(frozen=True, slots=True)
class Login:
    """What opens a maildrop, and with ``cache_key`` (32 octets) what is cached of it.

    ``client_address`` is whom it is for, or "" where nobody knows.
    """

    username: str
    password: str = field(repr=False)
    client_address: str = ""
    cache_key: bytes | None = field(default=None, repr=False)


def read_cache_key(encoded: str) -> bytes | None:
    """Return the 32 octets of a key in base64url; None where there are none, which costs the cache alone."""
    try:
        key = base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4))
    except ValueError:
        return None
    return key if len(key) == CACHE_KEY_OCTETS else None


class Maildrop(Protocol):
    """A POP3 session after its login.

    Every method raises MailServerUnavailable when the connection is of no use any more.
    """

    @property
    def login_delay(self) -> float:
        """Seconds that the server wants from this login to the next (RFC 2449 section 6.5), or 0."""
        ...

    async def listing(self) -> list[Entry]:
        """List all messages; the same answer as long as the session lasts."""
        ...

    async def headers(self, numbers: Sequence[int]) -> Mapping[int, bytes]:
        """Return the header of each message by its number; one that the server refuses is missing.

        Raises HeaderTooLarge.
        """
        ...

    async def retrieve(self, number: int) -> bytes:
        """Return a whole message. Raises CommandRefused."""
        ...

    async def delete(self, numbers: Sequence[int]) -> frozenset[int]:
        """Mark messages as deleted, and return the numbers that the server refused to mark."""
        ...

    async def quit(self) -> None:
        """End the session: only when this returns, what was marked is deleted (RFC 1939 section 6).

        Raises CommandRefused where the server says that it could not delete all.
        """
        ...

    def close(self) -> None:
        """Drop the connection: nothing that was marked is deleted."""
        ...


OpenMaildrop = Callable[[Login], Awaitable[Maildrop]]
"""Connects and logs in. Raises LoginRefused, MaildropBusy (LoginTooSoon) or MailServerUnavailable."""


class Connection:
    """A maildrop and what is known of it.

    ``opened``, ``used``, ``expires`` (when it must end) and ``delayed_until`` (when the server lets anybody
    log in again) are monotonic seconds; ``mark`` is that of the login that opened it (``known_logins.py``).
    """

    def __init__(
        self,
        maildrop: Maildrop,
        summaries: Summaries,
        *,
        opened: float,
        expires: float,
        delayed_until: float,
        as_of: datetime,
        mark: bytes,
        at_end: Callable[["Connection"], None],
        may_commit: Callable[[], Awaitable[bool]],
    ) -> None:
        self.maildrop = maildrop
        self.summaries = summaries
        self.mark = mark
        self.opened = self.used = opened
        self.expires = expires
        self.delayed_until = delayed_until
        self.ended = False
        self._at_end = at_end
        self._may_commit = may_commit
        self.as_of = as_of
        self._marked: set[int] = set()
        self._snapshot: Snapshot | None = None
        self._last: tuple[int, bytes] | None = None

    async def snapshot(self) -> Snapshot:
        """Return what the maildrop holds, as of the login."""
        if self._snapshot is None:
            self._snapshot = take_snapshot(await self.maildrop.listing(), self.as_of)
            self.summaries.snapshot = self._snapshot
        return self._snapshot

    async def retrieve(self, number: int) -> bytes:
        """Return a whole message; the last one is kept, so that its parts do not travel again."""
        if self._last is None or self._last[0] != number:
            self._last = (number, await self.maildrop.retrieve(number))
        return self._last[1]

    async def delete(self, numbers: Sequence[int]) -> frozenset[int]:
        """Mark messages as deleted, and return the numbers that the server refused to mark."""
        refused = await self.maildrop.delete(numbers)
        self._marked |= set(numbers) - refused
        return refused

    def left(self) -> list[Entry] | None:
        """Return what was listed and not marked as deleted; None where nothing was listed."""
        if self._snapshot is None:
            return None
        return [
            Entry(message.number, message.size, message.uidl)
            for message in self._snapshot.messages
            if message.number not in self._marked
        ]

    async def quit(self) -> None:
        """End the session, and wait for the server's word.

        Raises LeaseLost where messages are marked and the maildrop is another replica's: none is deleted.
        """
        if self._marked and not await self._may_commit():
            self.drop()
            raise LeaseLost
        try:
            await self.maildrop.quit()
        finally:
            self.drop()

    def drop(self) -> None:
        """End the connection without a word: nothing is deleted."""
        self.maildrop.close()
        if not self.ended:
            self.ended = True
            self._at_end(self)
