"""The session as the browser holds it: one cookie with the token, and who it belongs to.

An API client sends the same token as a bearer. Nothing here decides whether a token is worth anything.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import Depends, Request
from starlette.responses import Response

from courriel_web.credentials import bearer_token, could_be_token
from courriel_web.problems import BadBearer
from courriel_web.service_client import UpstreamProblem, UpstreamUnavailable
from courriel_wire import Address, Settings
from gateway_service import display
from gateway_service.display import Display
from gateway_service.errors import SessionEnded
from gateway_service.languages import speak
from gateway_service.personal_device import is_personal
from gateway_service.services import Services, UsesServices
from gateway_service.settings import Settings as GatewaySettings


def cookie_name(settings: GatewaySettings) -> str:
    """Return the cookie's name; over https the prefix binds it to this very host (RFC 6265bis)."""
    return "__Host-session" if settings.secure else "session"


def set_session(response: Response, token: str, settings: GatewaySettings) -> None:
    """Give the token to the browser until it is closed."""
    response.set_cookie(
        cookie_name(settings), token, path="/", httponly=True, samesite="lax", secure=settings.secure
    )


def clear_session(response: Response, settings: GatewaySettings) -> None:
    """Take the token from the browser."""
    response.delete_cookie(
        cookie_name(settings), path="/", httponly=True, samesite="lax", secure=settings.secure
    )


def cookie_token(request: Request) -> str | None:
    """Return the token of the browser's cookie, None where there is none that could be one."""
    settings: GatewaySettings = request.app.state.settings
    token = request.cookies.get(cookie_name(settings), "")
    return token if could_be_token(token) else None


async def _api_token(request: Request) -> str:
    token = None if "authorization" in request.headers else cookie_token(request)
    return token or bearer_token(request)


@dataclass(frozen=True)
class Visitor:
    """Who looks at a page: the session's token, the mailbox, the address it writes from, and how pages look.

    ``idle_seconds`` is the session's idle limit, ``ends_at`` when it ends without further activity.
    """

    token: str
    mailbox: str
    identity: Address
    display: Display
    idle_seconds: int
    ends_at: datetime | None
    personal_device: bool


async def visit(request: Request, services: Services, *, activity: bool = True) -> Visitor:
    """Ask auth who holds the cookie; BadBearer where there is none, SessionEnded where it is worth nothing.

    A browser without the cookie of ``display`` costs one more call, to mailbox.
    """
    token = cookie_token(request)
    if token is None:
        raise BadBearer
    session = await services.auth.introspect(token, activity=activity)
    if not session.active:
        raise SessionEnded(session.reason or "unknown")
    choices = display.recall(request) or await choices_of(services, token)
    speak(choices.language if choices else None)
    return Visitor(
        token=token,
        mailbox=session.mailbox,
        identity=session.identity or Address(address=session.mailbox),
        display=Display.of(choices or Settings(), request.app.state.settings),
        idle_seconds=session.idle_seconds,
        ends_at=session.expires_at,
        personal_device=is_personal(request),
    )


async def choices_of(services: Services, token: str) -> Settings | None:
    """Ask mailbox what the person chose; None while it does not answer: no page waits for that."""
    try:
        return await services.mailbox.settings(token)
    except (UpstreamProblem, UpstreamUnavailable):
        return None


async def _visitor(request: Request, services: UsesServices) -> Visitor:
    return await visit(request, services)


ApiToken = Annotated[str, Depends(_api_token)]
"""The token of an API call; BadBearer (401) where there is none."""

SignedInVisitor = Annotated[Visitor, Depends(_visitor)]
"""Who looks at a page; BadBearer or SessionEnded (back to the sign-in page) where nobody is signed in."""
