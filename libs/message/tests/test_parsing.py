"""Reading messages: broken ones, hostile ones, and honest ones as the standard library builds them."""

import base64
import email
from email.message import EmailMessage

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from courriel_message import Address, Limits, Message, Part, UnknownPart, parse, part_content, summarise


def message(*lines: str | bytes) -> bytes:
    """Lines as the octets of a message."""
    return b"".join((line.encode() if isinstance(line, str) else line) + b"\r\n" for line in lines)


@pytest.mark.parametrize(
    ("raw", "text", "notes"),
    [
        (message("Subject: a", "", "bonjour"), "bonjour", ()),
        (b"Subject: a\n\nbonjour\n", "bonjour", ()),
        (
            message("Subject: a", "bonjour sans ligne vide", "b"),
            "bonjour sans ligne vide\nb",
            ("no-blank-line",),
        ),
        (message("", "bonjour"), "bonjour", ()),
        (b"", "", ()),
        (b"bonjour", "bonjour", ("no-blank-line",)),
        (message("From jean Mon Jan 1", "Subject: a", "", "bonjour"), "bonjour", ()),
        (message("Content-Type: text/plain; charset=utf-8", "", "été"), "été", ()),
        (message("Content-Type: text/plain; charset=iso-8859-1", "", b"\xe9t\xe9 \x80"), "été €", ()),
        (message("Content-Type: text/plain; charset=x-nope", "", "été"), "été", ("unknown-charset",)),
        (message("Content-Type: text/plain; charset=hex", "", "6162"), "6162", ("unknown-charset",)),
        (
            message("Content-Type: text/plain; charset=utf-8", "", b"\xe9t\xe9"),
            "\ufffdt\ufffd",
            ("wrong-charset",),
        ),
        (message("Content-Type: text/plain; charset=us-ascii", "", "été"), "été", ()),
        (message("Content-Type: text/plain", "", b"\xe9t\xe9"), "été", ()),
        (message("Content-Type: text/plain; charset=utf-7", "", b"+2AA-"), "\ufffd", ()),
        (message("Content-Transfer-Encoding: base64", "", "Ym9uam91cg"), "bonjour", ("broken-base64",)),
        (message("Content-Transfer-Encoding: base64", "", "Ym9u*am9 1cg=="), "bonjour", ()),
        (message("Content-Transfer-Encoding: x-own", "", "bonjour"), "bonjour", ("unknown-encoding",)),
        (message("Content-Transfer-Encoding: quoted-printable", "", "=C3=A9t=", "=C3=A9 =ZZ"), "été =ZZ", ()),
        (message("Content-Type: text", "", "bonjour"), "bonjour", ()),
        (message("Content-Type: multipart/mixed", "", "bonjour"), "bonjour", ("no-boundary",)),
        (message("Content-Type: multipart/mixed; boundary=b", "", "bonjour"), "bonjour", ("no-boundary",)),
        (message("Subject: a", "", "a\x00b\x1bc"), "abc", ()),
        (
            message(
                "Content-Type: text/plain; format=flowed",
                "",
                "un ",
                "deux",
                "> trois ",
                "> quatre",
                "-- ",
                "moi",
            ),
            "un deux\n> trois quatre\n-- \nmoi",
            (),
        ),
        (message("Content-Type: text/plain; format=flowed; delsp=yes", "", "un ", "deux"), "undeux", ()),
    ],
)
def test_a_body_is_readable_whatever_its_state(raw: bytes, text: str, notes: tuple[str, ...]) -> None:
    """Broken headers, charsets and encodings give text, and a note that says what was wrong."""
    read = parse(raw)

    assert read.text.rstrip("\n") == text
    assert read.notes == notes


