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
    """Make a dependency as ``access_by``, for a route with ``refresh``, which logs in as a rule.

    Without ``activity``, for a list that refreshes itself, nothing says that somebody is there.
    """

    async def access(request: Request, *, refresh: bool = False, activity: bool = True) -> Access:
        token = bearer_token(request)
        introspect = auth.introspect_for_login if refresh else auth.introspect
        return await introspect(token, activity=activity)

    return access
