"""Mailbox addresses: read leniently from headers, strictly from what people type, compared, and written.

Reading a header never fails. Typing must be a mailbox of RFC 5321, section 4.1.2 (RFC 6531 for international
ones): no source route, no address literal, no control characters. Whether the address exists is nobody's
business here.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import idna

from courriel_message.encoded_words import decode_words
from courriel_message.errors import InvalidAddress
from courriel_message.header import display

_TOKEN: Final = re.compile(
    r'(?P<quoted>"(?:[^"\\]|\\.)*(?:"|\\?\Z))|(?P<angle><[^<>]*>?)|(?P<comment>\()|(?P<end>[,;:])|(?P<word>[^"<(,;:]+)',
    re.DOTALL,
)
_QUOTED: Final = re.compile(r'"((?:[^"\\]|\\.)*)', re.DOTALL)
_PARENTHESIS: Final = re.compile(r"\\.|[()]", re.DOTALL)
_MAX_READ: Final = 2000  # addresses of one field

_ATEXT: Final = r"A-Za-z0-9!#$%&'*+/=?^_`{|}~\u00a1-\ud7ff\uf900-\U0010ffff-"
_LOCAL: Final = re.compile(rf'[{_ATEXT}]+(?:\.[{_ATEXT}]+)*|"(?:[ !#-\[\]-~\u00a1-\ud7ff]|\\[ -~])*"')
_CONTROL: Final = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_INVISIBLE: Final = re.compile(
    "[\x00-\x1f\x7f-\xa0\xad\u061c\u1680\u180e\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3000\ud800-\udfff\ufeff]"
)
_MAX_LOCAL: Final = 64  # octets, RFC 5321 section 4.5.3.1.1
_MAX_ADDRESS: Final = 254  # octets, RFC 5321 section 4.5.3.1.3 less the angle brackets
_LABEL: Final = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_MAX_DOMAIN: Final = 253
_TYPED: Final = re.compile(r'(?:"(?:[^"\\\r\n]|\\[^\r\n])*(?:"|\\?(?=[\r\n]|\Z))|<[^<>\r\n]*>?|[^,;\r\n"<])+')


@dataclass(frozen=True, slots=True)
class Address:
    """A mailbox.

    Display `name` ("" where there is none) and `address` (local@domain as its owner writes it).
    """

    name: str
    address: str


def read_addresses(value: str) -> tuple[Address, ...]:
    """Return the mailboxes of an unfolded address field, whatever its state.

    Groups are flattened, names decoded.
    """
    found: list[Address] = []
    words: list[str] = []
    comment = angle = ""
    for kind, text in _tokens(value):
        if kind in {"word", "quoted"}:
            words.append(text)
        elif kind == "comment":
            comment = text
        elif kind == "angle":
            angle = angle or text
        else:
            if text == ":":
                words, comment, angle = [], "", ""
            elif address := _mailbox(words, angle, comment):
                found.append(address)
            words, comment, angle = [], "", ""
            if len(found) >= _MAX_READ:
                break
    return tuple(found)


def _tokens(value: str) -> Iterator[tuple[str, str]]:
    """Kinds and texts of a field's tokens; a comma closes the last mailbox."""
    position = 0
    while token := _TOKEN.match(value, position):
        kind = token.lastgroup or "word"
        position = token.end()
        if kind == "comment":
            end = _comment_end(value, position)
            yield kind, value[position : end - 1] if value[end - 1 : end] == ")" else value[position:end]
            position = end
        elif kind == "angle":
            yield kind, token[0].strip("<>").strip()
        else:
            yield kind, token[0]
    yield "end", ","


def _comment_end(value: str, position: int) -> int:
    """Return the offset after the comment whose inside starts at `position`.

    Comments nest (RFC 5322, section 3.2.2).
    """
    depth = 1
    for found in _PARENTHESIS.finditer(value, position):
        depth += {"(": 1, ")": -1}.get(found[0], 0)
        if not depth:
            return found.end()
    return len(value)


