"""The POP3 session, spoken to without a socket."""

from __future__ import annotations

import base64
from functools import partial
from typing import TYPE_CHECKING

import pytest

from courriel_demo.accounts import sign_in
from courriel_demo.maildir import Maildrops
from courriel_demo.pop3_session import Pop3Session

if TYPE_CHECKING:
    from pathlib import Path

REFUSED = b"-ERR [AUTH] Authentication failed.\r\n"
FIRST = b"Subject: un\r\n\r\n.point\r\n..deux\r\nfin\r\n"


@pytest.fixture
def maildrops(tmp_path: Path) -> Maildrops:
    """Two messages in jean.dupont's maildrop."""
    drops = Maildrops(tmp_path)
    drops.create("jean.dupont")
    drops.deliver("jean.dupont", FIRST, arrival=1000)
    drops.deliver("jean.dupont", b"Subject: deux\r\n\r\n", arrival=2000)
    return drops


def connect(maildrops: Maildrops) -> Pop3Session:
    """Return a session before its sign-in."""
    return Pop3Session(maildrops, partial(sign_in, domain="demo.example"))


def opened(maildrops: Maildrops) -> Pop3Session:
    """Return a session that jean.dupont signed in to."""
    session = connect(maildrops)
    assert said(session, "USER jean.dupont", "PASS demo") == b"+OK 2 messages\r\n"
    return session


def said(session: Pop3Session, *lines: str) -> bytes:
    """Say the lines, and return the answer to the last one."""
    return [session.answer(line.encode()).data for line in lines][-1]


def plain(authzid: str, user: str, password: str) -> str:
    """Return a SASL PLAIN response."""
    return base64.b64encode(f"{authzid}\0{user}\0{password}".encode()).decode()


@pytest.mark.parametrize(
    "user", ["jean.dupont", "Jean.Dupont", "jean.dupont@demo.example", "JEAN.DUPONT@DEMO.EXAMPLE"]
)
def test_user_names_need_neither_case_nor_domain(maildrops: Maildrops, user: str) -> None:
    """A user name opens its maildrop in any case, with or without the demo's domain."""
    assert said(connect(maildrops), f"USER {user}", "PASS demo").startswith(b"+OK")


@pytest.mark.parametrize(
    ("user", "password"),
    [
        ("jean.dupont", "faux"),
        ("inconnu", "demo"),
        ("imap.seulement", "demo"),
        ("jean.dupont@ailleurs.org", "demo"),
    ],
)
def test_every_refusal_is_in_the_same_words(maildrops: Maildrops, user: str, password: str) -> None:
    """Wrong password, unknown user, IMAP-only account and other domain cannot be told apart."""
    assert said(connect(maildrops), f"USER {user}", f"PASS {password}") == REFUSED
    assert said(connect(maildrops), f"AUTH PLAIN {plain('', user, password)}") == REFUSED


def test_auth_plain_takes_its_response_at_once_or_later(maildrops: Maildrops) -> None:
    """The initial response and the one after the challenge both sign in (RFC 5034)."""
    response = plain("", "jean.dupont", "demo")
    session = connect(maildrops)
    assert said(session, f"AUTH PLAIN {response}") == b"+OK 2 messages\r\n"
    session.close()
    session = connect(maildrops)
    assert said(session, "auth plain") == b"+ \r\n"
    assert said(session, response) == b"+OK 2 messages\r\n"


@pytest.mark.parametrize("response", ["*", "=", "%%%", base64.b64encode(b"\0a").decode(), "/w=="])
def test_a_broken_auth_response_is_refused_and_forgotten(maildrops: Maildrops, response: str) -> None:
    """A cancelled or malformed response is an error, and the next line is a command again."""
    session = connect(maildrops)
    assert said(session, "AUTH PLAIN", response).startswith(b"-ERR")
    assert said(session, "USER jean.dupont") == b"+OK\r\n"


def test_nobody_signs_in_for_somebody_else(maildrops: Maildrops) -> None:
    """An authorization identity that differs from the user is refused."""
    assert said(connect(maildrops), f"AUTH PLAIN {plain('marie.martin', 'jean.dupont', 'demo')}") == REFUSED


def test_capabilities_are_told_before_and_after_the_sign_in(maildrops: Maildrops) -> None:
    """CAPA lists what the session can do, in both states."""
    for session in (connect(maildrops), opened(maildrops)):
        lines = said(session, "CAPA").split(b"\r\n")
        assert {b"TOP", b"UIDL", b"USER", b"SASL PLAIN", b"PIPELINING", b"AUTH-RESP-CODE", b"UTF8"} <= set(
            lines
        )
        assert lines[-2:] == [b".", b""]


