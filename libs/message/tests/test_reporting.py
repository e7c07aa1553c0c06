"""Non-delivery reports: read back by the standard library, and by this room."""

import dataclasses
import email
import email.policy
from datetime import UTC, datetime
from email.message import EmailMessage

import pytest

from courriel_message import Address, FailedRecipient, InvalidDraft, NonDelivery, build_report, parse

ORIGINAL = b"From: jean@demo.example\r\nSubject: x\r\n\r\n.\r\nBonjour\r\n"
REPORT = NonDelivery(
    from_=Address("Courriel léger", "mailer-daemon@demo.example"),
    to=Address("", "jean@demo.example"),
    subject="Message non remis\u00a0: été",
    text="Votre message n’a pas été remis.\n",
    message_id="<r@demo.example>",
    date=datetime(2026, 3, 3, 12, tzinfo=UTC),
    about="<1@demo.example>",
    arrival=datetime(2026, 3, 3, 8, tzinfo=UTC),
    reporter="demo.example",
    failures=(
        FailedRecipient("a@demo.example", "5.1.1", "550 5.1.1 inconnu à cette adresse " + "x" * 900),
        FailedRecipient("été@demo.example", "4.4.7"),
    ),
    original=ORIGINAL,
)


def read(**changes: object) -> EmailMessage:
    """Build, and read with the standard library."""
    raw = build_report(dataclasses.replace(REPORT, **changes))  # type: ignore[arg-type]
    assert all(len(line) <= 998 for line in raw.split(b"\r\n"))
    found = email.message_from_bytes(raw, policy=email.policy.default)
    assert isinstance(found, EmailMessage)
    return found


def test_people_and_programs_can_read_it() -> None:
    """Type, header, a block for the message, a block for each recipient, the message itself."""
    found = read()
    assert (found.get_content_type(), found.get_param("report-type")) == (
        "multipart/report",
        "delivery-status",
    )
    assert found["Auto-Submitted"] == "auto-replied"
    assert found["Subject"] == REPORT.subject
    assert found["References"] == found["In-Reply-To"] == "<1@demo.example>"
    text, status, returned = found.iter_parts()
    assert text.get_content().rstrip() == REPORT.text.rstrip()
    message, first, second = status.get_payload()
    assert message["Reporting-MTA"] == "dns; demo.example"
    assert message["Arrival-Date"] == "Tue, 03 Mar 2026 08:00:00 +0000"
    assert (first["Final-Recipient"], first["Action"], first["Status"]) == (
        "rfc822; a@demo.example",
        "failed",
        "5.1.1",
    )
    assert first["Diagnostic-Code"].startswith("smtp; 550 5.1.1 inconnu ? cette adresse x")
    assert second["Final-Recipient"] == r"utf-8; \x{E9}t\x{E9}@demo.example"
    assert "Diagnostic-Code" not in second
    assert returned.get_content_type() == "message/rfc822"
    assert ORIGINAL in build_report(REPORT)


@pytest.mark.parametrize(
    "original",
    [
        b"Subject: x\r\n\r\n" + b"x" * 70 + b"\r\n" * 200_000,
        b"Subject: x\r\n\r\n\xe9t\xe9\r\n",
        b"Subject: x\r\n\r\nbare\nline feed",
        "Subject: x été\r\n\r\n".encode(),
    ],
)
def test_what_is_large_or_not_seven_bit_comes_back_as_its_header(original: bytes) -> None:
    """The report itself stays seven-bit, so that every relay takes it."""
    raw = build_report(dataclasses.replace(REPORT, original=original))
    assert raw.isascii()
    returned = [*read(original=original).iter_parts()][2]
    assert returned.get_content_type() == "text/rfc822-headers"
    assert returned.get_content().strip().startswith("Subject: x")


def test_a_lost_message_is_reported_without_it() -> None:
    """The third part may be left out (RFC 6522 section 3)."""
    assert len([*read(original=None).iter_parts()]) == 2


def test_this_room_shows_it() -> None:
    """Its person reads it here: text, and the message as something to open."""
    shown = parse(build_report(REPORT))
    assert shown.text.startswith("Votre message n’a pas été remis.")
    assert shown.notes == ()


@pytest.mark.parametrize(
    "changes",
    [
        {"subject": "x\r\nBcc: evil@x.example"},
        {"about": "<1@x>\r\nX: y"},
        {"to": Address("", "jean@demo.example\r\n")},
        {"failures": (FailedRecipient("a@demo.example\r\n\r\n", "5.0.0"),)},
        {"failures": (FailedRecipient("a@demo.example", "5.0.0\r\n\r\n"),)},
    ],
)
def test_nothing_can_be_injected(changes: dict[str, object]) -> None:
    """Whatever would end a line is refused."""
    with pytest.raises(InvalidDraft):
        build_report(dataclasses.replace(REPORT, **changes))  # type: ignore[arg-type]
