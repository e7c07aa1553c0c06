"""Prefixes of replies and forwards, which never pile up, whatever language the earlier ones were in."""

import re
from typing import Final

_WORDS: Final = (
    "re|ré|rép|rep|res|aw|antw|antwort|sv|vs|odp|rif|ynt|tr|fwd|fw|wg|rv|vb|vl|pd|enc|ilt|doorst"
    "|回复|回覆|答复|转发|轉寄|返信|転送"
)
_COUNT: Final = r"(?:\[\d{1,4}\]|\(\d{1,4}\)|\^\d{1,4})"
_PREFIXES: Final = re.compile(rf"(?:\s*(?:{_WORDS})\.?\s?{_COUNT}?\s?[:\uff1a])+\s*", re.IGNORECASE)
_WRAPPED: Final = re.compile(r"\s*\[\s*(?:fwd|fw|tr)\s?:\s*", re.IGNORECASE)
_TAG: Final = re.compile(r"\[(?!\s*(?:fwd|fw|tr)\s?:)[^\[\]]{1,80}\]\s*", re.IGNORECASE)


def _bare(subject: str) -> str:
    """Return the subject without what earlier replies and forwards put before, around or after its tags.

    Mailing lists put a tag such as `[equipe]` before the subject: it stays, prefixes on either side go.
    """
    position, end = len(subject) - len(subject.lstrip()), len(subject.rstrip())
    tags: list[str] = []
    while True:
        if found := _PREFIXES.match(subject, position, end):
            position = found.end()
        elif (found := _WRAPPED.match(subject, position, end)) and subject[end - 1] == "]":
            position, end = found.end(), end - 1
            while end > position and subject[end - 1].isspace():
                end -= 1
        elif found := _TAG.match(subject, position, end):
            tags.append(found[0])
            position = found.end()
        else:
            return "".join([*tags, subject[position:end]]).strip()


def reply_subject(subject: str) -> str:
    """Return the subject of a reply: `RE: ` once."""
    return f"RE: {_bare(subject)}".rstrip()


def forward_subject(subject: str) -> str:
    """Return the subject of a forward: `TR: ` once."""
    return f"TR: {_bare(subject)}".rstrip()
