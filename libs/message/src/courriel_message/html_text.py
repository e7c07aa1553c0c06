"""HTML as readable plain text, for messages that have no text of their own. The result is text.

Escape it to show it.

Refuses the layout a sender asks for (lengths in styles): a few characters of it could ask for gigabytes of
spaces.
"""

import re
from typing import Final

from inscriptis import get_text
from inscriptis.css_profiles import STRICT_CSS_PROFILE
from inscriptis.html_properties import Display
from inscriptis.model.config import ParserConfig
from inscriptis.model.html_element import HtmlElement

from courriel_message.charset import clean

_TAG: Final = re.compile(r"<[^<>]*>")
_HIDDEN: Final = re.compile(r"display\s*:\s*none", re.IGNORECASE)
_MAX_LAID_OUT: Final = 500_000  # characters of HTML; beyond, tags are only removed
_MAX_TAGS: Final = 20_000
_MAX_TEXT: Final = 2_000_000  # characters of the result: nested lists and tables can multiply white space


def _hide(style: str, element: HtmlElement) -> None:
    """Leave out what the sender does not display, such as the preview lines of newsletters."""
    if _HIDDEN.search(style):
        element.display = Display.none


def _layout() -> ParserConfig:
    config = ParserConfig(css=STRICT_CSS_PROFILE)
    config.attribute_handler.attribute_mapping = {"style": _hide}
    return config


_LAYOUT: Final = _layout()


def text_of_html(html: str) -> str:
    """`html` laid out as text.

    Where it is too large or breaks the converter, what is left without its tags.
    """
    if len(html) <= _MAX_LAID_OUT and html.count("<") <= _MAX_TAGS:
        try:
            return clean(str(get_text(html, _LAYOUT))[:_MAX_TEXT]).strip("\n")
        except Exception:  # noqa: BLE001, S110 - hostile HTML in a third-party converter: anything may be raised
            pass
    return clean(_TAG.sub(" ", html))
