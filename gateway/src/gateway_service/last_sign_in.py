"""« Dernière connexion : … à partir de … », shown once.

A cookie carries it from the sign-in to the next page.
"""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode

from fastapi import Request
from pydantic import ValidationError
from starlette.responses import Response

from courriel_wire import LastSignIn

COOKIE = "last-sign-in"
SECONDS = 120
YEARS = range(2000, 2200)


def remember(answer: Response, last: LastSignIn, *, secure: bool) -> None:
    """Let the next page show it."""
    value = urlsafe_b64encode(last.model_dump_json().encode()).decode().rstrip("=")
    answer.set_cookie(
        COOKIE, value, max_age=SECONDS, path="/messages", httponly=True, samesite="lax", secure=secure
    )


def recall(request: Request) -> LastSignIn | None:
    """Return what the page must show, None where there is nothing (or nothing readable)."""
    value = request.cookies.get(COOKIE, "")[:1000]
    try:
        last = LastSignIn.model_validate(json.loads(urlsafe_b64decode(value + "=" * (-len(value) % 4))))
    except (ValueError, ValidationError):
        return None
    # Another host of the domain can write the cookie: some years cannot be shown in every time zone.
    return last if last.at.year in YEARS else None


def forget(answer: Response, *, secure: bool) -> None:
    """Do not show it again."""
    answer.delete_cookie(COOKIE, path="/messages", httponly=True, samesite="lax", secure=secure)
