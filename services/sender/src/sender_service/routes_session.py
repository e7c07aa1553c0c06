"""The session behind a request, as the dependency of every route of this room."""

from dataclasses import dataclass, field
from typing import Protocol

from fastapi import Request

from courriel_web.credentials import bearer_token
from courriel_web.service_client import UpstreamUnavailable
from courriel_wire import Address
from sender_service.auth_client import AuthClient

READING = {"GET", "HEAD"}


@dataclass(frozen=True, slots=True)
class Session:
    """Whose request it is; `identity` is the only From its messages may carry."""

    mailbox: str
    identity: Address = field(repr=False)


class SignedIn(Protocol):
    """A dependency that gives the session of a request."""

    async def __call__(self, request: Request) -> Session:
        """Return the session. Raises BadBearer, SessionEnded, UpstreamUnavailable."""


def signed_in(auth: AuthClient) -> SignedIn:
    """Make the dependency. Reading the outbox may be a poll, so it counts as no activity; all else does."""

    async def session(request: Request) -> Session:
        found = await auth.introspect(bearer_token(request), activity=request.method not in READING)
        if not found.mailbox or found.identity is None:
            raise UpstreamUnavailable  # an auth that does not say who this is
        return Session(found.mailbox, found.identity)

    return session