def _mailbox(words: list[str], angle: str, comment: str) -> Address | None:
    """One mailbox from the tokens between two separators."""
    if angle:
        _, _, address = angle.rpartition(":") if angle.startswith("@") else ("", "", angle)
        name = " ".join(_unquoted(word) for word in words if word.strip())
        return Address(display(name) or display(comment), display(address))
    address = "".join(words).strip()
    if not address:
        return None
    if "@" not in address and "=?" in address:
        return Address(display(address), "")
    return Address(display(comment), display(address) if "=?" not in address else address)


def _unquoted(word: str) -> str:
    stripped = word.strip()
    quoted = _QUOTED.match(stripped)
    return re.sub(r"\\(.)", r"\1", quoted[1]) if quoted else stripped


def parse_addresses(text: str) -> list[Address]:
    """Addresses as people type them: `Name <a@b>` or `a@b`, separated by comma, semicolon or line break.

    Names may stand in double quotes (and must, where they hold a separator). Domains come back as typed.
    Raises InvalidAddress (with the place and the text) on the first item that is not a mailbox; nothing typed
    gives [].
    """
    found: list[Address] = []
    for item in _TYPED.finditer(text):
        token = item[0].strip(" \t\u00a0\u202f")
        if not token:
            continue
        position = item.start() + item[0].index(token)
        if _CONTROL.search(token):
            raise InvalidAddress(position, token)
        typed_name, angle, rest = token.rpartition("<")
        name = _typed_name(typed_name.strip()) if angle else ""
        address = rest.removesuffix(">").strip() if angle and rest.endswith(">") else token
        if name is None or not is_address(address):
            raise InvalidAddress(position, token)
        found.append(Address(name, address))
    return found


def _typed_name(text: str) -> str | None:
    """Return a typed display name without its quotes.

    None where quotes are not in pairs around the whole of it.
    """
    if re.fullmatch(r'"(?:[^"\\]|\\.)*"', text):
        return re.sub(r"\\(.)", r"\1", text[1:-1]).strip()
    return None if '"' in text or "<" in text or ">" in text else decode_words(text)


def is_address(address: str) -> bool:
    """Whether `address` is local@domain as RFC 5321 (and RFC 6531) has it.

    The domain may be a single label. A local part that some server could take for an encoded word, and so for
    another address, is refused.
    """
    local, at, domain = address.rpartition("@")
    if "=?" in local:
        return False
    if not at or _INVISIBLE.search(address) or not _LOCAL.fullmatch(local):
        return False
    if len(local.encode("utf-8")) > _MAX_LOCAL:
        return False
    return ascii_domain(domain) is not None and len(address.encode("utf-8")) <= _MAX_ADDRESS


def ascii_domain(domain: str) -> str | None:
    """Return the domain in A-labels and lower case (IDNA 2008 with the mapping of UTS 46).

    None where it is no domain.
    """
    lowered = domain.lower()
    if not lowered.isascii():
        try:
            lowered = idna.encode(lowered[:_MAX_DOMAIN], uts46=True).decode("ascii")
        except (idna.IDNAError, UnicodeError):
            return None
    labels = lowered.split(".")
    valid = all(_LABEL.fullmatch(label) for label in labels) and not labels[-1].isdigit()
    return lowered if valid and len(lowered) <= _MAX_DOMAIN else None


def canonical(address: str) -> str:
    """Return what two spellings of one mailbox have in common.

    The domain in lower-case A-labels, the local part kept.
    """
    local, at, domain = address.strip().rpartition("@")
    return f"{local}{at}{ascii_domain(domain) or domain.lower()}"


def needs_smtputf8(address: str) -> bool:
    """Whether the local part is beyond ASCII, so that the address needs RFC 6531 on the whole way."""
    return not address.rpartition("@")[0].isascii()


def format_address(address: Address) -> str:
    """`address` as a person would type it; `parse_addresses` reads it back."""
    if not address.name:
        return address.address
    if re.search(r"[^\w \'.\u2019-]", address.name) or address.name != address.name.strip():
        escaped = re.sub(r'(["\\])', r"\\\1", address.name)
        return f'"{escaped}" <{address.address}>'
    return f"{address.name} <{address.address}>"
