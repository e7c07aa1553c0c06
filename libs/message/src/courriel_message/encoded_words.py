"""Encoded words (RFC 2047), both ways. Reading is lenient, as senders break every rule.

Writing follows all of them.
"""

import base64
import binascii
import re
from typing import Final

from courriel_message.charset import decode as decode_charset

_WORD: Final = re.compile(r"=\?([^?\s*]{1,60})(?:\*[^?\s]{0,40})?\?([BbQq])\?([^?]*)\?=")
_CHUNK_OCTETS: Final = 39  # 52 base64 digits and the 12 octets around them: room for the field name within 76


def decode_words(text: str) -> str:
    """`text` with its encoded words decoded; what is not one stays as it is.

    White space between two words vanishes (section 6.2). Neighbours of one charset are joined as octets
    first, because many senders cut a character in two.
    """
    if "=?" not in text:
        return text
    result: list[str] = []
    pending = b""
    charset = ""
    position = 0
    for word in _WORD.finditer(text):
        between = text[position : word.start()]
        position = word.end()
        apart = bool(between.strip()) or not (charset or result)
        if apart or word[1].lower() != charset:
            result.append(_text_of(pending, charset))
            pending, charset = b"", word[1].lower()
            if apart:
                result.append(between)
        pending += _octets(word[2], word[3])
    return "".join([*result, _text_of(pending, charset), text[position:]])


def _text_of(data: bytes, charset: str) -> str:
    return decode_charset(data, charset)[0] if charset else ""


def _octets(encoding: str, text: str) -> bytes:
    """Return the octets one word stands for; broken base64 gives what can be read of it."""
    if encoding in "Qq":
        return binascii.a2b_qp(text.encode("utf-8", "replace"), header=True)
    digits = re.sub(r"[^A-Za-z0-9+/]", "", text)
    if len(digits) % 4 == 1:
        digits = digits[:-1]
    return base64.b64decode(digits + "=" * (-len(digits) % 4))


def encode_words(text: str) -> list[str]:
    """Write `text` as encoded words in UTF-8 and base64, of whole characters and at most 75 octets each."""
    words: list[str] = []
    chunk = b""
    for character in text:
        octets = character.encode("utf-8")
        if len(chunk) + len(octets) > _CHUNK_OCTETS:
            words.append(_word(chunk))
            chunk = b""
        chunk += octets
    return [*words, _word(chunk)] if chunk else words


def _word(chunk: bytes) -> str:
    return f"=?utf-8?b?{base64.b64encode(chunk).decode('ascii')}?="
