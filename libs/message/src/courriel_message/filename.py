"""The name under which a part is offered, made harmless.

It never leaves its folder, hides or reorders anything.
"""

import re
from typing import Final

from courriel_message.header import Structured

_UNSAFE: Final = re.compile(
    "[\x00-\x1f\x7f-\x9f/\\\\\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff]"
)
_MAX: Final = (
    200  # characters; with four octets each it may be more than a file system takes, which browsers handle
)
_MAX_SUFFIX: Final = 20


def safe_name(name: str) -> str | None:
    """`name` without path separators, control and direction characters and outer dots and spaces.

    None if empty.
    """
    plain = _UNSAFE.sub("", name).strip(" .")
    if len(plain) <= _MAX:
        return plain or None
    stem, dot, suffix = plain.rpartition(".")
    if not dot or len(suffix) > _MAX_SUFFIX:
        return plain[:_MAX]
    return f"{stem[: _MAX - len(suffix) - 1]}.{suffix}"


def name_of(disposition: Structured, kind: Structured) -> str | None:
    """Return the file name a part gives: Content-Disposition's (RFC 2183), else Content-Type's `name`."""
    written = disposition.parameters.get("filename") or kind.parameters.get("name") or ""
    return safe_name(written)
