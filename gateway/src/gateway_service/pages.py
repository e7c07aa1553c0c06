"""Templates become pages: one environment, autoescaped, strict about names that do not exist."""

from datetime import UTC, datetime
from functools import cache, partial
from pathlib import Path
from typing import Any

from fastapi import Request
from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from markupsafe import Markup
from starlette.responses import HTMLResponse

from courriel_message import Address as TypedAddress
from courriel_message import format_address, is_dangerous, linkify
from courriel_wire import Address, DirectoryEntry
from courriel_wire import Settings as Choices
from gateway_service.display import Display
from gateway_service.formats import Formats, duration, place, size
from gateway_service.languages import language, translate, translate_plural
from gateway_service.openable import opens_as
from gateway_service.senders import is_colleague, verdict
from gateway_service.settings import Settings
from gateway_service.static_files import static_url
from gateway_service.words import (
    CAUTIONS,
    EXCERPT_LINES,
    EXCERPT_VALUES,
    EXCERPTS,
    NOTE_OTHERWISE,
    NOTES,
    QUOTED_TEXT,
)

FOLDER = Path(__file__).parent / "templates"
formats_of = cache(Formats)


class Pages:
    """Renders templates; made once by ``create_app``."""

    def __init__(self, settings: Settings) -> None:
        """Args: the settings that pages show or follow."""
        self._usual = Display.of(Choices(), settings)
        self._environment = Environment(
            loader=FileSystemLoader(FOLDER),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            extensions=["jinja2.ext.i18n"],
        )
        self._environment.install_gettext_callables(  # type: ignore[attr-defined]
            translate, translate_plural, newstyle=True
        )
        self._environment.filters |= {
            name: pass_context(partial(self._formatted, name)) for name in ("brief", "full", "machine", "iso")
        }
        self._environment.filters |= {
            "size": size,
            "place": place,
            "duration": duration,
            "linked": linked,
            "written": written,
            "shown_name": shown_name,
        }
        self._environment.globals |= {
            "static_url": static_url,
            "settings": settings,
            "language": language,
            "notes": NOTES,
            "note_otherwise": NOTE_OTHERWISE,
            "cautions": CAUTIONS,
            "excerpt_words": EXCERPTS,
            "excerpt_lines": EXCERPT_LINES,
            "excerpt_values": EXCERPT_VALUES,
            "is_dangerous": is_dangerous,
            "is_colleague": is_colleague,
            "opens_as": opens_as,
            "verdict": verdict,
        }

    def _formatted(
        self,
        form: str,
        context: Context,
        *moments: Any,  # noqa: ANN401 — what the template hands to the filter
    ) -> str:
        """Write a date in the time zone of whoever looks at the page."""
        display = context.get("display") or self._usual
        return str(getattr(formats_of(display.time_zone), form)(*moments))

    def text(self, name: str, **context: Any) -> str:  # noqa: ANN401 — whatever the template shows
        """Render ``name``."""
        return self._environment.get_template(name).render(context)

    def page(
        self,
        name: str,
        *,
        status: int = 200,
        **context: Any,  # noqa: ANN401 — whatever the template shows
    ) -> HTMLResponse:
        """Answer with the page ``name``, looking as the visitor chose (or as ``display`` says)."""
        if "visitor" in context:
            context["display"] = context["visitor"].display
        context.setdefault("display", self._usual)
        return HTMLResponse(self.text(name, now=datetime.now(UTC), **context), status_code=status)


def linked(text: str) -> Markup:
    """Return a message's text as HTML, long quotations folded."""
    return Markup(linkify(text, fold=translate(QUOTED_TEXT)))  # noqa: S704 — linkify escapes everything


def written(address: Address | DirectoryEntry) -> str:
    """Return an address, or an entry of the directory, as a person would type it."""
    name = "" if address.name == address.address else address.name
    return format_address(TypedAddress(name, address.address))


def shown_name(addresses: tuple[Address, ...]) -> str:
    """Return who a list line is from: display names, or addresses where there are none."""
    return ", ".join(address.name or address.address for address in addresses)


def pages_of(request: Request) -> Pages:
    """Return the pages that ``create_app`` wired."""
    pages: Pages = request.app.state.pages
    return pages
