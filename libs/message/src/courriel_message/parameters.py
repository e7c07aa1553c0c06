"""Parameters of structured fields as they are written (RFC 2045, section 5.1; RFC 2231).

Header.py reads them.
"""

import re
from typing import Final
from urllib.parse import quote

_QUOTABLE: Final = re.compile(r"[ !#-\[\]-~]{1,60}")
_SECTION: Final = 50  # characters of one section's value


def write_parameter(name: str, value: str) -> str:
    """`; name=value` to be put behind a field's first value, folded before each section; pure ASCII.

    Short ASCII becomes a quoted string, everything else UTF-8 with per cent signs, in numbered sections.
    """
    if _QUOTABLE.fullmatch(value):
        return f';\r\n {name}="{value}"'
    sections = _sections(value)
    if len(sections) == 1:
        return f";\r\n {name}*=utf-8''{sections[0]}"
    sections[0] = f"utf-8''{sections[0]}"
    return "".join(f";\r\n {name}*{number}*={text}" for number, text in enumerate(sections))


def _sections(value: str) -> list[str]:
    """Return the encoded value in sections of whole characters."""
    sections = [""]
    for character in value:
        encoded = quote(character, safe="!#$&+-.^_`|~")
        if len(sections[-1]) + len(encoded) > _SECTION:
            sections.append("")
        sections[-1] += encoded
    return sections
