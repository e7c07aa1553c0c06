"""Summaries from header blocks, broken ones included."""

import pytest

from courriel_message import Address, summarise


def test_a_header_is_summarised() -> None:
    """Sender, recipients, subject, date and identifier come decoded from the octets of TOP."""
    summary = summarise(
        b"Received: from x\r\n\tby y; Mon, 1 Jan 2024 10:00:00 +0000\r\n"
        b"From: =?iso-8859-1?Q?Andr=E9?= <andre@a.example>, other@a.example\r\n"
        b'To: "Martin, Marie" <marie@a.example>\r\n'
        b"Subject: =?utf-8?q?Le_d=C3=A9but?=\r\n =?utf-8?q?_et_la_fin?=\r\n"
        b"Date: Mon, 1 Jan 2024 10:00:00 +0100\r\n"
        b"Message-Id: <1@a.example>\r\n"
        b"Content-Type: Multipart/MIXED; boundary=b\r\n\r\n"
    )

    assert summary.from_ == Address("André", "andre@a.example")
    assert summary.to == (Address("Martin, Marie", "marie@a.example"),)
    assert summary.subject == "Le début et la fin"
    assert summary.date is not None
    assert summary.date.isoformat() == "2024-01-01T10:00:00+01:00"
    assert (summary.has_attachments, summary.message_id) == (True, "<1@a.example>")


@pytest.mark.parametrize(
    ("raw", "subject"),
    [
        (b"Subject: a", "a"),
        (b"SUBJECT :  a \r\n", "a"),
        (b"Subject: un\r\n deux\r\n\ttrois\r\n", "un deux trois"),
        (b"Subject: \xc3\xa9t\xc3\xa9\r\n", "été"),
        (b"Subject: \xe9t\xe9\r\n", "été"),
        (b"Subject: =?utf-8?Q?=C3=A9t?=\r\n =?utf-8?Q?=C3=A9?=\r\n", "été"),
        (b"Subject: =?utf-8?Q?=C3?= =?utf-8?Q?=A9?=\r\n", "é"),
        (b"Subject: =?utf-8?b?w6k?=\r\n", "é"),
        (b"Subject: =?utf-8?b?w6l?=x=?utf-8?q?y?=\r\n", "éxy"),
        (b"Subject: a =?utf-8?q?b?= c\r\n", "a b c"),
        (b"Subject: =?utf-8*fr?q?b?=\r\n", "b"),
        (b"Subject: =?nope?q?=E9?=\r\n", "é"),
        (b"Subject: =?utf-8?x?a?=\r\n", "=?utf-8?x?a?="),
        (b"Subject: =?utf-8?q?a b?=\r\n", "a b"),
        (b"Subject: =?utf-8?q?a=0D=0AX:_y?=\r\n", "a X: y"),
        (b"Subject: a\rb\x00c\r\n", "a b c"),
        (b"Subject: a\xe2\x80\xaeb\r\n", "ab"),
        (b"Subject: =?utf-7?q?+2AA-?=\r\n", "\ufffd"),
        (b"not a field\r\nSubject: a\r\n", ""),
        (b"\xff\xfe\x00", ""),
        (b"", ""),
    ],
)
def test_subjects_are_read_in_any_state(raw: bytes, subject: str) -> None:
    """Folding, raw octets and encoded words right and wrong give one clean line."""
    assert summarise(raw).subject == subject


@pytest.mark.parametrize(
    ("date", "expected"),
    [
        ("Mon, 01 Jan 2024 10:00:00 +0000", "2024-01-01T10:00:00+00:00"),
        ("1 Jan 24 10:00 EST", "2024-01-01T10:00:00-05:00"),
        ("Mon, 01 Jan 2024 10:00:00 -0000", "2024-01-01T10:00:00+00:00"),
        ("Mon, 01 Jan 2024 10:00:00", "2024-01-01T10:00:00+00:00"),
        ("Mon, 32 Jan 2024 10:00:00 +0000", None),
        ("Mon, 01 Jan 2024 10:00:00 +9999", None),
        ("Mon, 01 Jan 1800 10:00:00 +0000", None),
        ("99999999999999999999", None),
        ("hier", None),
        ("", None),
    ],
)
def test_dates_are_aware_or_absent(date: str, expected: str | None) -> None:
    """A date that cannot be read is none; one without a zone counts as UTC."""
    read = summarise(f"Date: {date}\r\n".encode()).date

    assert (read.isoformat() if read else None) == expected


@pytest.mark.parametrize(
    ("fields", "promised"),
    [
        ("Content-Type: text/plain", False),
        ("Content-Type: multipart/alternative; boundary=b", False),
        ("Content-Type: multipart/mixed; boundary=b", True),
        ("Content-Type: application/pdf", True),
        ("Content-Type: multipart/related; boundary=b\r\nX-MS-Has-Attach: yes", True),
        ("Content-Type: ;", False),
        ("X: y", False),
    ],
)
def test_attachments_are_guessed_from_the_header(fields: str, promised: bool) -> None:  # noqa: FBT001 - a table's column
    """What the header alone says about attachments."""
    assert summarise(f"{fields}\r\n".encode()).has_attachments is promised


def test_without_from_the_sender_stands_for_it() -> None:
    """Sender takes the place of a missing From; without both there is none."""
    assert summarise(b"Sender: a@b.example\r\n").from_ == Address("", "a@b.example")
    assert summarise(b"X: y\r\n").from_ is None


def test_a_summary_is_short_whatever_the_header_holds() -> None:
    """Lists hold, fold and search thousands of summaries: none keeps a quarter of a megabyte."""
    recipients = b", ".join(b"a%d@a.example" % number for number in range(2000))
    header = b'From: "%s" <a@a.example>\r\nTo: %s\r\nSubject: %s\r\n\r\n'
    summary = summarise(header % (b"n" * 50_000, recipients, b"s" * 100_000))

    assert summary.from_ == Address("n" * 300, "a@a.example")
    assert [each.address for each in summary.to] == [f"a{number}@a.example" for number in range(100)]
    assert summary.subject == "s" * 1000
