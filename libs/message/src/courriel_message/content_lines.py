"""Content lines of calendars and cards (RFC 5545, section 3.1; RFC 6350, section 3.2), read leniently.

Refuses to know any property; bounded, whatever the text.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

_MAX_TEXT: Final = 256 * 1024  # characters
_MAX_LINES: Final = 3000
_LINE: Final = re.compile(r'(?:[\w-]+\.)?([\w-]{1,60})((?:;(?:"[^"\n]*"|[^":\n])*)?):(.*)')
_PARAMETER: Final = re.compile(r';([\w-]{1,60})=("[^"]*"|[^;]*)')
_ESCAPE: Final = re.compile(r"\\(.)")


@dataclass(frozen=True, slots=True)
class ContentLine:
    """One property: `name` and parameter names in upper case, `value` still escaped."""

    name: str
    parameters: dict[str, str]
    value: str

    @property
    def text(self) -> str:
        """The value as one line of text."""
        return " ".join(_ESCAPE.sub(lambda found: " " if found[1] in "nN" else found[1], self.value).split())


def content_lines(text: str) -> Iterator[ContentLine]:
    """Yield the content lines of `text`, unfolded; what is none is skipped."""
    unfolded = re.sub(r"\r?\n[ \t]", "", text[:_MAX_TEXT])
    for line in unfolded.split("\n", _MAX_LINES)[:_MAX_LINES]:
        if found := _LINE.fullmatch(line.rstrip("\r")):
            parameters = {
                parameter[1].upper(): parameter[2].strip('"') for parameter in _PARAMETER.finditer(found[2])
            }
            yield ContentLine(found[1].upper(), parameters, found[3])
