"""The tree of MIME entities in a message (RFC 2045, RFC 2046), as offsets into its octets.

Refuses to copy, to decode and to fail. Each multipart is searched once for its delimiter, so that time is
bounded by size x depth and memory by the number of parts, whatever the message holds; the standard library's
parser is bounded by neither (it takes 0.4 s for 90 nested multiparts and 50 kB of line breaks).
message/rfc822 is not entered: it is opened as a message of its own, by whoever wants to see it.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from courriel_message.header import Fields, Structured, read_fields, structured
from courriel_message.limits import Limits

_MEDIA_TYPE: Final = re.compile(r"[a-z0-9!#$&^_.+-]{1,80}/[a-z0-9!#$&^_.+-]{1,80}")
_MAX_BOUNDARY: Final = 1000  # characters; RFC 2046 says 70


@dataclass(frozen=True, slots=True)
class Entity:
    """One node of the tree. `id` is the dotted path that IMAP uses.

    Raw[start:end] is the body, still encoded.
    """

    id: str
    fields: Fields
    kind: Structured
    start: int
    end: int
    children: tuple["Entity", ...] = ()

    @property
    def content_type(self) -> str:
        """type/subtype in lower case, as this room understands it."""
        return self.kind.value

    @property
    def disposition(self) -> Structured:
        """Content-Disposition (RFC 2183)."""
        return structured(self.fields.first("content-disposition"))


@dataclass(slots=True)
class _Splitter:
    """One pass over one message: its octets, what is left of the limits, and what was wrong."""

    raw: bytes
    limits: Limits
    remaining: int
    notes: dict[str, None] = field(default_factory=dict)

    def note(self, *codes: str) -> None:
        """Remember each code once, in order."""
        self.notes.update(dict.fromkeys(codes))

    def entity(self, path: str, start: int, end: int, depth: int, default: str) -> Entity:
        """Return the entity whose header starts at `start`; `path` is "" for the message itself."""
        fields, body, notes = read_fields(self.raw, start, end, self.limits.header)
        self.note(*notes)
        kind = self._kind(fields, default)
        children: tuple[Entity, ...] = ()
        if kind.value.startswith("multipart/"):
            children = self._children(path, kind, body, end, depth)
            if not children:
                kind = Structured("text/plain" if depth == 0 else "application/octet-stream", kind.parameters)
        return Entity(path or "1", fields, kind, body, end, children)

    def _kind(self, fields: Fields, default: str) -> Structured:
        """Return the content type, `default` where there is none, octet-stream where it is broken."""
        written = fields.first("content-type")
        if not written:
            return Structured(default, {})
        kind = structured(written)
        if kind.value in {"text", "plain"}:
            return Structured("text/plain", kind.parameters)
        if not _MEDIA_TYPE.fullmatch(kind.value):
            self.note("broken-content-type")
            return Structured("application/octet-stream", kind.parameters)
        return kind

    def _children(self, path: str, kind: Structured, start: int, end: int, depth: int) -> tuple[Entity, ...]:
        boundary = kind.parameters.get("boundary", "")
        if not boundary or len(boundary) > _MAX_BOUNDARY:
            self.note("no-boundary")
            return ()
        if depth >= self.limits.depth:
            self.note("depth-limit")
            return ()
        default = "message/rfc822" if kind.value == "multipart/digest" else "text/plain"
        prefix = f"{path}." if path else ""
        children = []
        for number, (first, last) in enumerate(self._spans(boundary, start, end), 1):
            if self.remaining <= 0:
                self.note("parts-limit")
                children.append(
                    Entity(
                        f"{prefix}{number}",
                        Fields(()),
                        Structured("application/octet-stream", {}),
                        first,
                        end,
                    )
                )
                break
            self.remaining -= 1
            children.append(self.entity(f"{prefix}{number}", first, last, depth + 1, default))
        if not children:
            self.note("no-boundary")
        return tuple(children)

    def _spans(self, boundary: str, start: int, end: int) -> Iterator[tuple[int, int]]:
        """Where each body part starts and ends (RFC 2046, section 5.1.1).

        The last may lack its close delimiter.
        """
        literal = re.escape(boundary.encode("utf-8", "replace"))
        delimiter = re.compile(rb"\n--" + literal + rb"(--)?[ \t]*\r?(?=\n|\Z)")
        part: int | None = None
        # The line break before a delimiter belongs to it; for the first one it ends the header.
        for found in delimiter.finditer(self.raw, max(start - 1, 0), end):
            if part is not None:
                last = found.start()
                if self.raw[last - 1 : last] == b"\r":
                    last -= 1
                yield part, max(last, part)
            if found[1]:
                return
            part = min(found.end() + 1, end)
        if part is not None:
            self.note("no-close-delimiter")
            yield part, end


def split(raw: bytes, limits: Limits) -> tuple[Entity, tuple[str, ...]]:
    """Return the tree of `raw` and notes (codes) about what was wrong with it."""
    splitter = _Splitter(raw, limits, limits.parts)
    if len(raw) > limits.total:
        fields, body, notes = read_fields(raw, 0, len(raw), limits.header)
        return (
            Entity("1", fields, Structured("application/octet-stream", {}), body, len(raw)),
            (*notes, "size-limit"),
        )
    root = splitter.entity("", 0, len(raw), 0, "text/plain")
    return root, tuple(splitter.notes)


def leaves(entity: Entity) -> Iterator[Entity]:
    """Return the entities without children, in order."""
    if not entity.children:
        yield entity
    for child in entity.children:
        yield from leaves(child)
