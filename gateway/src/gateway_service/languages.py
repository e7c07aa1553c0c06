"""Which language a page speaks, and the words for it.

French is the source: its words stand in the templates and in ``words``. English is a gettext catalogue,
read once from its ``.po`` file, so that nothing compiled has to be built or committed. The person's choice
(« Paramètres ») counts, else what the browser asks for, else French. Every other language is refused, in
French.
"""

from contextvars import ContextVar
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Literal

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import Translations
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from gateway_service import display

Language = Literal["fr", "en"]
SOURCE: Language = "fr"
CATALOGUES = Path(__file__).parent / "locale"
MAX_HEADER = 200
_spoken: ContextVar[Language] = ContextVar("language", default=SOURCE)


def language() -> Language:
    """Return what the page of this request speaks."""
    return _spoken.get()


def speak(wanted: Language | None) -> None:
    """Speak ``wanted`` from here to the end of this request; None changes nothing."""
    if wanted:
        _spoken.set(wanted)


def accepted(header: str) -> Language:
    """Return the language that an ``Accept-Language`` (RFC 9110, section 12.5.4) likes best."""
    best: Language = SOURCE
    best_weight = 0.0
    for each in header[:MAX_HEADER].split(","):
        name, _, parameter = each.strip().partition(";")
        weight = _weight(parameter)
        if weight > best_weight:
            primary = name.partition("-")[0].strip().lower()
            if primary in ("en", "fr"):
                best, best_weight = ("en" if primary == "en" else "fr"), weight
    return best


def _weight(parameter: str) -> float:
    name, _, value = parameter.strip().partition("=")
    if name.strip().lower() != "q":
        return 1.0
    try:
        return float(value)
    except ValueError:
        return 0.0


@cache
def catalogue(name: str) -> Translations:
    """Read the catalogue of the language ``name``; raises OSError and babel's PoFileError."""
    compiled = BytesIO()
    with (CATALOGUES / name / "LC_MESSAGES" / "messages.po").open("rb") as file:
        write_mo(compiled, read_po(file, locale=name))
    compiled.seek(0)
    return Translations(compiled)


def translate(text: str) -> str:
    """Return ``text``, a msgid, in the language of this request."""
    return text if language() == SOURCE else str(catalogue(language()).gettext(text))


def translate_plural(one: str, many: str, number: int) -> str:
    """Return which of the msgids goes with ``number``; in French, zero is singular."""
    if language() == SOURCE:
        return one if abs(number) < 2 else many  # noqa: PLR2004 — two is where French's plural begins
    return str(catalogue(language()).ngettext(one, many, number))


class SpeaksLanguage:
    """ASGI middleware: each request begins in the language of the person's choice or of the browser's."""

    def __init__(self, app: ASGIApp) -> None:
        """Args: the application that answers."""
        self._app = app
        for folder in CATALOGUES.iterdir():
            catalogue(folder.name)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request (ASGI)."""
        if scope["type"] == "http":
            request = Request(scope)
            choices = display.recall(request)
            speak(accepted(request.headers.get("accept-language", "")))
            speak(choices.language if choices else None)
        await self._app(scope, receive, send)
