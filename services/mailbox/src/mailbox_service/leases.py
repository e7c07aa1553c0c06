"""Which replica may have a maildrop open: for the moments in which callers do not agree on that.

Callers choose the replica by the mailbox's name, so that two of them meet only when replicas come or go. Then
the one that must have the maildrop asks, and the holder lets go after what it is doing. The lease is short
and renewed; it is checked before anything is deleted for good. The store may vanish at any time: then nobody
is kept from anything, and what protects the maildrop is what the POP3 server and the comparison before each
deletion do anyway.
"""

import asyncio
import hashlib
import secrets
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Protocol

import structlog

LEASE_SECONDS = 3.0
"""A replica that dies keeps others out for this long at most, where the server does not: less than a maildrop
that is in use is waited for (MAILBOX_IN_USE_SECONDS), so that people wait and are not refused."""
RETRY_SECONDS = 1.0
"""Before the store is listened to again."""
log = structlog.get_logger(__name__)


class LeaseStoreUnavailable(Exception):
    """The store does not answer."""


class LeaseStore(Protocol):
    """Where replicas meet. A key names nobody. Every method raises LeaseStoreUnavailable."""

    async def take(self, key: str, replica: str, holding: str, seconds: float) -> bool:
        """Take or renew a lease for ``replica``, and tell whether it has it now."""
        ...

    async def release(self, key: str, replica: str, holding: str) -> None:
        """Give a lease back, unless it was taken for another ``holding`` since."""
        ...

    async def ask(self, key: str, replica: str) -> None:
        """Ask for ``replica`` whoever has the lease to give it back."""
        ...

    def asked(self) -> AsyncIterator[tuple[str, str]]:
        """Yield the keys that are asked for, each with the replica that asks."""
        ...


class Leases:
    """The leases of this process. Used within one event loop."""

    def __init__(self, store: LeaseStore) -> None:
        self._store = store
        self._replica = secrets.token_hex(8)
        self._holdings: dict[str, tuple[str, str]] = {}
        self._doing: set[asyncio.Task[None]] = set()

    async def take(self, mailbox: str) -> bool:
        """Take or renew the lease, and tell whether we may have the maildrop."""
        key = _key(mailbox)
        _, holding = self._holdings.setdefault(key, (mailbox, secrets.token_hex(4)))
        try:
            return await self._store.take(key, self._replica, holding, LEASE_SECONDS)
        except LeaseStoreUnavailable:
            log.warning("maildrops are opened without leases: the cache is away")
            return True

    async def ask(self, mailbox: str) -> None:
        """Ask whoever has the lease to let go."""
        try:
            await self._store.ask(_key(mailbox), self._replica)
        except LeaseStoreUnavailable:
            log.warning("nobody is asked for a maildrop: the cache is away")

    def release(self, mailbox: str) -> None:
        """Give the lease back, behind the caller's back: nobody here waits for that."""
        key = _key(mailbox)
        if held := self._holdings.pop(key, None):
            self._do(self._release(key, held[1]))

    async def serve(self, let_go: Callable[[str], Coroutine[None, None, None]]) -> None:
        """Let go of mailboxes that other replicas ask for, until cancelled."""
        while True:
            try:
                async for key, replica in self._store.asked():
                    if replica != self._replica and (held := self._holdings.get(key)):
                        self._do(let_go(held[0]))
            except LeaseStoreUnavailable:
                await asyncio.sleep(RETRY_SECONDS)

    async def close(self) -> None:
        """Wait until what was released is."""
        await asyncio.gather(*self._doing, return_exceptions=True)

    def _do(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._doing.add(task)
        task.add_done_callback(self._doing.discard)

    async def _release(self, key: str, holding: str) -> None:
        try:
            await self._store.release(key, self._replica, holding)
        except LeaseStoreUnavailable:
            log.info("a lease ends by itself: the cache is away")


def _key(mailbox: str) -> str:
    return hashlib.sha256(mailbox.encode()).hexdigest()
