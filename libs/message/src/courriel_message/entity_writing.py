"""Entities of a message in octets (RFC 2045, RFC 2046): a text, or several in one; CRLF, no overlong line.

Writes only what it was given in checked form; what may stand in a header is header_writing's affair.
"""

import base64
import binascii
import hashlib
import re
from collections.abc import Sequence
from typing import Final

_LINE_BREAK: Final = re.compile(r"\r\n|\r|\n|\x0b|\x0c|\x85|\u2028|\u2029")
_LONE_BREAK: Final = re.compile(rb"\r(?!\n)|(?<!\r)\n")
_MAX_LINE: Final = 998  # octets, RFC 5322 section 2.1.1
_PLAIN_LINE: Final = 78
_BASE64_LINE: Final = 57  # octets that make 76 digits


def text_entity(subtype: str, text: str) -> bytes:
    """Return a text part.

    As it is where every line is short ASCII, else quoted-printable or base64, whichever is shorter.
    """
    normal = _LINE_BREAK.sub("\r\n", text)
    data = normal.encode("utf-8")
    if data and not data.endswith(b"\r\n"):
        data += b"\r\n"
    charset = "us-ascii" if data.isascii() else "utf-8"
    encoding, encoded = _encode_text(data)
    header = (
        f"Content-Type: text/{subtype}; charset={charset}\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n"
    )
    return header.encode("ascii") + encoded


def _encode_text(data: bytes) -> tuple[str, bytes]:
    lines = data.split(b"\r\n")
    quiet = not re.search(rb"[\x00-\x08\x0e-\x1f\x7f-\xff]|[ \t]\r\n", data)
    if quiet and all(
        len(line) <= _PLAIN_LINE and not line.startswith((b"From ", b".", b"--")) for line in lines
    ):
        return "7bit", data
    # A line that begins with a dot or "From " is what some relays change: those characters are encoded too.
    quoted = binascii.b2a_qp(data, istext=True)
    quoted = re.sub(rb"(?m)^\.", b"=2E", re.sub(rb"(?m)^From ", b"=46rom ", quoted))
    encoded = to_base64(data)
    if len(quoted) > len(encoded) or any(len(line) > _PLAIN_LINE for line in quoted.split(b"\r\n")):
        return "base64", encoded
    return "quoted-printable", quoted


def to_base64(data: bytes) -> bytes:
    """Encode in lines of 76 digits."""
    lines = (
        binascii.b2a_base64(data[start : start + _BASE64_LINE], newline=False)
        for start in range(0, len(data), _BASE64_LINE)
    )
    return b"\r\n".join([*lines, b""])


def multipart(subtype: str, entities: Sequence[bytes], parameters: str = "") -> bytes:
    """Entities in one multipart; the boundary is derived from their content, and is in none of them."""
    digest = hashlib.sha256()
    for entity in entities:
        digest.update(entity)
    boundary = f"=_{base64.b32encode(digest.digest()[:20]).decode('ascii').lower()}"
    delimiter = f"--{boundary}".encode("ascii")
    header = f'Content-Type: multipart/{subtype}{parameters}; boundary="{boundary}"\r\n\r\n'.encode("ascii")
    parts = b"".join(delimiter + b"\r\n" + entity + b"\r\n" for entity in entities)
    return header + parts + delimiter + b"--\r\n"


def is_seven_bit(data: bytes) -> bool:
    """Whether `data` may be sent as it is: ASCII without NUL, CRLF only, no overlong line."""
    return (
        data.isascii()
        and b"\0" not in data
        and not _LONE_BREAK.search(data)
        and all(len(line) <= _MAX_LINE for line in data.split(b"\r\n"))
    )
