"""Files that stand in the text as uuencode (POSIX, uuencode utility), as mail had them before MIME.

A block counts only when it is whole: `begin`, lines that decode, `end`. Everything else stays text.
"""

import binascii
import re
from typing import Final

# Every line is bounded and begins where the one before ended: time is linear in the text.
_BLOCK: Final = re.compile(
    r"^begin(?:-base64)? [0-7]{3,4} ([^\n]{1,200})\n((?:[ -`]{1,80}\n)+?)(?:`?\n)?end[ \t]*(?:\n|\Z)",
    re.MULTILINE,
)
_MAX_BLOCKS: Final = 50
_MAX_BEGINNINGS: Final = 200


def take_out(text: str) -> tuple[str, list[tuple[str, bytes]]]:
    """Return the text without its uuencoded files, and these as names and octets, in order."""
    if not 0 < text.count("\nbegin ") + text.startswith("begin ") <= _MAX_BEGINNINGS:
        return text, []
    found: list[tuple[str, bytes]] = []

    def keep(block: re.Match[str]) -> str:
        content = decode(block[2].encode("ascii"))
        if content is None or len(found) >= _MAX_BLOCKS:
            return block[0]
        found.append((block[1], content))
        return ""

    return _BLOCK.sub(keep, text), found


def decode(data: bytes) -> bytes | None:
    """Return the octets that uuencoded lines stand for, None where a line is none."""
    try:
        return b"".join(binascii.a2b_uu(line) for line in data.splitlines() if line.strip())
    except binascii.Error:
        return None


def decode_body(data: bytes) -> bytes | None:
    """Return the octets of a whole body: the lines between `begin` and `end`, None where they are broken."""
    lines = data.splitlines()
    begins = next((index + 1 for index, line in enumerate(lines) if line.startswith(b"begin ")), 0)
    ends = next((index for index, line in enumerate(lines) if line.rstrip() == b"end"), len(lines))
    return decode(b"\n".join(lines[begins:ends]))
