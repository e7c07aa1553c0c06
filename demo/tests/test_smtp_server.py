"""Who the demo's SMTP server takes mail for, and what it does with it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from aiosmtpd.smtp import Envelope

from courriel_demo.maildir import Maildrops
from courriel_demo.smtp_server import Delivery

if TYPE_CHECKING:
    from pathlib import Path

SESSION: Any = SimpleNamespace(peer=("127.0.0.1", 40000), host_name="client.example")
SERVER: Any = None


@pytest.fixture
def maildrops(tmp_path: Path) -> Maildrops:
    """Two empty maildrops."""
    drops = Maildrops(tmp_path)
    for name in ("jean.dupont", "imap.seulement"):
        drops.create(name)
    return drops


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("personne@demo.example", "550 5.1.1 There is no mailbox personne in the demo"),
        (
            "ami@ailleurs.example.org",
            "550 5.7.1 Relaying to ailleurs.example.org is not possible in the demo",
        ),
        (
            "jean.dupont@faux.demo.example",
            "550 5.7.1 Relaying to faux.demo.example is not possible in the demo",
        ),
        ("jean.dupont@demo.example@x.org", "550 5.7.1 Relaying to x.org is not possible in the demo"),
        ("sansdomaine", "550 5.7.1 Relaying to sansdomaine is not possible in the demo"),
    ],
)
async def test_other_recipients_are_refused_for_good(maildrops: Maildrops, address: str, words: str) -> None:
    """An unknown mailbox and an outside domain get a permanent refusal that says why."""
    envelope = Envelope()
    delivery = Delivery(maildrops, "demo.example")
    assert await delivery.handle_RCPT(SERVER, SESSION, envelope, address, []) == words
    assert envelope.rcpt_tos == []


async def test_each_recipient_gets_one_copy_with_its_trace(maildrops: Maildrops) -> None:
    """Case does not matter, a mailbox named twice gets one copy, and Return-Path and Received come first."""
    delivery, envelope = Delivery(maildrops, "demo.example"), Envelope()
    envelope.mail_from, envelope.original_content = "marie.martin@demo.example", b"Subject: a\r\n\r\nb\r\n"
    for address in ("Jean.Dupont@demo.example", "jean.dupont@DEMO.example", "imap.seulement@demo.example"):
        assert (await delivery.handle_RCPT(SERVER, SESSION, envelope, address, [])).startswith("250")
    assert (await delivery.handle_DATA(SERVER, SESSION, envelope)).startswith("250")
    for name in ("jean.dupont", "imap.seulement"):
        (message,) = maildrops.take(name)
        lines = message.read().split(b"\r\n")
        assert lines[0] == b"Return-Path: <marie.martin@demo.example>"
        assert lines[1] == b"Received: from client.example ([127.0.0.1])"
        assert lines[3:] == [b"Subject: a", b"", b"b", b""]


async def test_a_report_keeps_its_empty_return_path(maildrops: Maildrops) -> None:
    """A non-delivery report has no sender to answer to."""
    delivery, envelope = Delivery(maildrops, "demo.example"), Envelope()
    envelope.mail_from, envelope.original_content = "", b"x"
    envelope.rcpt_tos.append("jean.dupont@demo.example")
    await delivery.handle_DATA(SERVER, SESSION, envelope)
    assert maildrops.take("jean.dupont")[0].read().startswith(b"Return-Path: <>\r\n")


async def test_a_disk_that_fails_is_a_temporary_error(tmp_path: Path) -> None:
    """Nothing is said to be delivered that could not be stored."""
    delivery, envelope = Delivery(Maildrops(tmp_path / "absent"), "demo.example"), Envelope()
    envelope.mail_from, envelope.original_content = "a@demo.example", b"x"
    envelope.rcpt_tos.append("jean.dupont@demo.example")
    assert (await delivery.handle_DATA(SERVER, SESSION, envelope)).startswith("451")
