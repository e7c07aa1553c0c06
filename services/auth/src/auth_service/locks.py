"""The lock as another webmail sees it: the same lock that our sessions hold, by the same rules.

Proves no password: that the caller has proved the person's is the caller's word.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

import structlog

from auth_service.errors import MailboxInUse, NotLocked
from auth_service.mailbox_name import MailDomain
from auth_service.maildrops import Maildrops
from auth_service.sessions import Held

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Claimant:
    """A session of another webmail, named ``application``, which knows that session as ``holder``."""

    application: str
    holder: str


@dataclass(frozen=True)
class Renewed:
    """The claimant has held the lock ever since it got ``fence``, and holds it until ``expires_at``."""

    fence: int
    expires_at: datetime


@dataclass(frozen=True)
class Acquired:
    """The claimant holds the lock from now on.

    ``lost_application`` is who lost the lock by it, ``lost_sid`` which session, where it was one of ours.
    """

    fence: int
    expires_at: datetime
    lost_sid: str | None = None
    lost_application: str | None = None


@dataclass(frozen=True)
class LockState:
    """Who holds a mailbox."""

    application: str
    since: datetime
    expires_at: datetime


class LockStore(Protocol):
    """The locks that the SessionStore gives to sessions. Each call is one indivisible step."""

    async def tell(self, mailbox: str) -> LockState | None:
        """Tell who holds a mailbox, None for nobody."""
        ...

    async def claim(
        self, mailbox: str, claimant: Claimant, *, ttl_seconds: int, takeover: bool
    ) -> Renewed | Acquired | Held:
        """Let the claimant have the lock for ``ttl_seconds`` from now: renew it or acquire it.

        With ``takeover`` whoever else holds it.
        """
        ...

    async def release(self, mailbox: str, claimant: Claimant) -> bool:
        """Free the lock where the claimant has it; return whether it had."""
        ...


class Locks:
    """What another webmail can do with the lock of a mailbox; a mailbox may be spelt as at sign-in.

    Everything raises UnusableMailboxName for what can be no mailbox's name.
    """

    def __init__(self, store: LockStore, maildrops: Maildrops, domain: MailDomain, *, takeover: bool) -> None:
        self._store = store
        self._maildrops = maildrops
        self._domain = domain
        self._takeover = takeover

    async def tell(self, name: str) -> LockState:
        """Tell who holds a mailbox. Raises NotLocked."""
        found = await self._store.tell(self._domain.mailbox(name))
        if found is None:
            raise NotLocked
        return found

    async def claim(
        self, name: str, claimant: Claimant, *, ttl_seconds: int, takeover: bool
    ) -> Renewed | Acquired:
        """Acquire or renew; with ``takeover``, where policy allows it, whoever holds the mailbox loses it.

        A session of ours that loses it has let go of its maildrop when this returns. Raises MailboxInUse.
        """
        mailbox = self._domain.mailbox(name)
        answer = await self._store.claim(
            mailbox, claimant, ttl_seconds=ttl_seconds, takeover=takeover and self._takeover
        )
        if isinstance(answer, Held):
            raise MailboxInUse(answer.application, answer.since, takeover=self._takeover)
        if isinstance(answer, Acquired):
            await self._follow(mailbox, claimant, answer)
        return answer

    async def release(self, name: str, claimant: Claimant) -> None:
        """Free the mailbox where the claimant has it; anything else is fine, and changes nothing."""
        mailbox = self._domain.mailbox(name)
        if await self._store.release(mailbox, claimant):
            log.info("lock released", mailbox=mailbox, application=claimant.application)

    async def _follow(self, mailbox: str, claimant: Claimant, acquired: Acquired) -> None:
        audit = {"mailbox": mailbox, "application": claimant.application}
        if acquired.lost_application is not None:
            log.warning(
                "mailbox taken over",
                lost_by=acquired.lost_application,
                lost_sid=acquired.lost_sid,
                **audit,
            )
        if acquired.lost_sid is not None:
            await self._maildrops.close(mailbox, acquired.lost_sid)
        log.info("lock acquired", fence=acquired.fence, **audit)
