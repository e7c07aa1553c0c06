"""The files that the demo's letters carry, made in code: PDF, PNG, Word, CSV, zip and whole messages.

They open in the usual programs, and hold nothing but what is written here. Each is the same at every run.
"""

from __future__ import annotations

import io
import random
import struct
import zipfile
import zlib
from dataclasses import dataclass
from email import message_from_bytes
from email.policy import SMTP
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

if TYPE_CHECKING:
    from collections.abc import Sequence
    from email.message import EmailMessage

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
_CONTENT_TYPES = (
    '<?xml version="1.0" encoding="UTF-8"?>'
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    f'<Override PartName="/word/document.xml" ContentType="{DOCX}.main+xml"/></Types>'
)
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument"
_RELATIONSHIPS = (
    '<?xml version="1.0" encoding="UTF-8"?>'
    '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    f'<Relationship Id="r1" Type="{_OFFICE}" Target="word/document.xml"/></Relationships>'
)


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file of a message. With a `content_id` the HTML shows it, and names it `cid:content_id`."""

    filename: str
    content_type: str
    content: bytes
    content_id: str = ""

    def add_to(self, message: EmailMessage) -> None:
        """Attach it; an inline one goes beside the HTML part (multipart/related, RFC 2387)."""
        maintype, _, subtype = self.content_type.partition("/")
        if self.content_type == "message/rfc822":  # never base64 (RFC 2046 section 5.2.1)
            message.add_attachment(message_from_bytes(self.content, policy=SMTP), filename=self.filename)
        elif self.content_id:
            html = message.get_body(("html",))
            if html is None:
                raise ValueError("an inline file needs an HTML body")
            html.add_related(
                self.content,
                maintype,
                subtype,
                filename=self.filename,
                cid=f"<{self.content_id}>",
                disposition="inline",
            )
        else:
            charset = {"charset": "utf-8"} if maintype == "text" else None
            message.add_attachment(self.content, maintype, subtype, filename=self.filename, params=charset)


def pdf(filename: str, title: str, lines: Sequence[str]) -> Attachment:
    """Make one A4 page of text in Helvetica (ISO 32000-1 section 7.5: body, cross-references, trailer)."""
    text = [f"BT /F1 18 Tf 60 780 Td ({_pdf_text(title)}) Tj /F1 11 Tf 0 -34 Td 16 TL"]
    text += [f"({_pdf_text(line)}) Tj T*" for line in lines]
    stream = "\n".join([*text, "ET"]).encode("cp1252")
    bodies = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources 6 0 R >>",
        b"<< /Length %d >>\nstream\n%b\nendstream" % (len(stream), stream),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
        b"<< /Font << /F1 5 0 R >> >>",
    ]
    content, offsets = b"%PDF-1.4\n", []
    for number, body in enumerate(bodies, 1):
        offsets.append(len(content))
        content += b"%d 0 obj\n%b\nendobj\n" % (number, body)
    start = len(content)
    content += b"xref\n0 7\n0000000000 65535 f \n"
    content += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    content += b"trailer\n<< /Size 7 /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % start
    return Attachment(filename, "application/pdf", content)


def _pdf_text(text: str) -> str:
    """Escape a string literal; the page is in WinAnsi, which has no narrow no-break space."""
    text = text.replace("\u202f", "\u00a0")
    return text.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)")


def bar_chart(
    filename: str, values: Sequence[int], colour: tuple[int, int, int], content_id: str = ""
) -> Attachment:
    """Draw a PNG with one bar a value (0 to 100), 40 pixels each."""
    height, white = 120, b"\xff\xff\xff"
    rows = []
    for y in range(height):
        bars = (bytes(colour) * 30 if height - y <= value else white * 30 for value in values)
        rows.append(b"".join(white * 10 + bar for bar in bars))
    return Attachment(filename, "image/png", _png(len(values) * 40, rows), content_id)


def noise(filename: str, side: int) -> Attachment:
    """Make a PNG that does not compress: about 3 × side² octets."""
    dice = random.Random(2026)  # noqa: S311 - no secret: the same picture at every run
    return Attachment(filename, "image/png", _png(side, [dice.randbytes(3 * side) for _ in range(side)]))


def _png(width: int, rows: Sequence[bytes]) -> bytes:
    """8-bit RGB, no filter, no interlace (PNG specification, sections 5 and 9)."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", width, len(rows), 8, 2, 0, 0, 0)
    pixels = zlib.compress(b"".join(b"\0" + row for row in rows), level=1)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def docx(filename: str, paragraphs: Sequence[str]) -> Attachment:
    """Make a Word document of plain paragraphs (ECMA-376)."""
    body = "".join(f"<w:p><w:r><w:t>{escape(text)}</w:t></w:r></w:p>" for text in paragraphs)
    namespace = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    document = (
        '<?xml version="1.0" encoding="UTF-8"?>'
        f'<w:document xmlns:w="{namespace}"><w:body>{body}</w:body></w:document>'
    )
    entries = {
        "[Content_Types].xml": _CONTENT_TYPES.encode(),
        "_rels/.rels": _RELATIONSHIPS.encode(),
        "word/document.xml": document.encode(),
    }
    return Attachment(filename, DOCX, _zip(entries))


def archive(filename: str, files: Sequence[Attachment]) -> Attachment:
    """Make a zip of other files."""
    return Attachment(filename, "application/zip", _zip({file.filename: file.content for file in files}))


def _zip(entries: dict[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as bundle:
        for name, content in entries.items():
            bundle.writestr(zipfile.ZipInfo(name, (2026, 1, 5, 9, 0, 0)), content, zipfile.ZIP_DEFLATED)
    return packed.getvalue()


def csv(filename: str, rows: Sequence[Sequence[str]]) -> Attachment:
    """Write a table as French spreadsheets read it: semicolons, and a byte order mark before UTF-8."""
    text = "".join(";".join(row) + "\r\n" for row in rows)
    return Attachment(filename, "text/csv", text.encode("utf-8-sig"))
