"""Content transfer encodings (RFC 2045, section 6), read leniently.

Damaged base64 gives what can be read of it.
"""

import binascii
import re
from typing import Final

from courriel_message import uuencode

BROKEN_BASE64: Final = "broken-base64"
UNKNOWN_ENCODING: Final = "unknown-encoding"
BROKEN_UUENCODE: Final = "broken-uuencode"
_UUENCODE: Final = frozenset({"x-uuencode", "uuencode", "x-uue", "uue"})
_NO_DIGIT: Final = re.compile(rb"[^A-Za-z0-9+/]+")


def decode(data: bytes, encoding: str) -> tuple[bytes, str | None]:
    """Return the octets of an encoded body and the note (None where all is well) that says what was wrong."""
    name = encoding.partition(";")[0].strip().lower()
    if name in {"", "7bit", "8bit", "binary"}:
        return data, None
    if name == "quoted-printable":
        return binascii.a2b_qp(data), None
    if name in _UUENCODE:
        octets = uuencode.decode_body(data)
        return (data, BROKEN_UUENCODE) if octets is None else (octets, None)
    if name != "base64":
        return data, UNKNOWN_ENCODING
    try:
        return binascii.a2b_base64(data), None
    except binascii.Error:
        digits = _NO_DIGIT.sub(b"", data)
        digits = digits[: len(digits) - (len(digits) % 4 == 1)]
        return binascii.a2b_base64(digits + b"=" * (-len(digits) % 4)), BROKEN_BASE64
