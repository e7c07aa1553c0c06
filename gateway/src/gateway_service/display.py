"""How pages look to one person: the choices of « Paramètres » that every page follows.

They travel in a cookie of the session, so that no page asks mailbox for them: it is written at sign-in and
whenever they change. It holds no name, address or signature (those stay with mailbox), and a forged one
changes nothing but its forger's own pages.
"""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from typing import Literal

from fastapi import Request
from pydantic import ValidationError
from starlette.responses import Response

from courriel_wire import Settings as Choices
from gateway_service.settings import Settings

COOKIE = "display"
MAX_COOKIE = 1000
CARRIED = frozenset(
    {
        "language",
        "time_zone",
        "density",
        "messages_per_page",
        "refresh_seconds",
        "preview",
        "remote_images",
        "theme",
        "undo_delete_seconds",
    }
)


@dataclass(frozen=True)
class Display:
    """The choices, with the installation's own where the person made none; times in seconds."""

    language: Literal["fr", "en"] | None
    time_zone: str
    density: str
    messages_per_page: int
    refresh_seconds: int
    preview: str
    remote_images: str
    theme: str
    undo_delete_seconds: int

    @classmethod
    def of(cls, choices: Choices, installation: Settings) -> "Display":
        """Complete ``choices``."""
        undo = choices.undo_delete_seconds
        return cls(
            language=choices.language,
            time_zone=choices.time_zone or installation.time_zone,
            density=choices.density,
            messages_per_page=choices.messages_per_page or installation.messages_per_page,
            refresh_seconds=choices.refresh_seconds,
            preview=choices.preview,
            remote_images=choices.remote_images,
            theme=choices.theme,
            undo_delete_seconds=installation.mailbox_delete_hold_seconds if undo is None else undo,
        )


def remember(answer: Response, choices: Choices, *, secure: bool) -> None:
    """Let the next pages follow ``choices``, until the browser is closed."""
    carried = choices.model_dump(mode="json", include=set(CARRIED), exclude_defaults=True)
    value = urlsafe_b64encode(json.dumps(carried).encode()).decode().rstrip("=")
    answer.set_cookie(COOKIE, value, path="/", httponly=True, samesite="lax", secure=secure)


def recall(request: Request) -> Choices | None:
    """Return the choices that the browser carries, None where there are none that can be read."""
    value = request.cookies.get(COOKIE, "")
    if not value or len(value) > MAX_COOKIE:
        return None
    try:
        found = json.loads(urlsafe_b64decode(value + "=" * (-len(value) % 4)))
        return Choices.model_validate({name: found[name] for name in CARRIED & found.keys()})
    except (ValueError, TypeError, AttributeError, ValidationError):
        return None


def display_of(request: Request) -> Display:
    """Return how a page looks that must not wait for any service, such as one that tells a problem."""
    return Display.of(recall(request) or Choices(), request.app.state.settings)


def forget(answer: Response, *, secure: bool) -> None:
    """Let pages look as the installation says."""
    answer.delete_cookie(COOKIE, path="/", httponly=True, samesite="lax", secure=secure)
