"""The files in a TNEF stream (winmail.dat), which Outlook sends instead of attachments (MS-OXTNEF).

Refuses the rest of the format: its rich text, its properties but for a file's long name, streams in streams.
Reads as far as the stream makes sense, and never fails. The one library for it has had no release since 2021
and copies the stream at every attribute.
"""

import struct
from collections.abc import Iterator
from typing import Final

from courriel_message.charset import clean
from courriel_message.charset import decode as decode_charset

CONTENT_TYPES: Final = frozenset({"application/ms-tnef", "application/vnd.ms-tnef"})
_SIGNATURE: Final = 0x223E9F78
_HEAD: Final = struct.Struct("<BII")  # level, attribute, length; data and a checksum of two octets follow
_ATTACHMENT_LEVEL: Final = 2
_RENDERING_DATA, _TITLE, _DATA, _PROPERTIES = 0x00069002, 0x00018010, 0x0006800F, 0x00069005
_LONG_NAME: Final = {0x3707001E: "cp1252", 0x3707001F: "utf-16-le"}  # PidTagAttachLongFilename
_MAX_FILES: Final = 200
_MAX_ATTRIBUTES: Final = 20_000
_MAX_NAME: Final = 1000  # octets


def files(stream: bytes) -> list[tuple[str, bytes]]:
    """Return names ("" where there is none) and contents of the files in `stream`, in order."""
    found: list[tuple[str, bytes]] = []
    name, content = "", b""
    for attribute, data in _attachment_attributes(stream):
        if attribute == _RENDERING_DATA:  # it begins the next file (MS-OXTNEF, section 2.1.3.3)
            found += [(name, content)] if content else []
            name, content = "", b""
        elif attribute == _TITLE:
            name = name or decode_charset(data[:_MAX_NAME].partition(b"\0")[0], None)[0]
        elif attribute == _DATA:
            content = data
        elif attribute == _PROPERTIES:
            name = _long_name(data) or name
        if len(found) >= _MAX_FILES:
            return found
    return [*found, (name, content)] if content else found


def _attachment_attributes(stream: bytes) -> Iterator[tuple[int, bytes]]:
    if stream[:4] != _SIGNATURE.to_bytes(4, "little"):
        return
    position = 6
    for _ in range(_MAX_ATTRIBUTES):
        if position + _HEAD.size > len(stream):
            return
        level, attribute, length = _HEAD.unpack_from(stream, position)
        start = position + _HEAD.size
        if level == _ATTACHMENT_LEVEL:
            yield attribute, stream[start : start + length]
        position = start + length + 2


def _long_name(properties: bytes) -> str:
    """Return the long file name among MAPI properties, wherever it stands: "" where there is none.

    Its tag is looked for, instead of reading every property before it: a wrong guess is a wrong name.
    """
    for tag, codec in _LONG_NAME.items():
        at = properties.find(tag.to_bytes(4, "little"))
        if at >= 0 and at + 12 <= len(properties):
            count, length = struct.unpack_from("<II", properties, at + 4)
            if count == 1:
                written = properties[at + 12 : at + 12 + min(length, _MAX_NAME)]
                return clean(written.decode(codec, "replace")).partition("\0")[0]
    return ""
