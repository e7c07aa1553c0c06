"""Building messages: what reaches the wire, and what is kept from it."""

import dataclasses
import email
import email.policy
import re
from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from courriel_message import Address, Attachment, Draft, InvalidDraft, build, parse, part_content

DRAFT = Draft(
    from_=Address("Jean Dupont", "jean.dupont@demo.example"),
    to=(Address("Martin, Marie", "marie.martin@demo.example"), Address("", "paul@demo.example")),
    subject="Réunion de l’équipe 🎉",
    text="Bonjour,\n\nÀ demain.\n",
    message_id="<1@demo.example>",
    date=datetime(2024, 1, 1, 10, tzinfo=timezone(timedelta(hours=1))),
)


def with_(**changes: object) -> Draft:
    """Change the example."""
    return dataclasses.replace(DRAFT, **changes)  # type: ignore[arg-type]


def header_of(raw: bytes) -> bytes:
    """Cut a message at its blank line."""
    return raw.partition(b"\r\n\r\n")[0]


def test_a_plain_message() -> None:
    """The fields and the text of a message are read back by this room and by the standard library."""
    raw = build(DRAFT)
    read = parse(raw)
    other = email.message_from_bytes(raw, policy=email.policy.default)

    assert read.from_ == (DRAFT.from_,)
    assert read.to == DRAFT.to
    assert (read.subject, read.text) == (DRAFT.subject, DRAFT.text.rstrip("\n"))
    assert (read.date, read.message_id, read.notes) == (DRAFT.date, DRAFT.message_id, ())
    assert other["Subject"] == DRAFT.subject
    assert other["To"] == '"Martin, Marie" <marie.martin@demo.example>, paul@demo.example'
    assert other["Date"] == "Mon, 01 Jan 2024 10:00:00 +0100"
    assert other.defects == []


def test_short_ascii_travels_as_it_is() -> None:
    """A message in plain words is not encoded."""
    raw = build(with_(subject="Hello", text="Hi\nthere"))

    assert b"\r\nSubject: Hello\r\n" in raw
    assert raw.endswith(b"charset=us-ascii\r\nContent-Transfer-Encoding: 7bit\r\n\r\nHi\r\nthere\r\n")


def test_every_field_of_a_draft_has_its_place() -> None:
    """Cc, Reply-To, references, priority and receipt are written; Bcc is not."""
    raw = build(
        with_(
            cc=(Address("", "c@demo.example"),),
            bcc=(Address("Secret", "hidden@demo.example"),),
            reply_to=(Address("", "r@demo.example"),),
            in_reply_to=("<0@demo.example>",),
            references=tuple(f"<{number}@demo.example>" for number in range(50)),
            priority="high",
            request_receipt=True,
        )
    )
    read = parse(raw)
    fields = dict(read.headers)

    assert read.cc == (Address("", "c@demo.example"),)
    assert read.reply_to == (Address("", "r@demo.example"),)
    assert (read.in_reply_to, len(read.references)) == (("<0@demo.example>",), 50)
    assert (fields["Importance"], fields["X-Priority"][:1]) == ("high", "1")
    assert fields["Disposition-Notification-To"] == "Jean Dupont <jean.dupont@demo.example>"
    assert b"hidden" not in raw
    assert b"bcc" not in raw.lower()


def test_without_visible_recipients_to_says_so() -> None:
    """A message to Bcc only has an empty group in To (RFC 5322, section 3.4)."""
    assert b"\r\nTo: undisclosed-recipients:;\r\n" in build(with_(to=(), bcc=(Address("", "a@b.example"),)))


def test_text_and_html_and_files() -> None:
    """Two versions and attachments come back with names, types and octets."""
    files = (
        Attachment("été 2024.pdf", "application/pdf", bytes(range(256)) * 10),
        Attachment("x" * 150 + ".txt", "text/plain", b"a\nb"),
        Attachment("vide", "Application/X-Own", b""),
    )
    raw = build(with_(html="<p>Été</p>", attachments=files))
    read = parse(raw)

    assert (read.text, read.unsafe_html) == (
        DRAFT.text.rstrip("\n"),
        "<p>Été</p>\n",
    ) or read.text == DRAFT.text
    assert [part.filename for part in read.parts] == [file.filename for file in files]
    assert [part.content_type for part in read.parts] == [file.content_type.lower() for file in files]
    assert [part_content(raw, part.id)[1] for part in read.parts] == [file.content for file in files]
    standard = email.message_from_bytes(raw, policy=email.policy.default)
    assert [part.get_filename() for part in standard.iter_attachments()] == [file.filename for file in files]


