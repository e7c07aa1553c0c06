"""Signing in, and what the services tell each other about a session.

A *session* is one person's use of one mailbox, known by ``sid``. Its *token* is what the browser or API
client holds; only its SHA-256 is ever stored.
"""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field, PlainSerializer, SecretStr

from courriel_wire.addresses import Address
from courriel_wire.model import Answer, Request

MailboxKind = Literal["personal", "functional"]
"""One person's mailbox, or one that several colleagues share."""
Username = Annotated[str, Field(min_length=1, max_length=320)]
Password = Annotated[
    SecretStr,
    Field(min_length=1, max_length=1024),
    # repr() and str() hide it; JSON between services carries it.
    PlainSerializer(lambda password: password.get_secret_value(), return_type=str, when_used="json"),
]
CacheKey = Annotated[
    SecretStr,
    Field(max_length=64),
    PlainSerializer(lambda key: key.get_secret_value(), return_type=str, when_used="json"),
]
"""32 octets in base64url without padding, or "" for none: they open what mailbox caches of one mailbox."""


class SessionRequest(Request):
    """``POST /api/session``: what a person or an API client sends."""

    username: Username
    password: Password
    takeover: bool = False


class SignInRequest(Request):
    """``POST /sessions`` at auth: a SessionRequest, and what the gateway knows of the client."""

    username: Username
    password: Password
    takeover: bool = False
    client_address: str = ""
    application: str = "courriel-leger"


class LastSignIn(Answer):
    """The sign-in before this one: when, and from which address."""

    at: datetime
    client_address: str = ""


class SignedIn(Answer):
    """Answer to a sign-in; ``expires_in`` in seconds is this mailbox's idle limit (RFC 6749 section 5.1)."""

    access_token: str = Field(repr=False)
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105 — RFC 6750 names it so
    expires_in: int
    mailbox: str
    last_sign_in: LastSignIn | None = None
    kind: MailboxKind = "personal"


class Introspection(Answer):
    """RFC 7662 section 2.2, with the claims the services need.

    Where ``active`` is false nothing else is told except ``reason``: ``unknown`` (never existed, expired or
    signed out) or ``taken-over`` (another session took the mailbox).
    """

    active: bool
    reason: Literal["unknown", "taken-over"] | None = None
    sid: str = ""
    mailbox: str = ""
    identity: Address | None = None
    """The mailbox's own address and display name: the only From a message may carry."""
    fence: int = 0
    """The lock's fencing number: grows with each acquisition, so that a late writer can be refused."""
    expires_at: datetime | None = None
    """When the session ends without further activity."""
    kind: MailboxKind = "personal"
    idle_seconds: int = 0
    """The idle limit; right after activity ``expires_at`` is nearer only where the absolute limit is."""


class Credential(Answer):
    """``POST /credential`` at auth, for mailbox alone: whose session it is, and what opens its maildrop."""

    sid: str
    mailbox: str
    username: str
    password: Password
    client_address: str = ""
    cache_key: CacheKey = SecretStr("")


class MaildropSession(Request):
    """``PUT /sessions/{sid}`` at mailbox, for auth alone: prove this password, and keep the connection."""

    mailbox: str
    username: Username
    password: Password
    client_address: str = ""
    cache_key: CacheKey = SecretStr("")
