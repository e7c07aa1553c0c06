"""What was shown is remembered within bounds, and only for the message that was shown."""

from dataclasses import replace

import pytest

from courriel_message import Address
from mailbox_service.summaries import BLANK, MAX_SUMMARIES, Proof, Shown, Summaries, digest_header

SHOWN = Shown(Proof(12, "digest"), BLANK)


def test_the_first_that_were_learnt_go_first() -> None:
    """Memory of one session is bounded."""
    summaries = Summaries()
    for number in range(MAX_SUMMARIES):
        summaries.keep(str(number), SHOWN)
    assert summaries.find("0", 12) is SHOWN
    summaries.keep("one more", SHOWN)
    assert summaries.find("0", 12) is None
    assert summaries.find("1", 12) is SHOWN


def test_large_summaries_count_for_more() -> None:
    """A thousand recipients a message do not fill the memory."""
    summaries = Summaries()
    crowd = tuple(Address("", f"{number}@demo.example") for number in range(10_000))
    for number in range(100):
        summaries.keep(str(number), Shown(Proof(12, "digest"), replace(BLANK, to=crowd)))
    assert summaries.find("99", 12) is not None
    assert summaries.find("0", 12) is None


def test_at_rest_only_the_proofs_of_what_was_shown_are_left() -> None:
    """A deletion still knows what the person saw."""
    summaries = Summaries()
    summaries.keep("YQ", SHOWN, save=True)
    summaries.show("YQ", SHOWN.proof)
    summaries.recall({})
    summaries.rest()
    assert (summaries.find("YQ", 12), summaries.awake, summaries.unsaved) == (None, False, {})
    assert summaries.proof("YQ") == SHOWN.proof


def test_what_was_learnt_goes_before_what_is_recalled() -> None:
    """The server's word is newer than the cache's."""
    summaries = Summaries()
    newer = Shown(Proof(13, "other"), BLANK)
    summaries.keep("YQ", newer)
    summaries.recall({"YQ": SHOWN, "Yg": SHOWN})
    assert summaries.find("YQ", 13) is newer
    assert summaries.find("Yg", 12) is SHOWN


def test_a_message_of_another_size_was_not_shown() -> None:
    """A server may give an old UIDL to a new message; its proof stays that of the old one."""
    summaries = Summaries()
    summaries.keep("YQ", SHOWN)
    summaries.show("YQ", SHOWN.proof)
    assert summaries.find("YQ", 13) is None
    assert summaries.proof("YQ") == Proof(12, "digest")


def test_what_was_deleted_is_forgotten() -> None:
    """Its uid may come again."""
    summaries = Summaries()
    summaries.keep("YQ", SHOWN)
    summaries.show("YQ", SHOWN.proof)
    summaries.forget("YQ")
    summaries.forget("never shown")
    assert summaries.proof("YQ") is None


@pytest.mark.parametrize(
    "header",
    [
        b"From: a\r\nX-UIDL: 1\r\nSubject: b\r\n\r\n",
        b"From: a\r\nSubject: b\r\nstatus: RO\r\nX-Keywords:\r\n folded\r\n more\r\n\r\n",
        b"From: a\r\nSubject: b\r\nX-IMAPbase: 1 2\r\n",
        b"From: a\r\nSubject: b\r\n\r\nStatus: of the body\r\n",
        b"From: a\r\nSubject: b",
    ],
)
def test_the_digest_is_of_what_does_not_change(header: bytes) -> None:
    """A server's notes, the body, and the end of the header make no difference."""
    assert digest_header(header) == digest_header(b"From: a\r\nSubject: b\r\n\r\n")


@pytest.mark.parametrize("header", [b"From: a\r\nSubject: c\r\n\r\n", b"From: a\r\nStatus-X: b\r\n\r\n", b""])
def test_other_headers_have_other_digests(header: bytes) -> None:
    """Whatever else is there counts."""
    assert digest_header(header) != digest_header(b"From: a\r\nSubject: b\r\n\r\n")
