"""Sessions, and the lock that each of them holds.

A mailbox is open in one session at a time. A session is active exactly as long as it holds its mailbox's lock
with the fencing number it got when it acquired it; session, lock and sealed credential are made, renewed and
ended together. Signing in is told in ``sign_in.py``.
"""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

import structlog
from pydantic import SecretStr

from auth_service.errors import SessionEnded
from auth_service.maildrops import Maildrops
from auth_service.tokens import digest_of
from auth_service.vault import Vault

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class SessionLimits:
    """Seconds: ``idle`` without activity, ``absolute`` in all, ``remembered`` for the time of a sign-in."""

    idle: int
    absolute: int
    remembered: int = 90 * 24 * 3600


@dataclass(frozen=True)
class NewSession:
    """A session to open. ``digest`` is its token's; ``client_address`` is sealed like the credential."""

    sid: str
    digest: str
    mailbox: str
    application: str
    sealed_credential: bytes = field(repr=False)
    sealed_client_address: bytes = field(repr=False)
    limits: SessionLimits


@dataclass(frozen=True)
class LastOpening:
    """The opening of the mailbox before this one."""

    at: datetime
    sealed_client_address: bytes = field(repr=False)


@dataclass(frozen=True)
class Opened:
    """The session is open and holds the lock under ``fence``.

    ``lost_application`` is who lost the lock by it, ``lost_sid`` which session, where it was one of ours.
    """

    fence: int
    lost_sid: str | None = None
    lost_application: str | None = None
    last: LastOpening | None = None


@dataclass(frozen=True)
class Held:
    """Nothing was opened: ``application`` holds the lock since ``since``."""

    application: str
    since: datetime


@dataclass(frozen=True)
class Session:
    """An active session; without activity it ends at ``expires_at``, ``idle`` seconds after the last."""

    sid: str
    mailbox: str
    fence: int
    idle: int
    expires_at: datetime
    sealed_credential: bytes = field(repr=False)


class Ended(StrEnum):
    """Why a token opens nothing: never existed, expired or signed out; or its mailbox was taken over."""

    UNKNOWN = "unknown"
    TAKEN_OVER = "taken-over"


class SessionStore(Protocol):
    """Where sessions and locks live. Each call is one indivisible step, timed by the store's own clock."""

    async def open(self, new: NewSession, *, takeover: bool) -> Opened | Held:
        """Acquire the mailbox's lock and create the session; with ``takeover`` whoever holds the lock.

        Each acquisition gets a greater fencing number than all before it, of any mailbox.
        """
        ...

    async def look(self, digest: str, *, activity: bool) -> Session | Ended:
        """Tell the session of a token; ``activity`` renews it with its lock, up to the absolute limit."""
        ...

    async def close(self, digest: str) -> None:
        """End the session of a token: record, credential, and the lock where it still holds it."""
        ...


@dataclass(frozen=True)
class Pop3Credential:
    """What opens the maildrop of session ``sid`` again, and what is cached of it.

    ``client_address`` is that of the sign-in.
    """

    sid: str
    mailbox: str
    username: str
    password: SecretStr
    client_address: str
    cache_key: SecretStr


class Sessions:
    """What can be done with a session that exists."""

    def __init__(self, store: SessionStore, maildrops: Maildrops, vault: Vault) -> None:
        self._store = store
        self._maildrops = maildrops
        self._vault = vault

    async def introspect(self, token: str, *, activity: bool) -> Session | Ended:
        """Tell what ``token`` opens (RFC 7662); ``activity``: a person did something, which renews it."""
        return await self._store.look(digest_of(token), activity=activity)

    async def credential(self, token: str, *, activity: bool) -> Pop3Credential:
        """Unseal the session's POP3 credential; ``activity`` as in ``introspect``. Raises SessionEnded."""
        found = await self._store.look(digest_of(token), activity=activity)
        if isinstance(found, Ended):
            raise SessionEnded(found.value)
        password, address = self._vault.open_credential(found.sealed_credential, sid=found.sid, token=token)
        cache_key = self._vault.cache_key(password, mailbox=found.mailbox)
        return Pop3Credential(
            sid=found.sid,
            mailbox=found.mailbox,
            username=found.mailbox,
            password=password,
            client_address=address,
            cache_key=cache_key,
        )

    async def revoke(self, token: str) -> None:
        """End the session of ``token`` (RFC 7009); a token that opens nothing is fine.

        The maildrop goes first, while the session may still read its credential: what was to be deleted is
        deleted before the mailbox is free for another application.
        """
        digest = digest_of(token)
        found = await self._store.look(digest, activity=False)
        if isinstance(found, Session):
            await self._maildrops.close(found.mailbox, found.sid)
        await self._store.close(digest)
        if isinstance(found, Session):
            log.info("signed out", mailbox=found.mailbox, sid=found.sid)
