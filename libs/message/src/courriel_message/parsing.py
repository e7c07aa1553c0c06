"""A message in octets as people read it (`parse`), and the content of one of its parts (`part_content`).

No octets make `parse` fail: what is broken is read as far as it goes, and `Message.notes` says what was
wrong.
"""

from dataclasses import dataclass, field
from datetime import datetime

from courriel_message import charset, tnef
from courriel_message.addresses import Address, read_addresses
from courriel_message.body import BodyReader
from courriel_message.entities import Entity, leaves, split
from courriel_message.errors import UnknownPart
from courriel_message.excerpts import Excerpt, excerpt_of, is_excerpted
from courriel_message.filename import name_of, safe_name
from courriel_message.header import Fields, date_of, display, message_ids, read_fields, unfold
from courriel_message.kinds import kinds_of
from courriel_message.limits import DEFAULT_LIMITS, Limits
from courriel_message.unpacking import BROKEN_TNEF, Packed, decode, unpack

_MAX_EXCERPTS = 5
_MAX_UNPACKED = 200  # files of one message; a package beyond is offered as it is


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
    `broken-base64`, `broken-uuencode`, `broken-tnef`, `unknown-encoding`, `unknown-charset`, `wrong-charset`;
    and of what kind of message it is (see `kinds.py`). excerpts are what parts made for programs say.
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
    excerpts: tuple[Excerpt, ...]
    notes: tuple[str, ...]


def parse(raw: bytes, limits: Limits = DEFAULT_LIMITS) -> Message:
    """Read a message; see `Limits` for what is looked at. Raises nothing, whatever `raw` holds."""
    root, notes = split(raw, limits)
    reader = BodyReader(raw, limits, limits.text)
    text, html = reader.read(root)
    listing = _Listing(raw, frozenset(entity.id for entity in reader.parts), reader.notes)
    for leaf in leaves(root):
        listing.add(leaf)
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
        parts=tuple(listing.parts),
        excerpts=tuple(listing.excerpts),
        notes=tuple(dict.fromkeys((*notes, *reader.notes, *kinds_of(root, text)))),
    )


class Contents:
    """The parts of one message by their ids; it is taken apart once, whatever number of them is asked for."""

    def __init__(self, raw: bytes, limits: Limits = DEFAULT_LIMITS) -> None:
        self._raw = raw
        self._leaves = {leaf.id: leaf for leaf in leaves(split(raw, limits)[0])}
        self._unpacked: dict[str, list[Packed]] = {}  # of the last leaf that was asked for

    def of(self, part_id: str) -> tuple[Part, bytes]:
        """Return a part and its decoded octets, by the id that `parse` gave. Raises UnknownPart."""
        if leaf := self._leaves.get(part_id):
            content, _ = decode(self._raw, leaf)
            return _part(self._raw, leaf, len(content)), content
        leaf_id = part_id.rpartition(".")[0]
        if leaf := self._leaves.get(leaf_id):
            if leaf_id not in self._unpacked:
                self._unpacked = {leaf_id: unpack(leaf, decode(self._raw, leaf)[0])}
            for packed in self._unpacked[leaf_id]:
                if packed.id == part_id:
                    return _unpacked(packed), packed.content
        raise UnknownPart(part_id)


def part_content(raw: bytes, part_id: str, limits: Limits = DEFAULT_LIMITS) -> tuple[Part, bytes]:
    """One part of `raw` and its decoded octets, by the id that `parse` gave. Raises UnknownPart."""
    return Contents(raw, limits).of(part_id)


def _addresses(fields: Fields, name: str) -> tuple[Address, ...]:
    return tuple(address for value in fields.all(name) for address in read_addresses(value))


@dataclass(slots=True)
class _Listing:
    """Collects parts and excerpts, leaf by leaf; `listed` are the ids of leaves that are no body."""

    raw: bytes
    listed: frozenset[str]
    notes: dict[str, None]
    parts: list[Part] = field(default_factory=list)
    excerpts: list[Excerpt] = field(default_factory=list)
    unpacked: int = 0

    def add(self, leaf: Entity) -> None:
        """Look at one leaf; the files in it stand for it, where there are any."""
        content, note = decode(self.raw, leaf)
        files = unpack(leaf, content)
        if self.unpacked + len(files) > _MAX_UNPACKED:
            files, self.notes["parts-limit"] = [], None
        self.unpacked += len(files)
        self.parts += [_unpacked(packed) for packed in files]
        if leaf.id not in self.listed:
            return
        self.notes.update({note: None} if note else {})
        if not files:
            self.parts.append(_part(self.raw, leaf, len(content)))
            if leaf.content_type in tnef.CONTENT_TYPES and "parts-limit" not in self.notes:
                self.notes[BROKEN_TNEF] = None
        if is_excerpted(leaf.content_type) and len(self.excerpts) < _MAX_EXCERPTS:
            text, _ = charset.decode(content, leaf.kind.parameters.get("charset"))
            excerpt = excerpt_of(leaf.content_type, leaf.id, text)
            # Many senders attach an invitation twice: as an alternative, and as a file.
            if excerpt and all(excerpt.lines != known.lines for known in self.excerpts):
                self.excerpts.append(excerpt)


def _unpacked(packed: Packed) -> Part:
    return Part(
        packed.id, packed.filename, packed.content_type, len(packed.content), inline=False, content_id=None
    )


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
