"""Signing in: throttle, password proved by the mail server, lock, token; in this order.

Nothing of the lock is told before the proof. Every refusal has the same words and takes the same time.
"""

import secrets
import unicodedata
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime

import structlog
from pydantic import SecretStr

from auth_service.clock import Clock
from auth_service.errors import LoginRefused, MailboxInUse, TooManyAttempts, UnusableMailboxName
from auth_service.mailbox_kind import MailboxKind, MailboxKinds
from auth_service.mailbox_name import MailDomain
from auth_service.maildrops import Maildrops
from auth_service.sessions import Held, NewSession, Opened, SessionLimits, SessionStore
from auth_service.throttle import Throttle, counted_attempt, subjects_of
from auth_service.tokens import digest_of, new_token
from auth_service.vault import Vault
from courriel_web.routing import routing_hint

SID_OCTETS = 16
log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Candidate:
    """Who wants in, as typed; ``takeover``: close the session that holds the mailbox, if policy allows."""

    username: str = field(repr=False)
    password: SecretStr
    takeover: bool
    client_address: str
    application: str


@dataclass(frozen=True)
class LastSignIn:
    """The sign-in before this one."""

    at: datetime
    client_address: str


@dataclass(frozen=True)
class SignedIn:
    """A session was opened; ``expires_in`` is its idle limit in seconds, by the mailbox's ``kind``."""

    token: str = field(repr=False)
    mailbox: str
    kind: MailboxKind
    expires_in: int
    last_sign_in: LastSignIn | None


@dataclass(frozen=True)
class SignInPolicy:
    """``refusal_seconds``: what every refusal takes, above the mail server's delay. ``takeover``: allowed."""

    refusal_seconds: float
    takeover: bool
    limits: Mapping[MailboxKind, SessionLimits]


class SignIn:
    """Opens sessions."""

    def __init__(
        self,
        *,
        throttle: Throttle,
        maildrops: Maildrops,
        store: SessionStore,
        vault: Vault,
        domain: MailDomain,
        kinds: MailboxKinds,
        clock: Clock,
        policy: SignInPolicy,
    ) -> None:
        self._throttle = throttle
        self._maildrops = maildrops
        self._store = store
        self._vault = vault
        self._domain = domain
        self._kinds = kinds
        self._clock = clock
        self._policy = policy

    async def __call__(self, candidate: Candidate) -> SignedIn:
        """Open a session.

        Raises LoginRefused, MailboxInUse, TooManyAttempts, MaildropBusy, MailServerUnavailable or
        MaildropsUnavailable; whatever it raises, no maildrop stays open and no lock stays held.
        """
        started = self._clock.monotonic()
        sid = secrets.token_urlsafe(SID_OCTETS)
        folded = self._domain.fold(candidate.username)
        # What was typed as a name may be a password: of a refused one the log has the hash alone.
        seen = {"mailbox_hint": routing_hint(folded), "client_address": candidate.client_address}
        try:
            subjects = subjects_of(folded, candidate.client_address)
            async with counted_attempt(self._throttle, self._clock, subjects):
                started = self._clock.monotonic()  # what was waited for others says nothing about this one
                mailbox = await self._prove(candidate, sid)
        except LoginRefused as refusal:
            log.warning("sign-in refused", cause=refusal.cause, **seen)
            await self._clock.sleep(
                max(0.0, started + self._policy.refusal_seconds - self._clock.monotonic())
            )
            raise
        except TooManyAttempts as error:
            log.warning("sign-in throttled", retry_after=error.retry_after, **seen)
            raise
        token = new_token(mailbox)
        try:
            return await self._open(candidate, mailbox, sid, token)
        except BaseException:
            await self._maildrops.close(mailbox, sid)
            # The store may have opened the session and lost the answer; nobody has its token, so it must go.
            with suppress(Exception):
                await self._store.close(digest_of(token))
            raise

    async def _prove(self, candidate: Candidate, sid: str) -> str:
        """Return the canonical mailbox name, once the mail server has accepted the password for it."""
        try:
            mailbox = self._domain.mailbox(candidate.username)
        except UnusableMailboxName:
            raise LoginRefused(cause="unusable name") from None
        if any(
            unicodedata.category(character) in {"Cc", "Cs"}
            for character in candidate.password.get_secret_value()
        ):
            raise LoginRefused(cause="unusable password")
        cache_key = self._vault.cache_key(candidate.password, mailbox=mailbox)
        await self._maildrops.open(mailbox, sid, candidate.password, cache_key, candidate.client_address)
        return mailbox

    async def _open(self, candidate: Candidate, mailbox: str, sid: str, token: str) -> SignedIn:
        kind = self._kinds.of(mailbox)
        new = NewSession(
            sid=sid,
            digest=digest_of(token),
            mailbox=mailbox,
            application=candidate.application,
            sealed_credential=self._vault.seal_credential(
                candidate.password, candidate.client_address, sid=sid, token=token
            ),
            sealed_client_address=self._vault.seal_address(candidate.client_address, mailbox=mailbox),
            limits=self._policy.limits[kind],
        )
        opened = await self._store.open(new, takeover=candidate.takeover and self._policy.takeover)
        audit = {
            "mailbox": mailbox,
            "sid": sid,
            "application": candidate.application,
            "client_address": candidate.client_address,
        }
        if isinstance(opened, Held):
            log.info("mailbox in use", held_by=opened.application, **audit)
            raise MailboxInUse(opened.application, opened.since, takeover=self._policy.takeover)
        if opened.lost_application is not None:
            log.warning(
                "mailbox taken over", lost_by=opened.lost_application, lost_sid=opened.lost_sid, **audit
            )
        if opened.lost_sid is not None:
            await self._maildrops.close(mailbox, opened.lost_sid)
        log.info("signed in", fence=opened.fence, **audit)
        return SignedIn(
            token=token,
            mailbox=mailbox,
            kind=kind,
            expires_in=new.limits.idle,
            last_sign_in=self._last_sign_in(opened, mailbox),
        )

    def _last_sign_in(self, opened: Opened, mailbox: str) -> LastSignIn | None:
        if opened.last is None:
            return None
        address = self._vault.open_address(opened.last.sealed_client_address, mailbox=mailbox)
        return LastSignIn(at=opened.last.at, client_address=address)
