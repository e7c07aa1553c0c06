"""The words of a report: right in both languages, and the server's own beside them."""

import email
import email.policy
from datetime import UTC, datetime

import pytest

from courriel_wire import RecipientState
from sender_service.letter import Letter, Recipient
from sender_service.report import CONTENT_LOST, Reporter

NOW = datetime(2026, 3, 3, 12, tzinfo=UTC)


def report(detail: str, tried_seconds: float = 0.0, subject: str = "Réunion") -> tuple[str, str]:
    """Return the text people read, and the block programs read, of one failed recipient."""
    failed = Recipient("marie@demo.example", RecipientState.FAILED, detail, tried_seconds)
    sent = Recipient("paul@demo.example", RecipientState.SENT, "250 ok")
    letter = Letter("jean@demo.example", subject, (failed, sent), "<1@demo.example>")
    raw = Reporter("demo.example").write(letter, b"Subject: x\r\n\r\n", arrival=NOW, now=NOW)
    found = email.message_from_bytes(raw, policy=email.policy.default)
    text, status, _ = found.iter_parts()  # type: ignore[attr-defined]
    assert found["Subject"] == f"Message non remis (undelivered)\u00a0: {' '.join(subject.split())}"
    assert "paul@" not in raw.decode()
    return text.get_content(), str(status.get_payload()[1])


def test_a_refusal_is_told_in_the_servers_words() -> None:
    """Both languages quote the same reply; its status and itself stand in the block for programs."""
    text, block = report("550 5.1.1 There is no such mailbox")
    assert "Réponse du serveur de messagerie\u00a0: 550 5.1.1 There is no such mailbox" in text
    assert "The mail server’s answer: 550 5.1.1 There is no such mailbox" in text
    assert "Objet\u00a0: Réunion" in text
    assert "Status: 5.1.1" in block
    assert "smtp; 550 5.1.1 There is no such mailbox" in block


@pytest.mark.parametrize(
    ("detail", "seconds", "french", "english", "status"),
    [
        ("451 4.7.1 later", 14_400, "pendant 4\u00a0heures. Dernière", "for 4\u00a0hours. The mail", "4.7.1"),
        (
            "the relay cannot be reached",
            1_800,
            "pendant 30\u00a0minutes\u00a0: le serveur",
            "30\u00a0minutes: the",
            "4.4.7",
        ),
        ("450 busy", 20, "pendant 1\u00a0minute. Dernière", "for 1\u00a0minute. The", "4.0.0"),
        (CONTENT_LOST, 0, "Motif\u00a0: le message conservé ne peut", "Reason: the stored", "5.0.0"),
    ],
)
def test_other_reasons_are_told_in_both_languages(
    detail: str, seconds: float, french: str, english: str, status: str
) -> None:
    """How long it was tried, and what was last known."""
    text, block = report(detail, seconds)
    assert french in text
    assert english in text
    assert f"Status: {status}" in block


def test_a_subject_cannot_write_a_header() -> None:
    """That of a redirected message comes from strangers."""
    text, _ = report("550 no", subject="{x}\r\nBcc: evil@x.example")
    assert "Objet\u00a0: {x} Bcc: evil@x.example" in text
