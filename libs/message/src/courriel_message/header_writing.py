"""Header fields in octets-to-be: pieces of a value, folded between them (RFC 5322, section 2.2.3).

Writes only what it was given in checked form; `refuse_controls` and `is_message_id` are the checks.
"""

import re
from collections.abc import Sequence
from typing import Final

from courriel_message.addresses import Address, ascii_domain, needs_smtputf8
from courriel_message.encoded_words import encode_words
from courriel_message.errors import InvalidDraft

_CONTROL: Final = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_MESSAGE_ID: Final = re.compile(r"<[!-;=?A-~]{1,300}@[!-;=?A-~]{1,300}>")
_ATOMS: Final = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]+")
_FOLD_AT: Final = 76  # characters of a header line


def refuse_controls(field: str, text: str) -> None:
    """Raise InvalidDraft, by the name of its field, where `text` has what would end or hide a header line."""
    if _CONTROL.search(text):
        raise InvalidDraft(field, "control characters")


def is_message_id(identifier: str) -> bool:
    """Whether `identifier` may stand in Message-ID, angle brackets included (RFC 5322, section 3.6.4)."""
    return _MESSAGE_ID.fullmatch(identifier) is not None


def fold(name: str, pieces: Sequence[str]) -> str:
    """Write one field, folded between pieces so that lines stay within 76 characters where they can."""
    lines = [f"{name}:"]
    for piece in pieces:
        if len(lines[-1]) + 1 + len(piece) > _FOLD_AT and lines[-1].strip(" ") and lines[-1] != f"{name}:":
            lines.append("")
        lines[-1] += f" {piece}"
    return "\r\n".join(lines) + "\r\n"


def unstructured(text: str) -> list[str]:
    """Unstructured text as pieces: its words where they are ASCII and short, else encoded words."""
    words = text.split(" ")
    plain = text.isascii() and "=?" not in text and "" not in words and max(map(len, words)) < _FOLD_AT
    return words if plain else encode_words(text)


def mailboxes(addresses: Sequence[Address]) -> list[str]:
    """Addresses as pieces; commas stay with what they follow."""
    pieces: list[str] = []
    for index, address in enumerate(addresses):
        comma = "," if index < len(addresses) - 1 else ""
        spec = _wire_address(address.address)
        pieces.extend([*_phrase(address.name), f"<{spec}>{comma}"] if address.name else [f"{spec}{comma}"])
    return pieces


def _phrase(name: str) -> list[str]:
    """Return a display name as atoms, a quoted string, or encoded words (RFC 5322, section 3.2.5)."""
    if not name.isascii() or "=?" in name or len(name) > _FOLD_AT // 2:
        return encode_words(name)
    if _ATOMS.fullmatch(name) and name == " ".join(name.split()):
        return [name]
    escaped = re.sub(r'(["\\])', r"\\\1", name)
    return [f'"{escaped}"']


def _wire_address(address: str) -> str:
    """`address` with its domain in A-labels, unless the local part needs SMTPUTF8 anyway."""
    if needs_smtputf8(address):
        return address
    local, _, domain = address.rpartition("@")
    return f"{local}@{domain if domain.isascii() else ascii_domain(domain)}"
