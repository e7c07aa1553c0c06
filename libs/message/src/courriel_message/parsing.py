"""A message in octets as people read it (`parse`), and the content of one of its parts (`part_content`).

No octets make `parse` fail: what is broken is read as far as it goes, and `Message.notes` says what was
wrong.
"""

from dataclasses import dataclass
from datetime import datetime

from courriel_message import transfer
from courriel_message.addresses import Address, read_addresses
from courriel_message.body import BodyReader
from courriel_message.entities import Entity, leaves, split
from courriel_message.errors import UnknownPart
from courriel_message.filename import name_of, safe_name
from courriel_message.header import Fields, date_of, display, message_ids, read_fields, unfold
from courriel_message.limits import DEFAULT_LIMITS, Limits


@dataclass(frozen=True, slots=True)
class Part:
    """An attachment or inline part.

    id is the dotted path of the entity ("2", "1.2"), stable for one message; filename is None or safe as the
    last element of a path; content_type is type/subtype in lower case as the sender claims it; size is in
    decoded octets; inline says that the body shows it; content_id is without angle brackets.
    """

    id: str
    filename: str | None
    content_type: str
    size: int
    inline: bool
    content_id: str | None


@dataclass(frozen=True, slots=True)
class Message:
    """What a message says.

    Message ids are with their angle brackets. headers are all fields in order, decoded. text is readable
    whatever the message has. unsafe_html is as it came (None where there is none): only `sanitise` may touch
    it. notes are codes of what was wrong: `no-blank-line`, `header-limit`, `no-boundary`,
    `no-close-delimiter`, `depth-limit`, `parts-limit`, `size-limit`, `text-limit`, `broken-content-type`,
    `broken-base64`, `unknown-encoding`, `unknown-charset`, `wrong-charset`.
    """

    from_: tuple[Address, ...]
    sender: tuple[Address, ...]
    reply_to: tuple[Address, ...]
    to: tuple[Address, ...]
    cc: tuple[Address, ...]
    bcc: tuple[Address, ...]
    subject: str
    date: datetime | None
    message_id: str | None
    in_reply_to: tuple[str, ...]
    references: tuple[str, ...]
    headers: tuple[tuple[str, str], ...]
    text: str
    unsafe_html: str | None
    parts: tuple[Part, ...]
    notes: tuple[str, ...]


def parse(raw: bytes, limits: Limits = DEFAULT_LIMITS) -> Message:
    """Read a message; see `Limits` for what is looked at. Raises nothing, whatever `raw` holds."""
    root, notes = split(raw, limits)
    reader = BodyReader(raw, limits, limits.text)
    text, html = reader.read(root)
    order = {leaf.id: index for index, leaf in enumerate(leaves(root))}
    listed = sorted(reader.parts, key=lambda entity: order[entity.id])
    parts = _parts(raw, listed, reader.notes)
    fields = root.fields
    identifiers = message_ids(fields.first("message-id"))
    return Message(
        from_=_addresses(fields, "from"),
        sender=_addresses(fields, "sender"),
        reply_to=_addresses(fields, "reply-to"),
        to=_addresses(fields, "to"),
        cc=_addresses(fields, "cc"),
        bcc=_addresses(fields, "bcc"),
        subject=display(fields.first("subject")),
        date=date_of(fields.first("date")),
        message_id=identifiers[0] if identifiers else None,
        in_reply_to=message_ids(fields.first("in-reply-to")),
        references=message_ids(fields.first("references")),
        headers=tuple((name, display(unfold(value))) for name, value in fields.items),
        text=text,
        unsafe_html=html,
        parts=parts,
        notes=tuple(dict.fromkeys((*notes, *reader.notes))),
    )


def part_content(raw: bytes, part_id: str, limits: Limits = DEFAULT_LIMITS) -> tuple[Part, bytes]:
    """One part of `raw` and its decoded octets, by the id that `parse` gave. Raises UnknownPart."""
    root, _ = split(raw, limits)
    for entity in leaves(root):
        if entity.id == part_id:
            content, _ = _decoded(raw, entity)
            return _part(raw, entity, len(content)), content
    raise UnknownPart(part_id)


def _addresses(fields: Fields, name: str) -> tuple[Address, ...]:
    return tuple(address for value in fields.all(name) for address in read_addresses(value))


def _decoded(raw: bytes, entity: Entity) -> tuple[bytes, str | None]:
    """Return the octets of a part, and the note that says what was wrong with its encoding."""
    return transfer.decode(raw[entity.start : entity.end], entity.fields.first("content-transfer-encoding"))


def _parts(raw: bytes, entities: list[Entity], notes: dict[str, None]) -> tuple[Part, ...]:
    parts = []
    for entity in entities:
        content, note = _decoded(raw, entity)
        notes.update({note: None} if note else {})
        parts.append(_part(raw, entity, len(content)))
    return tuple(parts)


def _part(raw: bytes, entity: Entity, size: int) -> Part:
    disposition = entity.disposition
    content_id = entity.fields.first("content-id").strip("<> ")
    return Part(
        id=entity.id,
        filename=name_of(disposition, entity.kind) or _subject_name(raw, entity),
        content_type=entity.content_type,
        size=size,
        inline=disposition.value == "inline" or (disposition.value != "attachment" and bool(content_id)),
        content_id=content_id or None,
    )


def _subject_name(raw: bytes, entity: Entity) -> str | None:
    """Return a name for an enclosed message, from its subject."""
    if entity.content_type != "message/rfc822":
        return None
    fields, _, _ = read_fields(raw, entity.start, entity.end, DEFAULT_LIMITS.header)
    subject = safe_name(display(fields.first("subject")))
    return safe_name(f"{subject}.eml") if subject else None
