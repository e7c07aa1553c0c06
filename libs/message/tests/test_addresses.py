"""Addresses as headers have them, as people type them, compared and written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from courriel_message import (
    Address,
    InvalidAddress,
    canonical,
    format_address,
    is_address,
    needs_smtputf8,
    parse_addresses,
)
from courriel_message.addresses import read_addresses


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("a@b.example", [("", "a@b.example")]),
        ("A B <a@b.example>", [("A B", "a@b.example")]),
        ('"B, A" <a@b.example>, c@d.example', [("B, A", "a@b.example"), ("", "c@d.example")]),
        ("a@b.example (A B)", [("A B", "a@b.example")]),
        ("a@b.example (A (nested) B)", [("A (nested) B", "a@b.example")]),
        ("Groupe: a@b.example, C <c@d.example>;", [("", "a@b.example"), ("C", "c@d.example")]),
        ("undisclosed-recipients:;", []),
        ("<@relay.example,@other.example:a@b.example>", [("", "a@b.example")]),
        ("=?utf-8?q?=C3=89lodie=2C_A?= <a@b.example>", [("Élodie, A", "a@b.example")]),
        ('"=?utf-8?q?=C3=89lodie?=" <a@b.example>', [("Élodie", "a@b.example")]),
        ("=?utf-8?q?x_=3Cevil=40e.example=3E=2C?= <a@b.example>", [("x <evil@e.example>,", "a@b.example")]),
        ('"a \\"b\\"" <a@b.example>', [('a "b"', "a@b.example")]),
        ('"unterminated <a@b.example>', [("", '"unterminated <a@b.example>')]),
        ("A <a@b.example", [("A", "a@b.example")]),
        ("a@b.example; c@d.example", [("", "a@b.example"), ("", "c@d.example")]),
        ("root", [("", "root")]),
        ("é@é.example", [("", "é@é.example")]),
        (", ,", []),
        ("", []),
        ("A <>", [("", "A")]),
    ],
)
def test_headers_are_read_in_any_state(value: str, expected: list[tuple[str, str]]) -> None:
    """Groups, comments, routes and encoded words; decoded text never becomes structure."""
    assert [(found.name, found.address) for found in read_addresses(value)] == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        (" ,;\n ", []),
        ("a@b.example", [("", "a@b.example")]),
        (
            "a@b.example, c@d.example;e@f.example\ng@h.example\r\n",
            [("", f"{pair}.example") for pair in ("a@b", "c@d", "e@f", "g@h")],
        ),
        ("Jean Dupont <j@b.example>", [("Jean Dupont", "j@b.example")]),
        ('"Dupont, Jean; « é »" <j@b.example>', [("Dupont, Jean; « é »", "j@b.example")]),
        ("<j@b.example>", [("", "j@b.example")]),
        ("O'Brien <o'brien@b.example>", [("O'Brien", "o'brien@b.example")]),
        ('"a b"@c.example', [("", '"a b"@c.example')]),
        ("é@é.example", [("", "é@é.example")]),
        (
            "root@localhost, a@mail.local, b@x.test",
            [("", "root@localhost"), ("", "a@mail.local"), ("", "b@x.test")],
        ),
    ],
)
def test_typed_lists_are_read(text: str, expected: list[tuple[str, str]]) -> None:
    """Comma, semicolon and line break separate; quoted names may hold them."""
    assert [(found.name, found.address) for found in parse_addresses(text)] == expected


@pytest.mark.parametrize(
    ("text", "position"),
    [
        ("jean", 0),
        ("a@b.example, jean dupont", 13),
        ("a@b@c.example", 0),
        ("a b@c.example", 0),
        ("@c.example", 0),
        ("a@", 0),
        (".a@b.example", 0),
        ("a..b@c.example", 0),
        ("a@b..c", 0),
        ("a@-b.example", 0),
        ("a@b_c.example", 0),
        ("a@[127.0.0.1]", 0),
        ("a@127.0.0.1", 0),
        ("<@relay.example:a@b.example>", 0),
        ("A <a@b.example> B", 0),
        ("A <a@b.example", 0),
        ("A a@b.example>", 0),
        ('A "B" <a@b.example>', 0),
        ("a\x00@b.example", 0),
        ("A\x1b <a@b.example>", 0),
        ('"a\x01b"@c.example', 0),
        ("a\u2028@b.example", 0),
        ("a" * 65 + "@b.example", 0),
        ("a@" + "b" * 64 + ".example", 0),
        ("a@" + "b." * 130 + "example", 0),
        ("=?utf-8?q?a=0Ab?= x@b.example", 0),
    ],
)
def test_what_is_no_mailbox_is_refused_where_it_stands(text: str, position: int) -> None:
    """The first wrong item is named by its place: no routes, literals, controls or overlong parts."""
    with pytest.raises(InvalidAddress) as refused:
        parse_addresses(text)
    assert refused.value.position == position
    assert text[position:].startswith(refused.value.token)
    assert refused.value.token not in str(refused.value)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("a@B.Example", "a@b.example", True),
        ("a@é.example", "a@xn--9ca.example", True),
        ("a@É.example", "a@é.example", True),
        ("A@b.example", "a@b.example", False),
        ("a@b.example", "a@c.example", False),
    ],
)
def test_one_mailbox_counts_once_however_its_domain_is_written(one: str, other: str, same: bool) -> None:  # noqa: FBT001 - a table's column
    """Domains compare without case and in A-labels; local parts as they are."""
    assert (canonical(one) == canonical(other)) is same


def test_only_a_local_part_beyond_ascii_needs_smtputf8() -> None:
    """Domains can be written in A-labels, local parts cannot."""
    assert needs_smtputf8("é@b.example")
    assert not needs_smtputf8("a@é.example")


WORD = st.text(st.sampled_from("abcXYZ019.é日-_' "), min_size=1, max_size=10)
NAME = st.text(st.characters(blacklist_categories=["Cc", "Cs", "Zl", "Zp", "Zs"]) | st.just(" "), max_size=30)
LOCAL = st.from_regex(r"\A[a-zA-Z0-9é!#$%&'*+/=?^_`{|}~-]{1,20}(\.[a-z]{1,5})?\Z")
DOMAIN = st.from_regex(r"\A[a-z][a-z0-9]{0,10}(\.[a-z][a-z0-9]{0,10}){0,3}\Z")


@given(
    st.lists(st.builds(Address, NAME.map(str.strip), st.builds("{}@{}".format, LOCAL, DOMAIN)), max_size=8),
    st.sampled_from(", ;\n,"),
)
def test_formatted_addresses_are_read_back(addresses: list[Address], separator: str) -> None:
    """What is written for a person is read back as it was, whatever the name."""
    separator = "," if separator == " " else separator
    assert all(is_address(address.address) for address in addresses)
    assert parse_addresses(separator.join(map(format_address, addresses))) == addresses


@given(
    st.lists(
        WORD | st.sampled_from(['"', "<", ">", "@", ",", ";", "(", ")", "\\", ":", "=?utf-8?q?a?="])
    ).map("".join)
)
def test_nothing_typed_or_received_makes_reading_fail_otherwise(text: str) -> None:
    """Typed text gives addresses or InvalidAddress; received text gives addresses."""
    read_addresses(text)
    try:
        found = parse_addresses(text)
    except InvalidAddress:
        found = []
    assert all(is_address(address.address) for address in found)
