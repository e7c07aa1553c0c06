"""Mail that is broken or hostile, made by small builders: what tests and bench hold every layer against.

`BROKEN` messages carry the word `LISIBLE`, which must still be read; `HEAVY` ones try to cost time or memory.
"""

import base64
from collections.abc import Callable
from typing import Final

from tnef_building import winmail

MEGABYTE: Final = 1_000_000
LISIBLE: Final = "lisible"
WORD: Final = LISIBLE.encode()
Builder = Callable[[], bytes]


def lines(*parts: str | bytes) -> bytes:
    """Return lines as the octets of a message."""
    return b"\r\n".join(part if isinstance(part, bytes) else part.encode() for part in parts)


def letter(*fields: str | bytes, body: bytes = WORD) -> bytes:
    """Return a message with these header fields beside the usual ones."""
    usual = ("From: Jean <jean@a.example>", "To: marie@a.example", "Subject: essai")
    return lines(*usual, *fields, "", body)


def mixed(*parts: bytes, boundary: str = "b") -> bytes:
    """Return a multipart/mixed message of these parts (header and body each)."""
    joined = b"".join(b"--%s\r\n%s\r\n" % (boundary.encode(), part) for part in parts)
    closing = b"--%s--\r\n" % boundary.encode()
    return letter(f'Content-Type: multipart/mixed; boundary="{boundary}"', body=joined + closing)


def typed(kind: str, body: bytes, *fields: str) -> bytes:
    """Return a body part of this content type."""
    return lines(f"Content-Type: {kind}", *fields, "", body)


def nested(levels: int, inner: bytes) -> bytes:
    """Return multiparts inside each other, each with its own boundary."""
    opening = b"".join(
        b'Content-Type: multipart/mixed; boundary="b%d"\r\n\r\n--b%d\r\n' % (level, level)
        for level in range(levels)
    )
    return opening + inner


def enclosed(levels: int) -> bytes:
    """Return a message in a message in a message."""
    inner = letter()
    for _ in range(levels):
        inner = mixed(typed("text/plain", WORD), typed("message/rfc822", inner))
    return inner


def html(body: bytes) -> bytes:
    """Return a message of HTML alone."""
    return letter("Content-Type: text/html; charset=utf-8", body=body)


TEXT: Final = typed("text/plain", WORD)
PARTIAL: Final = 'message/partial; id="a@b"; number=1; total=3'
EXTERNAL: Final = 'message/external-body; access-type=URL; URL="http://evil.example/x"'

