"""The session as the browser holds it: one cookie with the token, and who it belongs to.

An API client sends the same token as a bearer. Nothing here decides whether a token is worth anything.
"""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request
from starlette.responses import Response

from courriel_web.credentials import bearer_token, could_be_token
from courriel_web.problems import BadBearer
from courriel_wire import Address, Introspection
from gateway_service.errors import SessionEnded
from gateway_service.services import UsesServices
from gateway_service.settings import Settings


def cookie_name(settings: Settings) -> str:
    """Return the cookie's name; over https the prefix binds it to this very host (RFC 6265bis)."""
    return "__Host-session" if settings.secure else "session"


def set_session(response: Response, token: str, settings: Settings) -> None:
    """Give the token to the browser until it is closed."""
    response.set_cookie(
        cookie_name(settings), token, path="/", httponly=True, samesite="lax", secure=settings.secure
    )


def clear_session(response: Response, settings: Settings) -> None:
    """Take the token from the browser."""
    response.delete_cookie(
        cookie_name(settings), path="/", httponly=True, samesite="lax", secure=settings.secure
    )


def cookie_token(request: Request) -> str | None:
    """Return the token of the browser's cookie, None where there is none that could be one."""
    settings: Settings = request.app.state.settings
    token = request.cookies.get(cookie_name(settings), "")
    return token if could_be_token(token) else None


async def _api_token(request: Request) -> str:
    token = None if "authorization" in request.headers else cookie_token(request)
    return token or bearer_token(request)


@dataclass(frozen=True)
class Visitor:
    """Who looks at a page: the session's token, the mailbox, and the address it writes from."""

    token: str
    mailbox: str
    identity: Address

    @classmethod
    def of(cls, token: str, session: Introspection) -> "Visitor":
        """Read what auth says; raises SessionEnded where the token is worth nothing."""
        if not session.active:
            raise SessionEnded(session.reason or "unknown")
        return cls(token, session.mailbox, session.identity or Address(address=session.mailbox))


async def _visitor(request: Request, services: UsesServices) -> Visitor:
    token = cookie_token(request)
    if token is None:
        raise BadBearer
    return Visitor.of(token, await services.auth.introspect(token))


ApiToken = Annotated[str, Depends(_api_token)]
"""The token of an API call; BadBearer (401) where there is none."""

SignedInVisitor = Annotated[Visitor, Depends(_visitor)]
"""Who looks at a page; BadBearer or SessionEnded (back to the sign-in page) where nobody is signed in."""