MIXED = message(
    "Subject: a",
    'Content-Type: multipart/mixed; boundary="m"',
    "",
    "preamble",
    "--m",
    "Content-Type: multipart/alternative; boundary=m2",
    "",
    "--m2",
    "",
    "le texte",
    "--m2",
    "Content-Type: multipart/related; boundary=r",
    "",
    "--r",
    "Content-Type: text/html; charset=utf-8",
    "",
    "<p>le HTML</p>",
    "--r",
    "Content-Type: image/png; name=logo.png",
    "Content-ID: <logo@x>",
    "Content-Transfer-Encoding: base64",
    "",
    "iVBORw==",
    "--r--",
    "--m2",
    "Content-Type: text/calendar; method=REQUEST",
    "",
    "BEGIN:VCALENDAR",
    "--m2--",
    "--m  ",
    "Content-Type: application/pdf",
    "Content-Disposition: attachment; filename*0*=utf-8''r%C3%A9su; filename*1=m.pdf",
    "Content-Transfer-Encoding: base64",
    "",
    "JVBERi0=",
    "--m",
    "Content-Type: message/rfc822",
    "",
    "Subject: =?utf-8?q?l'=C3=A9t=C3=A9?=",
    "",
    "dedans",
    "--m--",
    "epilogue",
)


def test_the_parts_of_a_message_are_found() -> None:
    """Text, HTML version, inline image, invitation, attachment and enclosed message have their place."""
    read = parse(MIXED)

    assert (read.text, read.unsafe_html) == ("le texte", "<p>le HTML</p>")
    assert read.parts == (
        Part("1.2.2", "logo.png", "image/png", 4, inline=True, content_id="logo@x"),
        Part("1.3", None, "text/calendar", 15, inline=False, content_id=None),
        Part("2", "résum.pdf", "application/pdf", 5, inline=False, content_id=None),
        Part("3", "l'été.eml", "message/rfc822", 46, inline=False, content_id=None),
    )
    assert read.notes == ()


def test_the_content_of_a_part_comes_by_its_id() -> None:
    """What `parse` listed can be fetched, and an enclosed message be read in turn; other ids are refused."""
    for part in parse(MIXED).parts:
        found, content = part_content(MIXED, part.id)
        assert found == part
        assert len(content) == part.size
    assert part_content(MIXED, "2")[1] == b"%PDF-"
    assert parse(part_content(MIXED, "3")[1]).text == "dedans"
    for unknown in ("", "0", "9", "1.2.2.1", "x"):
        with pytest.raises(UnknownPart):
            part_content(MIXED, unknown)


def test_the_same_boundary_inside_ends_the_outer_part() -> None:
    """Nested multiparts with one boundary still give their texts."""
    start = ("Content-Type: multipart/mixed; boundary=b", "", "--b")
    raw = message(*start, *start, "", "un", "--b", "", "deux", "--b--", "--b--")

    assert parse(raw).text == "un\n\ndeux"


def test_a_boundary_that_begins_another_is_not_taken_for_it() -> None:
    """A delimiter is a whole line."""
    raw = message("Content-Type: multipart/mixed; boundary=b", "", "--b", "", "un", "--bb", "deux", "--b--")

    assert parse(raw).text == "un\n--bb\ndeux"


def test_a_message_cut_short_keeps_what_came() -> None:
    """Without its close delimiter the last part goes to the end."""
    read = parse(message("Content-Type: multipart/mixed; boundary=b", "", "--b", "", "un"))

    assert (read.text.strip(), read.notes) == ("un", ("no-close-delimiter",))


def test_html_alone_gives_text_too() -> None:
    """Without a text version the HTML is laid out without hidden lines; its charset may stand in it."""
    html = b'<meta charset="iso-8859-1"><p>\xe9t\xe9<p style="display:none">x</p><ul><li>un<li>deux</ul>'
    read = parse(message("Content-Type: text/html", "", html))

    assert read.text == "été\n\n  * un\n  * deux"
    assert read.unsafe_html is not None
    assert "été" in read.unsafe_html


def test_html_stands_for_an_empty_text() -> None:
    """A sender's empty text version is no reason to show nothing; HTML in pieces is kept whole."""
    raw = message(
        *("Content-Type: multipart/alternative; boundary=a", "", "--a", "", " ", "--a"),
        *("Content-Type: multipart/mixed; boundary=m", "", "--m", "Content-Type: text/html", "", "<p>un</p>"),
        *(
            "--m",
            "Content-Type: application/pdf",
            "",
            "x",
            "--m",
            "Content-Type: text/html",
            "",
            "<p>deux</p>",
        ),
        *("--m--", "--a--"),
    )
    read = parse(raw)

    assert read.text.split() == ["un", "deux"]
    assert read.unsafe_html == "<p>un</p>\n<hr>\n<p>deux</p>"
    assert [part.id for part in read.parts] == ["2.2"]