BROKEN: Final[dict[str, Builder]] = {
    "unknown charset": lambda: letter("Content-Type: text/plain; charset=klingon"),
    "charset that lies": lambda: letter("Content-Type: text/plain; charset=utf-8", body=WORD + b" \xe9\xe8"),
    "charset that is a codec": lambda: letter("Content-Type: text/plain; charset=zip"),
    "utf-16 that is none": lambda: letter("Content-Type: text/plain; charset=utf-16", body=WORD + b"."),
    "raw 8-bit header": lambda: letter(b"X-A: \xe9\xff", b"Subject: \xe9t\xe9", b"\xff\xfe: x"),
    "null octets": lambda: letter(body=b"\x00" + WORD + b"\x00"),
    "group addresses": lambda: letter("Cc: undisclosed-recipients:;, equipe: a@b.example, <c@d.example>;"),
    "address fields of nonsense": lambda: letter('Cc: "a, <<b>>, (((, @, =?utf-8?q?=22=3C?= <'),
    "international addresses": lambda: letter("Cc: Zoë <zoë@exämple.example>, 用户@例子.广告"),
    "encoded words everywhere": lambda: letter(
        "=?utf-8?q?X?=: a", "Cc: =?utf-8?q?a=40b?= <=?utf-8?q?x?=@y>", "Message-ID: =?utf-8?q?<a@b>?="
    ),
    "encoded word in a boundary": lambda: letter(
        'Content-Type: multipart/mixed; boundary="=?utf-8?q?b?="', body=b"--b\r\n\r\n" + WORD + b"\r\n--b--"
    ),
    "parameters of nonsense": lambda: letter(
        "Content-Type: text/plain; charset*0*=x'y; charset*9999=; ;; =; nom*1=a"
    ),
    "no blank line": lambda: b"Subject: a\r\n" + WORD + b" without a colon",
    "no header": lambda: b"\r\n" + WORD,
    "only carriage returns": lambda: b"Subject: a\r\r" + WORD,
    "mbox line before the header": lambda: b">From a@b Mon Jan  1\r\n" + letter(),
    "no boundary": lambda: letter("Content-Type: multipart/mixed"),
    "boundary that never comes": lambda: letter("Content-Type: multipart/mixed; boundary=x"),
    "empty boundary": lambda: letter('Content-Type: multipart/mixed; boundary=""'),
    "no close delimiter": lambda: letter("Content-Type: multipart/mixed; boundary=b", body=b"--b\r\n" + TEXT),
    "same boundary inside": lambda: mixed(
        typed("multipart/mixed; boundary=b", b"--b\r\n" + TEXT + b"\r\n--b--"), TEXT
    ),
    "boundary that begins another": lambda: mixed(TEXT, b"--bb\r\n" + TEXT),
    "content type of nonsense": lambda: mixed(TEXT, typed("///;;;", b"x"), typed("text/" + "x" * 500, b"x")),
    "broken base64": lambda: letter(
        "Content-Transfer-Encoding: base64", body=base64.b64encode(WORD + b".........")[:-3] + b"*"
    ),
    "broken quoted-printable": lambda: letter(
        "Content-Transfer-Encoding: quoted-printable", body=b"=ZZ=\r\n=4" + WORD + b"="
    ),
    "unknown transfer encoding": lambda: letter("Content-Transfer-Encoding: x-rot13"),
    "uuencode by its header": lambda: letter(
        "Content-Transfer-Encoding: x-uuencode", body=b"begin 644 a.txt\r\n'" + b";&ES:6)L90\r\n`\r\nend"
    ),
    "uuencode in the text": lambda: letter(body=WORD + b"\r\n\r\nbegin 644 a.txt\r\n#86)C\r\n`\r\nend\r\n"),
    "uuencode that never ends": lambda: letter(body=WORD + b"\r\nbegin 644 a.txt\r\n" + b"#86)C\r\n" * 9),
    "flowed text": lambda: letter(
        "Content-Type: text/plain; format=flowed; delsp=yes", body=b">> lisi \r\n>> ble\r\n-- \r\n"
    ),
    "message in a message": lambda: enclosed(3),
    "partial message": lambda: mixed(TEXT, typed(PARTIAL, b"Subject: piece\r\n\r\nx")),
    "external body": lambda: mixed(TEXT, typed(EXTERNAL, b"Content-Type: image/gif\r\n\r\n")),
    "TNEF": lambda: mixed(TEXT, typed("application/ms-tnef; name=winmail.dat", winmail("a.txt", b"abc"))),
    "TNEF cut short": lambda: mixed(TEXT, typed("application/ms-tnef", winmail("a.txt", b"abc" * 99)[:90])),
    "TNEF of nonsense": lambda: mixed(TEXT, typed("application/ms-tnef", b"\x78\x9f\x3e\x22" + b"\xff" * 99)),
    "calendar of nonsense": lambda: mixed(
        TEXT, typed("text/calendar", b"BEGIN:VEVENT\r\nDTSTART:x\r\n;\r\n")
    ),
    "card of nonsense": lambda: mixed(TEXT, typed("text/vcard", b"BEGIN:VCARD\r\nFN\r\nN:;;;;\r\n\xff")),
    "report of nonsense": lambda: mixed(
        TEXT, typed("message/delivery-status", b":\r\n\r\nAction\r\n\r\n\r\n")
    ),
    "file names that climb": lambda: mixed(
        TEXT,
        typed("application/x-a; name=../../etc/passwd", b"x"),
        typed("application/x-a", b"y", 'Content-Disposition: attachment; filename="..\\..\\a\x01.exe"'),
        typed("application/x-a", b"z", "Content-Disposition: attachment; filename*=utf-8''%2e%2e%2fa%00b"),
    ),
    "date of nonsense": lambda: letter("Date: Mon, 99 Foo 99999 99:99:99 +9999"),
    "html that is never closed": lambda: html(b"<p><b><table><tr><td>" + WORD + b"<!-- <script>"),
}

