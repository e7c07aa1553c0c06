"""Files inside a leaf that is no MIME container: winmail.dat, and uuencode in the text.

They are listed as if they were parts of the leaf: the file `n` of leaf `2` has the id `2.n`.
"""

import mimetypes
from dataclasses import dataclass, field

from courriel_message import tnef, transfer, uuencode
from courriel_message.body import is_body
from courriel_message.entities import Entity
from courriel_message.filename import safe_name

BROKEN_TNEF = "broken-tnef"


@dataclass(frozen=True, slots=True)
class Packed:
    """A file that was found; its type is guessed from its name."""

    id: str
    filename: str | None
    content_type: str
    content: bytes = field(repr=False)


def unpack(entity: Entity, content: bytes) -> list[Packed]:
    """Return the files in a leaf's decoded content, [] where it holds none (or is one itself)."""
    if entity.content_type in tnef.CONTENT_TYPES:
        return _packed(entity.id, tnef.files(content))
    if entity.content_type == "text/plain" and is_body(entity) and b"begin" in content:
        text = content.decode("latin-1").replace("\r\n", "\n")
        return _packed(entity.id, uuencode.take_out(text)[1])
    return []


def decode(raw: bytes, entity: Entity) -> tuple[bytes, str | None]:
    """Return the octets of a leaf, and the note that says what was wrong with its encoding."""
    return transfer.decode(raw[entity.start : entity.end], entity.fields.first("content-transfer-encoding"))


def _packed(leaf: str, files: list[tuple[str, bytes]]) -> list[Packed]:
    return [
        Packed(
            f"{leaf}.{number}",
            safe_name(name),
            mimetypes.guess_type(name)[0] or "application/octet-stream",
            content,
        )
        for number, (name, content) in enumerate(files, 1)
    ]