@pytest.mark.parametrize(
    ("content", "kind", "encoding"),
    [
        (b"Subject: a\r\n\r\nb\r\n", "message/rfc822", b"7bit"),
        ("Subject: é\r\n\r\nb\r\n".encode(), "application/octet-stream", b"base64"),
        (b"Subject: a\n\nb\n", "application/octet-stream", b"base64"),
        (b"Subject: a\r\n\r\n\rb\r\n", "application/octet-stream", b"base64"),
        (b"Subject: a\r\n\r\n" + b"x" * 999, "application/octet-stream", b"base64"),
        (b"Subject: a\r\n\r\n\x00", "application/octet-stream", b"base64"),
    ],
)
def test_an_enclosed_message_travels_whole(content: bytes, kind: str, encoding: bytes) -> None:
    """message/rfc822 may not be encoded: what cannot travel as it is becomes a file, octet for octet."""
    raw = build(with_(attachments=(Attachment("a.eml", "message/rfc822", content),)))
    part = parse(raw).parts[0]

    assert (part.content_type, part.filename) == (kind, "a.eml")
    assert part_content(raw, part.id)[1] == content
    assert raw.count(b"Content-Transfer-Encoding: " + encoding) >= 1


@pytest.mark.parametrize(
    "control", ["\r", "\n", "\r\n", "\x00", "\x0b", "\x1b", "\x7f", "\x85", "\u2028", "\ud800"]
)
@pytest.mark.parametrize(
    ("field", "make"),
    [
        ("subject", lambda bad: {"subject": bad}),
        ("from_", lambda bad: {"from_": Address(bad, "a@b.example")}),
        ("from_", lambda bad: {"from_": Address("", f"a{bad}@b.example")}),
        ("to", lambda bad: {"to": (Address(bad, "a@b.example"),)}),
        ("to", lambda bad: {"to": (Address("", f"a@b.example{bad}"),)}),
        ("to", lambda bad: {"to": (Address("", f'"a{bad}b"@b.example'),)}),
        ("cc", lambda bad: {"cc": (Address(bad, "a@b.example"),)}),
        ("bcc", lambda bad: {"bcc": (Address("", f"a{bad}@b.example"),)}),
        ("reply_to", lambda bad: {"reply_to": (Address(bad, "a@b.example"),)}),
        ("message_id", lambda bad: {"message_id": f"<a{bad}@b>"}),
        ("in_reply_to", lambda bad: {"in_reply_to": (f"<a@b>{bad}",)}),
        ("references", lambda bad: {"references": ("<a@b>", f"{bad}<a@b>")}),
        ("attachments", lambda bad: {"attachments": (Attachment(f"a{bad}b", "a/b", b""),)}),
        ("attachments", lambda bad: {"attachments": (Attachment("a", f"a/b{bad}", b""),)}),
    ],
)
def test_control_characters_reach_no_header(field: str, make: object, control: str) -> None:
    """CR, LF, NUL and their like are refused in every field, by its name, and the refusal repeats none."""
    with pytest.raises(InvalidDraft) as refused:
        build(with_(**make(f"x{control}Bcc: evil@e.example")))  # type: ignore[operator]
    assert refused.value.field == field
    assert "evil" not in str(refused.value)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"date": datetime(2024, 1, 1)}, "date"),  # noqa: DTZ001 - a naive date is what must be refused
        ({"priority": "urgent"}, "priority"),
        ({"to": (Address("", "<@relay.example:a@b.example>"),)}, "to"),
        ({"to": (Address("", "a@b.example>\r\nRCPT TO:<c@d.example"),)}, "to"),
        ({"message_id": "1@demo.example"}, "message_id"),
        ({"attachments": (Attachment("a", "text/plain; name=x", b""),)}, "attachments"),
        ({"text": "\ud800"}, "text"),
        ({"html": "\ud800"}, "html"),
    ],
)
def test_what_cannot_be_written_is_refused_by_name(changes: dict[str, object], field: str) -> None:
    """A draft that is no message raises with the field at fault."""
    with pytest.raises(InvalidDraft) as refused:
        build(with_(**changes))
    assert refused.value.field == field


def test_international_addresses() -> None:
    """Domains are written in A-labels, unless the local part needs UTF-8 anyway (RFC 6531)."""
    raw = build(with_(to=(Address("", "a@é.example"), Address("", "é@é.example"))))

    assert "To: a@xn--9ca.example, é@é.example\r\n".encode() in raw


TEXT = st.text(st.characters(blacklist_categories=["Cs"]))
LINE = st.text(st.characters(blacklist_categories=["Cc", "Cs", "Zl", "Zp"]), max_size=200)
SHOWN = st.text(
    st.characters(blacklist_categories=["Cc", "Cs", "Cf", "Zl", "Zp", "Zs", "Cn"])
    | st.sampled_from(' 🎉é,"\\<>'),
    max_size=150,
)


