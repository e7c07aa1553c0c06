"""TNEF streams (MS-OXTNEF), as small as a test needs them."""

import struct
from typing import Final

_SIGNATURE: Final = 0x223E9F78
_MESSAGE, _ATTACHMENT = 1, 2
_RENDERING_DATA, _TITLE, _DATA = 0x00069002, 0x00018010, 0x0006800F
_ATTACHMENT_PROPERTIES: Final = 0x00069005
_LONG_NAME: Final = 0x3707001F  # PidTagAttachLongFilename, PtypString


def _attribute(level: int, identifier: int, data: bytes) -> bytes:
    return struct.pack("<BII", level, identifier, len(data)) + data + struct.pack("<H", sum(data) & 0xFFFF)


def winmail(name: str, content: bytes, *, long_name: str = "") -> bytes:
    """Return a winmail.dat with one attachment; `long_name` stands in its MAPI properties, in UTF-16."""
    stream = struct.pack("<IH", _SIGNATURE, 1)
    stream += _attribute(_MESSAGE, 0x00089006, struct.pack("<I", 0x00010000))
    stream += _attribute(_ATTACHMENT, _RENDERING_DATA, bytes(14))
    stream += _attribute(_ATTACHMENT, _TITLE, name.encode("cp1252") + b"\0")
    stream += _attribute(_ATTACHMENT, _DATA, content)
    if long_name:
        written = long_name.encode("utf-16-le") + b"\0\0"
        value = struct.pack("<II", 1, len(written)) + written + bytes(-len(written) % 4)
        properties = struct.pack("<II", 1, _LONG_NAME) + value
        stream += _attribute(_ATTACHMENT, _ATTACHMENT_PROPERTIES, properties)
    return stream
