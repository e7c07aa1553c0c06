"""Prefixes of replies and forwards, which never pile up, whatever language the earlier ones were in."""

import re
from typing import Final

_WORDS: Final = "re|ré|rép|rep|res|aw|antw|antwort|sv|vs|odp|rif|tr|fwd|fw|wg|rv|vb|enc|doorst"
_PREFIXES: Final = re.compile(
    rf"(?:\s*(?:{_WORDS})\s?(?:\[\d{{1,4}}\]|\(\d{{1,4}}\))?\s?[:\uff1a])+\s*", re.IGNORECASE
)


def _bare(subject: str) -> str:
    """Return the subject without what earlier replies and forwards put before it."""
    found = _PREFIXES.match(subject)
    return (subject[found.end() :] if found else subject).strip()


def reply_subject(subject: str) -> str:
    """Return the subject of a reply: `RE: ` once."""
    return f"RE: {_bare(subject)}".rstrip()


def forward_subject(subject: str) -> str:
    """Return the subject of a forward: `TR: ` once."""
    return f"TR: {_bare(subject)}".rstrip()
