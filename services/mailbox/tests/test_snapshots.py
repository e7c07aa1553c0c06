"""Uids: made of what the server says is unique, and unique even where the server is wrong."""

import re
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from mailbox_service.snapshots import Entry, take_snapshot

NOW = datetime(2026, 11, 23, tzinfo=UTC)
UIDLS = st.text(alphabet=st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=255)
URL_SAFE = re.compile(r"[A-Za-z0-9_.~-]{1,256}")


@given(st.lists(UIDLS | st.sampled_from(["a", "a~2", "YQ", "YQ~2"]), max_size=60))
def test_no_two_messages_get_the_same_uid(uidls: list[str]) -> None:
    """Whatever a server repeats, and however it names, each message has a URL-safe uid of its own."""
    snapshot = take_snapshot([Entry(n, 1, uidl) for n, uidl in enumerate(uidls, 1)], NOW)
    assert len(snapshot.by_uid) == len(uidls)
    assert all(URL_SAFE.fullmatch(uid) for uid in snapshot.by_uid)


@given(st.lists(UIDLS, unique=True, max_size=30))
def test_a_uid_does_not_depend_on_the_other_messages(uidls: list[str]) -> None:
    """Other messages come and go; the uid of a unique UIDL stays."""
    alone = {uidl: take_snapshot([Entry(1, 1, uidl)], NOW).messages[0].uid for uidl in uidls}
    together = take_snapshot([Entry(n, 1, uidl) for n, uidl in enumerate(uidls, 1)], NOW)
    assert {message.uidl: message.uid for message in together.messages} == alone


def test_a_repeated_uidl_gets_ordinals_in_the_servers_order() -> None:
    """The first keeps the plain uid; all of them are marked as repeated."""
    snapshot = take_snapshot([Entry(3, 1, "a"), Entry(1, 1, "a"), Entry(2, 1, "b")], NOW)
    assert [(message.uid, message.number, message.ambiguous) for message in snapshot.messages] == [
        ("YQ", 1, True),
        ("Yg", 2, False),
        ("YQ~2", 3, True),
    ]


def test_totals_and_copies_are_those_of_the_listing() -> None:
    """Sizes add up; an id that the server gave twice, or did not give, says not which message it is."""
    entries = [Entry(1, 10, "a"), Entry(2, 5, "a"), Entry(3, 1, "b"), Entry(4, 4, "size-4", unique=False)]
    snapshot = take_snapshot(entries, NOW)
    assert snapshot.total_size == 20
    assert [message.ambiguous for message in snapshot.messages] == [True, True, False, True]


def test_an_overlong_uidl_still_makes_a_short_uid() -> None:
    """Servers go beyond RFC 1939's 70 octets; two that differ at the end only stay apart."""
    snapshot = take_snapshot([Entry(1, 1, "x" * 255), Entry(2, 1, "x" * 254 + "y")], NOW)
    assert len(snapshot.by_uid) == 2
    assert all(URL_SAFE.fullmatch(uid) for uid in snapshot.by_uid)