def test_commands_wait_for_their_state(maildrops: Maildrops) -> None:
    """No maildrop command works before the sign-in, no sign-in after it, and PASS needs USER."""
    assert said(connect(maildrops), "STAT") == b"-ERR Not in this state\r\n"
    assert said(opened(maildrops), "USER jean.dupont") == b"-ERR Not in this state\r\n"
    assert said(connect(maildrops), "PASS demo") == b"-ERR USER first\r\n"
    assert said(connect(maildrops), "STLS") == b"-ERR Unknown command\r\n"


def test_listings_count_octets_and_name_messages(maildrops: Maildrops) -> None:
    """STAT, LIST and UIDL agree, for all messages and for one."""
    session = opened(maildrops)
    size = len(FIRST)
    assert said(session, "STAT") == b"+OK 2 %d\r\n" % (size + 17)
    assert said(session, "LIST") == b"+OK\r\n1 %d\r\n2 17\r\n.\r\n" % size
    assert said(session, "LIST 2") == b"+OK 2 17\r\n"
    uidls = [line.split()[1] for line in said(session, "UIDL").splitlines()[1:-1]]
    assert len(set(uidls)) == 2
    assert said(session, "UIDL 1") == b"+OK 1 " + uidls[0] + b"\r\n"
    assert all(len(uidl) <= 70 for uidl in uidls)


def test_lines_that_begin_with_a_dot_are_stuffed(maildrops: Maildrops) -> None:
    """RETR doubles leading dots and ends with a dot of its own."""
    answer = said(opened(maildrops), "RETR 1")
    assert answer == b"+OK 36 octets\r\nSubject: un\r\n\r\n..point\r\n...deux\r\nfin\r\n.\r\n"


def test_top_gives_headers_and_so_many_lines(maildrops: Maildrops) -> None:
    """TOP stops after the lines asked for, 0 included."""
    session = opened(maildrops)
    assert said(session, "TOP 1 0").endswith(b"octets\r\nSubject: un\r\n\r\n.\r\n")
    assert said(session, "TOP 1 1").endswith(b"\r\n\r\n..point\r\n.\r\n")
    assert said(session, "TOP 1 99").endswith(b"fin\r\n.\r\n")


@pytest.mark.parametrize(
    "line",
    [
        "RETR 0",
        "RETR 3",
        "RETR -1",
        "RETR",
        "RETR ٢",
        "RETR 1 2",
        "DELE x",
        "LIST 9",
        "TOP 1",
        "TOP 1 -1",
        "UIDL 3",
    ],
)
def test_numbers_that_name_no_message_are_errors(maildrops: Maildrops, line: str) -> None:
    """A number out of range, or no number, is answered with an error."""
    assert said(opened(maildrops), line).startswith(b"-ERR")


def test_only_quit_deletes(maildrops: Maildrops) -> None:
    """A message marked by DELE is hidden at once, kept when the connection breaks, gone after QUIT."""
    session = opened(maildrops)
    assert said(session, "DELE 1") == b"+OK\r\n"
    assert said(session, "RETR 1", "DELE 1").startswith(b"-ERR")
    assert said(session, "STAT") == b"+OK 1 17\r\n"
    session.close()
    session = opened(maildrops)
    said(session, "DELE 1")
    answer = session.answer(b"QUIT")
    assert (answer.data, answer.closes) == (b"+OK Goodbye\r\n", True)
    assert said(connect(maildrops), "USER jean.dupont", "PASS demo") == b"+OK 1 messages\r\n"


def test_rset_takes_deletions_back(maildrops: Maildrops) -> None:
    """After RSET every message is there again, also after QUIT."""
    session = opened(maildrops)
    assert said(session, "DELE 1", "DELE 2", "RSET") == b"+OK 2 messages\r\n"
    session.answer(b"QUIT")
    opened(maildrops)


def test_a_session_is_a_snapshot(maildrops: Maildrops) -> None:
    """What is delivered after the sign-in shows at the next one only."""
    session = opened(maildrops)
    maildrops.deliver("jean.dupont", b"Subject: trois\r\n\r\n")
    assert said(session, "STAT").startswith(b"+OK 2 ")
    session.answer(b"QUIT")
    assert said(connect(maildrops), "USER jean.dupont", "PASS demo") == b"+OK 3 messages\r\n"


def test_a_maildrop_has_one_session(maildrops: Maildrops) -> None:
    """A second sign-in is told [IN-USE] until the first session ends, however it ends."""
    first = opened(maildrops)
    second = connect(maildrops)
    assert said(second, "USER jean.dupont", "PASS demo").startswith(b"-ERR [IN-USE]")
    second.close()
    assert said(connect(maildrops), "USER jean.dupont", "PASS demo").startswith(b"-ERR [IN-USE]")
    first.close()
    opened(maildrops)


def test_quit_before_the_sign_in_just_ends(maildrops: Maildrops) -> None:
    """QUIT is answered in every state."""
    assert connect(maildrops).answer(b"quit").closes
