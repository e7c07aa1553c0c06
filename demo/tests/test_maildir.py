"""Maildrops on disk."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from courriel_demo.maildir import MaildropInUseError, Maildrops, with_crlf

if TYPE_CHECKING:
    from pathlib import Path


def test_uidls_survive_a_restart_and_never_repeat(tmp_path: Path) -> None:
    """The same folder opened anew tells the same UIDLs, each once, in order of arrival."""
    drops = Maildrops(tmp_path)
    drops.create("marie.martin")
    told = [drops.deliver("marie.martin", b"Subject: x\n\n") for _ in range(50)]
    assert [message.uidl for message in Maildrops(tmp_path).take("marie.martin")] == told
    assert len(set(told)) == 50


def test_the_size_is_that_of_the_message_as_it_travels(tmp_path: Path) -> None:
    """Octets are counted with CRLF line ends."""
    drops = Maildrops(tmp_path)
    drops.create("marie.martin")
    drops.deliver("marie.martin", b"a: b\n\nc")
    (message,) = drops.take("marie.martin")
    assert message.octets == len(message.read()) == len(b"a: b\r\n\r\nc\r\n")


def test_a_held_maildrop_takes_mail_and_no_second_holder(tmp_path: Path) -> None:
    """The lock keeps readers out, not deliveries."""
    drops = Maildrops(tmp_path)
    drops.create("marie.martin")
    drops.take("marie.martin")
    drops.deliver("marie.martin", b"x")
    with pytest.raises(MaildropInUseError):
        drops.take("marie.martin")
    drops.release("marie.martin")
    assert len(drops.take("marie.martin")) == 1


def test_a_maildrop_that_cannot_be_read_is_not_left_locked(tmp_path: Path) -> None:
    """After an error of the disk, the next attempt meets the error again, not a lock."""
    drops = Maildrops(tmp_path)
    for _ in range(2):
        with pytest.raises(FileNotFoundError):
            drops.take("personne")


@pytest.mark.parametrize("message", [b"a\nb", b"a\r\nb\r\n", b"a\rb\r"])
def test_line_ends_become_crlf(message: bytes) -> None:
    """Whatever the line ends were, they are CRLF, the last one included."""
    assert with_crlf(message) == b"a\r\nb\r\n"
