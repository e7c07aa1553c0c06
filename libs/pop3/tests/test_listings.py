"""STAT, LIST, UIDL and CAPA as servers write them, rightly and nearly so."""

import time

import pytest

from courriel_pop3 import Capabilities, Entry, ProtocolError, Stat
from courriel_pop3._capabilities import UNKNOWN
from courriel_pop3._listings import merge, parse_sizes, parse_stat, parse_uidls


def test_stat() -> None:
    """Two numbers, whatever follows them."""
    assert parse_stat("2 320") == Stat(2, 320)
    assert parse_stat("2  320 octets") == Stat(2, 320)
    for text in ("", "2", "two 320", "2 -1", "2 320octets", "٢ ٣"):
        with pytest.raises(ProtocolError):
            parse_stat(text)


def test_lines() -> None:
    """Numbers and sizes, numbers and ids; LF alone and blanks behind are no harm."""
    assert parse_sizes(b"") == []
    assert parse_sizes(b"1 120\r\n2 200 more\r\n3\t5\n") == [(1, 120), (2, 200), (3, 5)]
    assert parse_uidls(b"1 whqtswO00WBw418f9t5JxYwZ\r\n7 <a>&%! \n") == [
        (1, "whqtswO00WBw418f9t5JxYwZ"),
        (7, "<a>&%!"),
    ]


@pytest.mark.parametrize(
    "body",
    [
        b"1\r\n",
        b"x 1\r\n",
        b"\r\n",
        b"1 1\r\n\r\n",
        b"-1 5\r\n",
        b"1 \r\n",
        b"1 \xff\r\n",
        b"0 5\r\n",
        b"1 5\r\n1 6\r\n",
        b"99999999999 5\r\n",
    ],
)
def test_bad_sizes(body: bytes) -> None:
    """One line that makes no sense spoils the list: a message must not vanish from it, or come twice."""
    with pytest.raises(ProtocolError):
        parse_sizes(body)


@pytest.mark.parametrize(
    "line",
    [b"2", b"x 1", b"", b"-1 5", b"2 ", b"2 \t", b"0 aaa", b"2 " + b"x" * 1025, b"2 a\rb", b"3 c\r\n3 d"],
)
def test_bad_ids(line: bytes) -> None:
    """An id that makes no sense is none; the others are as they were."""
    assert parse_uidls(b"1 aaa\r\n" + line + b"\r\n4 bbb\r\n") == [(1, "aaa"), (4, "bbb")]


def test_odd_ids() -> None:
    """Ids beyond what RFC 1939 allows are taken as they are: octets that differ make ids that differ."""
    long = b"x" * 1024
    read = parse_uidls(b"1 \xe9\r\n2 \xc3\xa9\r\n3 a b\t\r\n4 " + long + b"\r\n")
    assert read == [(1, "é"), (2, "Ã©"), (3, "a b"), (4, long.decode())]


def test_merge() -> None:
    """LIST says which messages there are; an id that is missing is None."""
    assert merge([(1, 10), (2, 20)], [(2, "b"), (3, "c")]) == [Entry(1, 10, None), Entry(2, 20, "b")]
    assert merge([(1, 10)], None) == [Entry(1, 10, None)]


def test_twenty_thousand_ids() -> None:
    """A long list is read in one pass of C: tens of milliseconds of processor time, with a wide margin."""
    body = b"".join(b"%d %032x\r\n" % (number, number) for number in range(1, 20_001))
    started = time.process_time()
    assert len(parse_uidls(body)) == 20_000
    assert time.process_time() - started < 0.5


def test_capabilities() -> None:
    """Tags in any case, with their arguments; nonsense is passed over."""
    read = Capabilities.parse(
        b"top\r\nSASL plain CRAM-MD5\r\n\r\nLOGIN-DELAY 900 USER\r\nX-\xff\r\nPIPELINING\r\n"
    )
    assert read.top
    assert read.pipelining
    assert read.sasl == {"PLAIN", "CRAM-MD5"}
    assert read.login_delay == 900
    assert [read.uidl, read.user, read.stls, read.utf8] == [False] * 4
    assert Capabilities.parse(b"LOGIN-DELAY soon\r\n").login_delay is None


def test_unknown_capabilities() -> None:
    """Without CAPA the commands of RFC 1939 are worth trying, extensions are not."""
    assert UNKNOWN.uidl
    assert UNKNOWN.top
    assert UNKNOWN.user
    assert [UNKNOWN.pipelining, UNKNOWN.stls, UNKNOWN.utf8] == [False] * 3
    assert UNKNOWN.sasl == frozenset()
