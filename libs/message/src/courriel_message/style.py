"""Style attributes.

The declarations that may stay, by an allow-list of properties and of what a value may hold.

Refuses, rather than understands, everything it has no need of: escapes, comments, functions other than plain
colours, blocks, URLs. What it returns is put together from accepted pieces, so that nothing else can be in
it.
"""

import re
from typing import Final

_PROPERTIES_NAMES: Final = """
background-color border border-collapse border-color border-radius border-spacing border-style border-width
caption-side clear color direction empty-cells float font font-family font-size font-style font-variant
font-weight height letter-spacing line-height list-style list-style-type max-height max-width min-height
min-width overflow-wrap padding padding-bottom padding-left padding-right padding-top table-layout text-align
text-decoration text-decoration-color text-decoration-line text-indent text-transform unicode-bidi
vertical-align white-space width word-break word-spacing word-wrap border-bottom border-bottom-color
border-bottom-style border-bottom-width border-left border-left-color border-left-style border-left-width
border-right border-right-color border-right-style border-right-width border-top border-top-color
border-top-style border-top-width margin margin-bottom margin-left margin-right margin-top background display
"""
_PROPERTIES: Final = frozenset(_PROPERTIES_NAMES.split())
_DISPLAYS: Final = frozenset(
    {"block", "inline", "inline-block", "none", "table", "table-cell", "table-row", "list-item"}
)
_NEGATIVE: Final = re.compile(r"(?<![\w#-])-\s*\.?\d")  # a negative length moves things over their neighbours
_PLAIN: Final = r"""[\w\s#%.,+!"'-]"""
_COLOUR: Final = r"(?:rgb|hsl)a?\([\d\s.,%+-]{1,60}\)"
_VALUE: Final = re.compile(rf"(?:{_PLAIN}|{_COLOUR}){{1,400}}", re.IGNORECASE)
_MAX: Final = 4000  # characters of one attribute


def filter_style(style: str) -> str:
    """Return the accepted declarations of a style attribute, "" where none is."""
    kept = []
    for declaration in style[:_MAX].split(";"):
        name, colon, value = declaration.partition(":")
        name, value = name.strip().lower(), value.strip()
        if colon and name in _PROPERTIES and _is_plain(name, value):
            kept.append(f"{name}:{value}")
    return ";".join(kept)


def _is_plain(name: str, value: str) -> bool:
    if not _VALUE.fullmatch(value) or value.count('"') % 2 or value.count("'") % 2:
        return False
    if name == "display":
        return value.lower().removesuffix("!important").strip() in _DISPLAYS
    return not (
        name.startswith(("margin", "text-indent", "letter-spacing", "word-spacing"))
        and _NEGATIVE.search(value)
    )


def names_remote_image(style: str) -> bool:
    """Whether the attribute asks for an image from elsewhere, so that the person can be told."""
    lowered = style.lower()
    return "url(" in lowered and "http" in lowered