def test_text_beside_html_is_shown_in_both_versions() -> None:
    """A text part under an HTML part (a mailing list's footer) is escaped into the HTML."""
    raw = message(
        "Content-Type: multipart/mixed; boundary=b", "", "--b", "Content-Type: text/html", "", "<p>un</p>",
        "--b", "", "<deux>", "--b--",
    )  # fmt: skip

    assert parse(raw).text == "un\n\n<deux>"
    assert parse(raw).unsafe_html == "<p>un</p>\n<hr>\n&lt;deux&gt;"


@pytest.mark.parametrize(
    ("field", "name"),
    [
        ("attachment; filename=a.pdf", "a.pdf"),
        ('attachment; filename="a;b \\"c\\".pdf"', 'a;b "c".pdf'),
        ("attachment; filename==?utf-8?q?=C3=A9t=C3=A9.pdf?=", "été.pdf"),
        ('attachment; filename="=?iso-8859-1?b?6XTpLnBkZg==?="', "été.pdf"),
        ("attachment; filename*=UTF-8'fr'%C3%A9t%C3%A9.pdf", "été.pdf"),
        ("attachment; filename=ascii.pdf; filename*=UTF-8''%C3%A9t%C3%A9.pdf", "été.pdf"),
        ("attachment; filename*1=b.pdf; filename*0=a", "ab.pdf"),
        ("attachment; filename*=x-nope''%E9t%E9.pdf", "été.pdf"),
        ("attachment; filename*=%%%zz", "%%%zz"),
        ('attachment; filename="../../etc/passwd"', "etcpasswd"),
        ('attachment; filename="..\\\\..\\\\x.exe"', "x.exe"),
        ('attachment; filename="a\u202efdp.exe"', "afdp.exe"),
        ("attachment; filename==?utf-8?q?a=0D=0Ab.txt?=", "a b.txt"),
        ('attachment; filename=".."', None),
        ('attachment; filename=""', None),
        ("attachment", None),
        ('attachment; filename="unterminated', "unterminated"),
    ],
)
def test_file_names_are_decoded_and_harmless(field: str, name: str | None) -> None:
    """RFC 2231 and RFC 2047 in every place; no separators, control or direction characters."""
    raw = message("Content-Type: application/pdf", f"Content-Disposition: {field}", "", "x")

    assert parse(raw).parts[0].filename == name


def test_a_long_file_name_keeps_its_suffix() -> None:
    """Names are cut in the middle, not at the end that says what the file is."""
    raw = message(
        "Content-Type: a/b", f'Content-Disposition: attachment; filename="{"é" * 300}.pdf"', "", "x"
    )
    name = parse(raw).parts[0].filename

    assert name is not None
    assert (len(name), name[-4:]) == (200, ".pdf")


def test_the_header_of_a_message() -> None:
    """Addresses, identifiers, date and every field come decoded; repeated address fields are joined."""
    read = parse(
        message(
            "From: =?utf-8?q?Jean_D=C3=A9?= <jean@a.example>",
            "To: a@a.example",
            "To: b@a.example",
            "Cc: Groupe: c@a.example, d@a.example;",
            "Reply-To: e@a.example",
            "Subject: =?utf-8?b?w6l0w6k=?=",
            "Date: Mon, 01 Jan 2024 10:00:00 +0100",
            "Message-ID: <1@a.example>",
            "In-Reply-To: <0@a.example>",
            "References: <x@a.example>",
            " <0@a.example>",
            "X-Own: 1",
            "",
            "x",
        )
    )

    assert read.from_ == (Address("Jean Dé", "jean@a.example"),)
    assert [address.address for address in (*read.to, *read.cc)] == [
        "a@a.example",
        "b@a.example",
        "c@a.example",
        "d@a.example",
    ]
    assert read.reply_to == (Address("", "e@a.example"),)
    assert read.subject == "été"
    assert read.date is not None
    assert read.date.isoformat() == "2024-01-01T10:00:00+01:00"
    assert (read.message_id, read.in_reply_to) == ("<1@a.example>", ("<0@a.example>",))
    assert read.references == ("<x@a.example>", "<0@a.example>")
    assert read.headers[-1] == ("X-Own", "1")
    assert ("Subject", "été") in read.headers


