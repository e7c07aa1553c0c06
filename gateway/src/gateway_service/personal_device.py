"""« Cet appareil est personnel », as ticked at sign-in; where it was not, the computer may be anybody's.

A cookie of the session remembers it. It only changes what pages say and offer: no page relies on it for
safety.
"""

from fastapi import Request
from starlette.responses import Response

COOKIE = "device"
PERSONAL = "personal"


def is_personal(request: Request) -> bool:
    """Tell whether the box was ticked when this browser signed in."""
    return request.cookies.get(COOKIE) == PERSONAL


def remember(answer: Response, *, secure: bool) -> None:
    """Keep that the box was ticked, until the browser is closed or signs out."""
    answer.set_cookie(COOKIE, PERSONAL, path="/", httponly=True, samesite="lax", secure=secure)


def forget(answer: Response, *, secure: bool) -> None:
    """Take the computer for a shared one again."""
    answer.delete_cookie(COOKIE, path="/", httponly=True, samesite="lax", secure=secure)
