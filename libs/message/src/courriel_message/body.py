"""Which entities of a message are its body, and what of it people read.

Everything else is a part to be offered.

HTML leaves this room's parser as it came: it is for `sanitise`, and called unsafe wherever it is passed on.
"""

import re
from dataclasses import dataclass, field
from typing import Final

from courriel_message import charset, transfer, uuencode
from courriel_message.entities import Entity
from courriel_message.flowed import reflow
from courriel_message.html_text import text_of_html
from courriel_message.limits import Limits
from courriel_message.plain import linkify

_META_CHARSET: Final = re.compile(
    rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([A-Za-z0-9_.:-]{1,40})", re.IGNORECASE
)
_RULE: Final = "\n<hr>\n"  # between the HTML of bodies that follow each other
_META_REACH: Final = 4096  # octets


@dataclass(frozen=True, slots=True)
class _Segment:
    """A stretch of the body: its text, its HTML, or both versions of one thing."""

    text: str | None
    html: str | None

    @property
    def readable(self) -> str:
        """The text; the HTML laid out where there is no text, or an empty one beside it."""
        if self.html is None or (self.text or "").strip():
            return self.text or ""
        return text_of_html(self.html)


@dataclass(slots=True)
class BodyReader:
    """Walks one tree: collects body segments, the entities that are parts, and notes."""

    raw: bytes
    limits: Limits
    remaining: int
    notes: dict[str, None] = field(default_factory=dict)
    parts: list[Entity] = field(default_factory=list)

    def read(self, root: Entity) -> tuple[str, str | None]:
        """Readable text and unsanitised HTML (None where there is none) of the whole message."""
        segments = self._segments(root)
        text = "\n\n".join(segment.readable.strip("\n") for segment in segments)
        if not any(segment.html is not None for segment in segments):
            return text, None
        html = [part.html if part.html is not None else linkify(part.text or "") for part in segments]
        return text, _RULE.join(html)

    def _segments(self, entity: Entity) -> list[_Segment]:
        if entity.content_type == "multipart/alternative":
            return self._alternative(entity)
        if entity.content_type == "multipart/related" and entity.children:
            root = self._related_root(entity)
            found = self._segments(root)
            self.parts.extend(
                leaf for child in entity.children if child is not root for leaf in _leaves(child)
            )
            return found
        if entity.children:
            return [segment for child in entity.children for segment in self._segments(child)]
        if not is_body(entity):
            self.parts.append(entity)
            return []
        if entity.content_type == "text/html":
            return [_Segment(None, self._text(entity))]
        return [_Segment(self._text(entity), None)]

    def _alternative(self, entity: Entity) -> list[_Segment]:
        """Return the versions of one thing (RFC 2046, section 5.1.4).

        The last HTML and the last text are kept.
        """
        text: str | None = None
        html: str | None = None
        for child in entity.children:
            segments = self._segments(child)
            texts = [segment.text for segment in segments if segment.text is not None]
            htmls = [segment.html for segment in segments if segment.html is not None]
            text = "\n\n".join(texts) if texts else text
            html = _RULE.join(htmls) if htmls else html
        return [] if text is None and html is None else [_Segment(text, html)]

    def _related_root(self, entity: Entity) -> Entity:
        """Return the part the others belong to (RFC 2387, section 3.2).

        The one `start` names, else the first.
        """
        wanted = entity.kind.parameters.get("start", "").strip()
        named = (child for child in entity.children if wanted and child.fields.first("content-id") == wanted)
        return next(named, entity.children[0])

    def _text(self, entity: Entity) -> str:
        """Return the characters of a body entity, line breaks as LF, within what the limit leaves."""
        encoded = self.raw[entity.start : entity.end]
        data, note = transfer.decode(encoded, entity.fields.first("content-transfer-encoding"))
        if len(data) > self.remaining:
            data = data[: self.remaining]
            self.notes["text-limit"] = None
        self.remaining -= len(data)
        label = entity.kind.parameters.get("charset")
        if (
            label is None
            and entity.content_type == "text/html"
            and (meta := _META_CHARSET.search(data[:_META_REACH]))
        ):
            label = meta[1].decode("ascii")
        text, charset_note = charset.decode(data, label)
        self.notes.update(dict.fromkeys(code for code in (note, charset_note) if code))
        text = text.replace("\r\n", "\n").replace("\r", "\n")
        if entity.content_type == "text/plain":
            text, _ = uuencode.take_out(text)
        if (
            entity.kind.parameters.get("format", "").lower() == "flowed"
            and entity.content_type == "text/plain"
        ):
            return reflow(text, delsp=entity.kind.parameters.get("delsp", "").lower() == "yes")
        return text


def is_body(entity: Entity) -> bool:
    """Whether an entity without children is shown as text rather than offered as a part."""
    if entity.content_type not in {"text/plain", "text/html"}:
        return False
    disposition = entity.disposition
    named = "filename" in disposition.parameters or "name" in entity.kind.parameters
    return disposition.value != "attachment" and not named


def _leaves(entity: Entity) -> list[Entity]:
    return [leaf for child in entity.children for leaf in _leaves(child)] if entity.children else [entity]