@given(SHOWN.map(str.strip), SHOWN.map(str.strip), SHOWN)
def test_subjects_names_and_file_names_are_read_back(subject: str, name: str, filename: str) -> None:
    """Whatever people write in one line arrives as it was."""
    raw = build(
        with_(
            subject=subject,
            to=(Address(name, "a@b.example"),),
            attachments=(Attachment(f"x{filename}x", "a/b", b"c"),),
        )
    )
    read = parse(raw)

    assert read.subject == subject
    assert read.to == (Address(name, "a@b.example"),)
    assert read.parts[0].filename == re.sub(r"[/\\]", "", f"x{filename}x")
    assert email.message_from_bytes(raw).defects == []


@given(TEXT.map("x{}".format), TEXT | st.none())
def test_texts_are_read_back(text: str, html: str | None) -> None:
    """Texts arrive but for line breaks, which become one kind, and controls, which are not shown."""
    read = parse(build(with_(text=text, html=html)))
    expected = re.sub(r"\r\n|[\r\x0b\x0c\x85\u2028\u2029]", "\n", text)
    expected = re.sub("[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\ufeff\ufffe\uffff]", "", expected)

    assert read.text.strip("\n") == expected.strip("\n")


@given(
    LINE,
    TEXT,
    TEXT | st.none(),
    st.lists(st.builds(Attachment, LINE, st.just("a/b"), st.binary(max_size=3000)), max_size=2),
)
def test_what_goes_out_is_seven_bit_lines(
    subject: str, text: str, html: str | None, files: list[Attachment]
) -> None:
    """Only ASCII without NUL, CRLF for every line break, 998 octets a line, no line begun by a dot."""
    raw = build(with_(subject=subject, text=text, html=html, attachments=tuple(files)))
    lines = raw.split(b"\r\n")

    assert raw.isascii()
    assert not any(character in line for line in lines for character in (b"\r", b"\n", b"\0"))
    assert max(map(len, lines)) <= 998
    assert not any(line.startswith((b".", b"From ")) for line in lines)
    assert lines[-1] == b""


@pytest.mark.parametrize(
    "smuggled",
    ["\r.\r", "é\n.b", "\n.\n", "\r\n.\r\n", "\r\n.\n", "\n.\r\n", "\r.\r\n", "\u2028.\u2028", "\x00.\x00"],
)
def test_no_end_of_data_can_be_smuggled(smuggled: str) -> None:
    """However a lone dot is broken off, no body looks like the end of the message to any server."""
    for changes in (
        {"text": f"a{smuggled}MAIL FROM:<x@e.example>"},
        {"html": f"a{smuggled}MAIL FROM:<x@e.example>"},
    ):
        raw = build(with_(**changes))
        assert re.search(rb"[\r\n]\.", raw) is None
        assert re.search(rb"\r(?!\n)|(?<!\r)\n", raw) is None


def test_long_names_and_lists_are_folded() -> None:
    """Twenty recipients with long names stay within short lines."""
    people = tuple(Address("É" * 60, f"person{number}@demo.example") for number in range(20))
    header = header_of(build(with_(to=people, subject="mot " * 200 + "x" * 500)))

    assert max(map(len, header.split(b"\r\n"))) <= 78
    assert parse(header).to == people


def test_html_carries_the_images_it_shows() -> None:
    """They stand beside the HTML under their Content-ID (RFC 2387), other files outside."""
    image = Attachment("logo.png", "image/png", b"PNG", content_id="logo@demo")
    file = Attachment("note.txt", "text/plain", b"x")
    html = '<img src="cid:logo@demo">'
    raw = build(with_(html=html, attachments=(file, image)))
    read = email.message_from_bytes(raw, policy=email.policy.default)

    assert read.get_content_type() == "multipart/mixed"
    assert [part.get_content_type() for part in read.walk() if not part.is_multipart()] == [
        "text/plain",
        "text/html",
        "image/png",
        "text/plain",
    ]
    assert b'multipart/related; type="text/html"; boundary=' in raw
    shown = [(part.content_id, part.inline, part.filename) for part in parse(raw).parts]
    assert shown == [("logo@demo", True, "logo.png"), (None, False, "note.txt")]
    assert build(with_(attachments=(image,))).count(b"multipart/related") == 0


def test_a_content_id_is_no_way_out_of_its_field() -> None:
    """An identifier with a line break is refused."""
    image = Attachment("a.png", "image/png", b"", content_id="a>\r\nX: y")
    with pytest.raises(InvalidDraft) as refused:
        build(with_(html="x", attachments=(image,)))
    assert refused.value.field == "attachments"
