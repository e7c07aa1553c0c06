"""Who calls: the session behind a bearer token, which auth alone can tell."""

from collections.abc import Awaitable, Callable

from fastapi import Request

from courriel_web.credentials import bearer_token
from mailbox_service.maildrops import Access
from mailbox_service.sessions import Auth

AccessOf = Callable[..., Awaitable[Access]]


def access_by(auth: Auth, *, activity: bool = True) -> AccessOf:
    """Make a dependency: the caller's access. It raises BadBearer, and what ``introspect`` raises."""

    async def access(request: Request) -> Access:
        return await auth.introspect(bearer_token(request), activity=activity)

    return access


def refreshing_access_by(auth: Auth) -> AccessOf:
    """Make a dependency as ``access_by``, for a route with ``refresh``: that logs in as a rule."""

    async def access(request: Request, *, refresh: bool = False) -> Access:
        token = bearer_token(request)
        return await (auth.introspect_for_login(token) if refresh else auth.introspect(token))

    return access
