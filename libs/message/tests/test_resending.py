"""Sending a message on as it is: the block of Resent-* fields, and the octets after it."""

import dataclasses
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from courriel_message import Address, InvalidDraft, Resending, parse, resend

RESENDING = Resending(
    from_=Address("Jean Dupont", "jean.dupont@demo.example"),
    to=(Address("Martin, Marie", "marie.martin@demo.example"),),
    message_id="<resent-1@demo.example>",
    date=datetime(2026, 3, 3, 14, 5, tzinfo=timezone(timedelta(hours=1))),
    cc=(Address("Zoé", "zoe@demo.example"),),
)
BLOCK = (
    b"Resent-Date: Tue, 03 Mar 2026 14:05:00 +0100\r\n"
    b"Resent-From: Jean Dupont <jean.dupont@demo.example>\r\n"
    b'Resent-To: "Martin, Marie" <marie.martin@demo.example>\r\n'
    b"Resent-Cc: =?utf-8?b?Wm/DqQ==?= <zoe@demo.example>\r\n"
    b"Resent-Message-ID: <resent-1@demo.example>\r\n"
)
ORIGINAL = (
    b"Return-Path: <paul@elsewhere.example>\r\n"
    b"Received: from a by b; Mon, 2 Mar 2026 10:00:00 +0000\r\n"
    b"DKIM-Signature: v=1; h=from:subject;\r\n\tb=abc\r\n"
    b"From: Paul <paul@elsewhere.example>\r\n"
    b"Resent-From: earlier@demo.example\r\n"
    b"Message-ID: <1@elsewhere.example>\r\n"
    b"Subject: =?utf-8?q?=C3=89t=C3=A9?=\r\n"
    b"Content-Type: text/plain; charset=iso-8859-1\r\n"
    b"Content-Transfer-Encoding: 8bit\r\n"
    b"\r\n"
    b".\r\nFrom here, \xe9t\xe9  \r\nBcc: is a line of the text\r\n" + b"x" * 2000 + b"\r\n"
)


def after_block(raw: bytes) -> bytes:
    """Resend, and cut off the block, which must be the expected one."""
    sent = resend(raw, RESENDING)
    assert sent.startswith(BLOCK)
    return sent[len(BLOCK) :]


def test_the_original_follows_the_block_octet_by_octet() -> None:
    """Trace fields, signature, earlier block, odd white space, 8-bit and overlong lines stay."""
    assert after_block(ORIGINAL) == ORIGINAL
    assert parse(resend(ORIGINAL, RESENDING)).text == parse(ORIGINAL).text


LINES = st.binary(max_size=30).map(lambda octets: octets.replace(b"\r", b"").replace(b"\n", b""))


@given(st.lists(LINES, min_size=1, max_size=10))
def test_whatever_the_body_it_stays(lines: list[bytes]) -> None:
    """No octets of a body with CRLF line ends are changed."""
    raw = b"Subject: x\r\n\r\n" + b"".join(line + b"\r\n" for line in lines)
    assert after_block(raw) == raw


@given(st.binary(max_size=300))
def test_no_line_end_but_crlf_goes_out(raw: bytes) -> None:
    """Whatever arrives, no server after us can be given a line break that another does not see."""
    rest = after_block(raw)
    assert not rest or rest.endswith(b"\r\n")
    assert b"\r" not in rest.replace(b"\r\n", b"")
    assert b"\n" not in rest.replace(b"\r\n", b"")


@pytest.mark.parametrize(
    ("raw", "rest"),
    [
        (b"Subject: x\n\nlf\n", b"Subject: x\r\n\r\nlf\r\n"),
        (b"Subject: x\r\r\n\r\r\ndoubled\r\r\n", b"Subject: x\r\n\r\ndoubled\r\n"),
        (b"Subject: x\rBcc: y@z.example\r\n\r\na\rb", b"Subject: x Bcc: y@z.example\r\n\r\na b\r\n"),
        (b"Subject: x\r\n\r\nend\r.\rMAIL FROM:<a@b>\r\n", b"Subject: x\r\n\r\nend . MAIL FROM:<a@b>\r\n"),
        (b"From a@b Mon Mar 2\nSubject: x\n\ny\n", b"Subject: x\r\n\r\ny\r\n"),
        (b"", b""),
        (b"\r\nonly a body\r\n", b"\r\nonly a body\r\n"),
    ],
)
def test_what_the_wire_needs_is_put_right(raw: bytes, rest: bytes) -> None:
    """LF becomes CRLF, a lone CR a space and never a line break, a mailbox file's first line goes."""
    assert after_block(raw) == rest


def test_time_is_linear_in_carriage_returns() -> None:
    """A message of nothing but CR is done at once."""
    assert after_block(b"\r" * 2_000_000) == b" " * 2_000_000 + b"\r\n"


def test_blind_copies_of_the_original_are_not_told() -> None:
    """Bcc and Resent-Bcc fields go with their continuation lines; text that looks like one stays."""
    raw = (
        b"BCC : hidden@demo.example,\r\n other-hidden@demo.example\r\nSubject: x\r\n"
        b"Resent-Bcc: hidden@demo.example\r\n\r\nBcc: told in the text\r\n"
    )
    assert after_block(raw) == b"Subject: x\r\n\r\nBcc: told in the text\r\n"


def test_only_blind_recipients_leave_no_recipient_field() -> None:
    """Without To and Cc there is no Resent-To, and never a Resent-Bcc."""
    sent = resend(b"Subject: x\r\n\r\n", dataclasses.replace(RESENDING, to=(), cc=()))
    assert b"Resent-To" not in sent
    assert b"Resent-Cc" not in sent
    assert b"Bcc" not in sent


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"from_": Address("x\r\nBcc: y@z.example", "a@b.example")}, "from_"),
        ({"from_": Address("", "a@b.example>\r\nX: y")}, "from_"),
        ({"to": (Address("x\ny", "a@b.example"),)}, "to"),
        ({"to": (Address("", "a@b.example, c@d.example"),)}, "to"),
        ({"cc": (Address("x\x00", "a@b.example"),)}, "cc"),
        ({"message_id": "<a@b>\r\nX: y"}, "message_id"),
        ({"date": datetime(2026, 3, 3, tzinfo=UTC).replace(tzinfo=None)}, "date"),
    ],
)
def test_nothing_is_injected_into_the_block(change: dict[str, object], field: str) -> None:
    """What would end a line is refused by the name of its field."""
    with pytest.raises(InvalidDraft) as refused:
        resend(b"", dataclasses.replace(RESENDING, **change))  # type: ignore[arg-type]
    assert refused.value.field == field


def test_a_long_list_is_folded() -> None:
    """Twenty recipients are one field of short lines, which reads back as twenty."""
    to = tuple(Address(f"Personne {n}", f"personne.{n}@demo.example") for n in range(20))
    sent = resend(b"To: a@b.example\r\n\r\n", dataclasses.replace(RESENDING, to=to))
    assert max(map(len, sent.split(b"\r\n"))) <= 78
    unfolded = sent.replace(b"\r\n ", b" ").split(b"\r\n")
    field = next(line for line in unfolded if line.startswith(b"Resent-To:"))
    assert parse(field.removeprefix(b"Resent-") + b"\r\n\r\n").to == to