@pytest.mark.parametrize(
    ("raw", "limits", "note"),
    [
        (MIXED, Limits(depth=1), "depth-limit"),
        (MIXED, Limits(parts=2), "parts-limit"),
        (MIXED, Limits(header=20), "header-limit"),
        (MIXED, Limits(text=4), "text-limit"),
        (MIXED, Limits(total=100), "size-limit"),
    ],
)
def test_beyond_a_limit_the_rest_stays_one_part(raw: bytes, limits: Limits, note: str) -> None:
    """A limit gives its note, and every listed part can still be fetched."""
    read = parse(raw, limits)

    assert note in read.notes
    assert read.subject == "a"
    for part in read.parts:
        assert len(part_content(raw, part.id, limits)[1]) == part.size


def walk(read: Message) -> None:
    """Every string of a message can be encoded, every part be fetched."""
    strings = [
        read.subject,
        read.text,
        read.unsafe_html or "",
        *(f"{name}{value}" for name, value in read.headers),
    ]
    strings += [f"{address.name}{address.address}" for address in (*read.from_, *read.to, *read.cc)]
    strings += [f"{part.filename}{part.content_id}{part.content_type}" for part in read.parts]
    assert all("\n" not in value for _, value in read.headers)
    "".join(strings).encode("utf-8")


LINES = st.sampled_from(
    [
        b"From: a <a@b>",
        b'To: "a, =?utf-8?q?b?= <c@d>, (e',
        b"Subject: =?utf-8?b?w6k?= =?x?q?=ff?=",
        b" folded",
        b"",
        b"Content-Type: multipart/mixed; boundary=b",
        b"Content-Type: multipart/alternative; boundary=c",
        b"--b",
        b"--c",
        b"--b--",
        b"--c--",
        b"Content-Type: text/html; charset=utf-7",
        b"Content-Transfer-Encoding: base64",
        b"AAAA=",
        b"Content-Disposition: attachment; filename*0*=a''%ff; filename*1=b",
        b"Content-Type: message/rfc822",
        b"Date: 1",
        b"Content-Type: text/plain; format=flowed; charset=utf-16",
        b"> a ",
        b"Content-ID: <a>",
        b"<p>\xc3\xa9",
        b"\xff",
    ]
)


@settings(max_examples=300)
@given(st.lists(LINES | st.binary(max_size=20), max_size=40), st.sampled_from([b"\r\n", b"\n", b"\r"]))
def test_no_octets_make_reading_fail(lines: list[bytes], line_break: bytes) -> None:
    """Whatever the octets, there is a message and a summary of clean text, and its parts can be fetched."""
    raw = line_break.join(lines)
    read = parse(raw)
    walk(read)
    for part in read.parts:
        assert part_content(raw, part.id)[0] == part
    summary = summarise(raw)
    assert summary.subject == read.subject
    assert summary.message_id == read.message_id


NAMES = st.text(st.characters(whitelist_categories=["Lu", "Ll", "Lo", "Nd"]), min_size=1, max_size=30)


@given(
    st.text(st.characters(whitelist_categories=["L", "N", "So"])),
    st.lists(st.tuples(st.binary(max_size=200), NAMES), max_size=4),
)
def test_what_the_standard_library_builds_is_read_back(text: str, files: list[tuple[bytes, str]]) -> None:
    """Texts and attachments of messages that another implementation wrote come back as they were."""
    message_ = EmailMessage()
    message_.set_content(text)
    for content, name in files:
        message_.add_attachment(content, maintype="application", subtype="x-test", filename=name)
    raw = message_.as_bytes()
    read = parse(raw)

    assert read.text.strip() == text.strip()
    assert [(part_content(raw, part.id)[1], part.filename) for part in read.parts] == files
    assert read.notes == ()
    assert email.message_from_bytes(raw).defects == []


def test_base64_in_pieces_is_read_to_its_end() -> None:
    """Two encoded pieces in one body, each with its own padding, lose nothing."""
    body = base64.b64encode(b"a") + b"\r\n" + base64.b64encode(b"bc")

    assert parse(message("Content-Transfer-Encoding: base64", "", body)).text.startswith("a")