HEAVY: Final[dict[str, Builder]] = {
    "line breaks": lambda: b"A: b\r\n\r\n" + b"\n" * 10 * MEGABYTE,
    "nested multiparts over line breaks": lambda: nested(300, b"\n" * 5 * MEGABYTE),
    "endless nesting": lambda: nested(20_000, WORD),
    "3,000 parts": lambda: mixed(*[typed("application/x-a", b"x")] * 3000),
    "100,000 parts": lambda: (
        b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + b"--b\r\n\r\nx\r\n" * 100_000
    ),
    "messages in 200 messages": lambda: enclosed(200),
    "megabyte header": lambda: b"Subject: " + b"x" * 5 * MEGABYTE,
    "megabyte of header fields": lambda: b"X: y\r\n" * 500_000,
    "encoded words that never end": lambda: b"Subject: " + b"=?a?q?" * 40_000,
    "encoded words": lambda: b"Subject: " + b"=?utf-8?q?a?= =?x?q?b?=" * 10_000,
    "escaped quotes": lambda: b"To: " + b'\\"' * 120_000,
    "comments": lambda: b"To: " + b"(" * 250_000,
    "angle brackets": lambda: b"To: " + b"<" * 250_000,
    "addresses": lambda: b"To: " + b"a@b," * 60_000,
    "references": lambda: b"References: " + b"<" * 250_000,
    "parameters": lambda: b"Content-Type: text/plain" + b"; a" * 80_000,
    "white space in a parameter": lambda: b"Content-Type: text/plain; a" + b" " * 250_000,
    "numbers in a date": lambda: b"Date: " + b"1 " * 100_000,
    "padding in base64": lambda: typed("a/b", b"a==" * 3 * MEGABYTE, "Content-Transfer-Encoding: base64"),
    "slow codec": lambda: typed("text/plain; charset=punycode", b"a" * MEGABYTE),
    "flowed quotes": lambda: typed("text/plain; format=flowed", b"> \n" * 300_000),
    "quote depths": lambda: typed("text/plain", b">" * MEGABYTE + b"\n" + b"> a\na\n" * 50_000),
    "beginnings of uuencode": lambda: typed("text/plain", b"begin 644 a\n" * 80_000),
    "link upon link": lambda: typed("text/plain", b"http://a.example/?" * 60_000),
    "less-than signs": lambda: html(b"<" * MEGABYTE),
    "padding in styles": lambda: html(b"<p style='padding-left:99999999px'>x" * 10_000),
    "lists in lists": lambda: html(b"<ul>" * 250 + b"<li>x" * 2000),
    "tables in tables": lambda: html(b"<table><tr><td>" * 6000),
    "styles": lambda: html(b"<p style='" + b"color:red;" * 90_000 + b"'>x"),
    "attributes": lambda: html(b"<p " + b"a=b " * 200_000 + b">x"),
    "formatting that is never closed": lambda: html(b"<b><i><p>" * 90 + b"<b><p>x" * 8000),
    "entities": lambda: html(b"&lt;&#x41;&amp" * 70_000),
    "links in html": lambda: html(b"<a href='https://x.example/a'>https://y.example/b</a> " * 9000),
    "nested quotations in html": lambda: html(b"<blockquote>" * 290 + b"x"),
    "calendar lines": lambda: mixed(typed("text/calendar", b"BEGIN:VEVENT\r\nATTENDEE:x\r\n" * 40_000)),
    "card lines": lambda: mixed(typed("text/vcard", b"BEGIN:VCARD\r\nFN:x\r\n" * 60_000)),
    "report lines": lambda: mixed(typed("message/delivery-status", b"Action: failed\r\n\r\n" * 60_000)),
    "TNEF attributes": lambda: mixed(
        typed("application/ms-tnef", b"\x78\x9f\x3e\x22\x00\x00" + (b"\x02" + b"\x00" * 10) * 90_000)
    ),
    "60 images beside 20 MB": lambda: mixed(
        typed("text/html", b"".join(b"<img src=cid:i%d>" % number for number in range(60))),
        *[typed("image/png", b"\x89PNG\r\n\x1a\n", f"Content-ID: <i{number}>") for number in range(60)],
        typed("application/pdf", b"\n" * 20 * MEGABYTE),
    ),
    "100 packages": lambda: mixed(
        *[typed("application/ms-tnef", winmail("a", bytes(9)) + winmail("b", bytes(9))[6:] * 99)] * 100
    ),
    "25 MB attachment": lambda: mixed(
        TEXT,
        typed(
            "application/pdf", base64.encodebytes(bytes(25 * MEGABYTE)), "Content-Transfer-Encoding: base64"
        ),
    ),
}
