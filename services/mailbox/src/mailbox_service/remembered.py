"""What a connection listed, after its end; nothing is read or deleted through it.

Where the server wants a pause between logins (RFC 2449 section 6.5), the list is told from it, with its
``as_of``.
"""

from collections.abc import Mapping, Sequence
from typing import NoReturn

from mailbox_service.connections import Connection
from mailbox_service.errors import LoginTooSoon
from mailbox_service.snapshots import Entry


class RememberedMaildrop:
    """A Maildrop that has a listing and no server; what needs one raises LoginTooSoon."""

    login_delay = 0.0

    def __init__(self, entries: list[Entry]) -> None:
        self._entries = entries

    async def listing(self) -> list[Entry]:
        """Return what was listed."""
        return self._entries

    async def headers(self, numbers: Sequence[int]) -> Mapping[int, bytes]:
        """Return none where none is asked for."""
        if numbers:
            raise LoginTooSoon
        return {}

    async def retrieve(self, number: int) -> NoReturn:
        """Refuse."""
        del number
        raise LoginTooSoon

    async def delete(self, numbers: Sequence[int]) -> NoReturn:
        """Refuse."""
        del numbers
        raise LoginTooSoon

    async def quit(self) -> None:
        """Do nothing."""

    def close(self) -> None:
        """Do nothing."""


async def _never() -> bool:
    return False


def remember(connection: Connection) -> Connection | None:
    """Return what an ended connection listed, without what it deleted; None where it listed nothing."""
    left = connection.left()
    if left is None:
        return None
    return Connection(
        RememberedMaildrop(left),
        connection.summaries,
        opened=connection.opened,
        expires=connection.expires,
        delayed_until=connection.delayed_until,
        as_of=connection.as_of,
        mark=connection.mark,
        at_end=lambda _: None,
        may_commit=_never,
    )
