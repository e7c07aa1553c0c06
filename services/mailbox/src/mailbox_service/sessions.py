"""A session's beginning and end at its maildrop. Who may have a session is auth's to decide."""

import asyncio
from collections.abc import Awaitable, Mapping
from typing import Protocol

import structlog

from mailbox_service.changes import Caller, Changes
from mailbox_service.connections import Login
from mailbox_service.deletions import Deletions
from mailbox_service.errors import MailboxError
from mailbox_service.maildrops import Access, Maildrops
from mailbox_service.messages import Messages
from mailbox_service.recollection import Recollection
from mailbox_service.summaries import Shown

log = structlog.get_logger(__name__)


class Auth(Protocol):
    """Says whose session a token opens."""

    async def introspect(self, token: str, *, activity: bool = True) -> Access:
        """Return the session's access. Raises SessionEnded, StateUnavailable or AuthUnavailable."""
        ...

    async def introspect_for_login(self, token: str, *, activity: bool = True) -> Access:
        """Return it with a login at hand, for who is about to need one. Raises as ``introspect``."""
        ...

    def session(self, token: str) -> Caller:
        """Return the session itself, as its watcher needs it."""
        ...


class Sessions:
    """Opens and closes; what is still being read in advance is ended by ``close``."""

    def __init__(
        self,
        maildrops: Maildrops,
        deletions: Deletions,
        messages: Messages,
        recollection: Recollection,
        changes: Changes,
    ) -> None:
        self._maildrops = maildrops
        self._deletions = deletions
        self._messages = messages
        self._recollection = recollection
        self._changes = changes
        self._preparing: dict[str, asyncio.Task[None]] = {}

    async def open(self, sid: str, mailbox: str, login: Login) -> None:
        """Prove the login; then carry out what is due and read the newest page, behind the caller's back.

        Raises LoginRefused, MaildropBusy or MailServerUnavailable.
        """
        asking = asyncio.create_task(self._recollection.ask(mailbox, login.cache_key))
        try:
            await self._maildrops.sign_in(sid, mailbox, login)
        except BaseException:
            asking.cancel()
            raise
        task = asyncio.create_task(self._prepare(sid, mailbox, login, asking))
        self._preparing[sid] = task
        task.add_done_callback(lambda _: self._preparing.pop(sid, None))

    async def end(self, sid: str) -> None:
        """End the session's streams, carry out its held deletions, then free the maildrop. Never fails."""
        self._changes.end(sid)
        if preparing := self._preparing.get(sid):
            # waited for and not cut off: a half-read answer would cost the connection its QUIT
            await asyncio.wait([preparing])
        await self._deletions.finish(sid)
        await self._maildrops.sign_out(sid)

    async def close(self) -> None:
        """Stop reading in advance."""
        for task in self._preparing.values():
            task.cancel()

    async def _prepare(
        self, sid: str, mailbox: str, login: Login, asking: Awaitable[Mapping[str, Shown]]
    ) -> None:
        async def known() -> Login:
            return login

        access = Access(sid, mailbox, known)
        try:
            await self._deletions.carry_out_due(access)
            await self._messages.read_ahead(access, await asking)
        except MailboxError as error:
            # nobody waits for this: the list that follows meets the same trouble and tells it
            log.info("the newest page was not read in advance", error=type(error).__name__)
