"""Properties of unstuffing: the inverse of stuffing, whatever the body and wherever the network cuts it."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from courriel_pop3 import Accepted, Completed, Connection, Data, Limits, Pop3Error, ProtocolError, TooLarge
from courriel_pop3 import _commands as commands

NASTY = st.lists(
    st.sampled_from([b"\r", b"\n", b".", b"a", b"\r\n", b"\r\n.", b"\x00", b"+OK\r\n"]), max_size=40
)
CUTS = st.lists(st.integers(0, 400), max_size=12)


def pieces(octets: bytes, cuts: list[int]) -> list[bytes]:
    """Cut octets at these places."""
    places = sorted({0, len(octets), *(cut for cut in cuts if cut < len(octets))})
    return [octets[start:end] for start, end in pairwise(places)]


def ready(*queue: commands.Command, limits: Limits | None = None) -> Connection:
    """Return a connection past its greeting, PIPELINING known, with these commands in flight."""
    connection = Connection(limits)
    connection.receive_data(b"+OK\r\n")
    connection.next_event()
    connection.pipelining = True
    connection.send(*queue)
    connection.data_to_send()
    return connection


def body_of(stream: bytes, cuts: list[int]) -> bytes:
    """Read a RETR's answer, cut like this, followed by a NOOP's; return the body."""
    connection = ready(commands.retr(1), commands.noop())
    body, last = b"", []
    for piece in pieces(stream + b"+OK done\r\n", cuts):
        connection.receive_data(piece)
        while (event := connection.next_event()) is not None:
            if isinstance(event, Data):
                body += event.data
            elif isinstance(event, Accepted):
                last.append(event.text)
    assert last == ["", "done"]
    assert connection.idle
    return body


@settings(deadline=None)
@given(NASTY, CUTS)
def test_unstuffing_is_the_inverse_of_stuffing(parts: list[bytes], cuts: list[int]) -> None:
    """What a server stuffed after each CRLF comes out as it was, bare CR and LF inside included."""
    body = b"Received: x\r\n" + b"".join(parts) + b"\r\n"
    stuffed = body.replace(b"\r\n.", b"\r\n..")
    assert body_of(b"+OK\r\n" + stuffed + b".\r\n", cuts) == body


@settings(deadline=None)
@given(st.lists(st.binary(max_size=8).filter(lambda line: b"\n" not in line and b"\r" not in line)), CUTS)
def test_unstuffing_with_bare_line_feeds(lines: list[bytes], cuts: list[int]) -> None:
    """The same where all lines end in a bare LF; the first line may be anything, a dot included."""
    stuffed = b"".join((b"." if line.startswith(b".") else b"") + line + b"\n" for line in lines)
    assert body_of(b"+OK\n" + stuffed + b".\n", cuts) == b"".join(line + b"\n" for line in lines)


@settings(deadline=None)
@given(st.lists(st.binary(max_size=8).filter(lambda line: b"\n" not in line and b"\r" not in line)), CUTS)
def test_unstuffing_any_first_line(lines: list[bytes], cuts: list[int]) -> None:
    """The same with CRLF, from an empty body to a first line that is a dot."""
    stuffed = b"".join((b"." if line.startswith(b".") else b"") + line + b"\r\n" for line in lines)
    assert body_of(b"+OK\r\n" + stuffed + b".\r\n", cuts) == b"".join(line + b"\r\n" for line in lines)


def outcome(octets: bytes, cuts: list[int]) -> list[object]:
    """Return what arbitrary octets come to: events with data joined, the error that ended it by its words."""
    limits = Limits(line=60, message=100, listing=30)
    queue = [
        commands.capa(),
        commands.retr(1),
        commands.noop(),
        commands.uidl(),
        commands.auth_plain("a", "b"),
    ]
    connection = ready(*queue, limits=limits)
    heard: list[object] = []
    try:
        for piece in pieces(octets, cuts):
            connection.receive_data(piece)
            while (event := connection.next_event()) is not None:
                connection.data_to_send()
                if isinstance(event, Data) and heard and isinstance(heard[-1], bytes):
                    heard[-1] += event.data
                else:
                    heard.append(event.data if isinstance(event, Data) else event)
            assert connection.buffered < limits.line
    except Pop3Error as error:
        if isinstance(error, TooLarge) and heard and isinstance(heard[-1], bytes):
            heard.pop()  # how much of a body came before it went over its bound depends on the cuts
        heard.append(f"{type(error)} {error}")
    return [str(item) for item in heard if not isinstance(item, Completed)]


SERVER = st.lists(
    st.sampled_from(
        [
            b"+OK\r\n",
            b"-ERR no\n",
            b".\r\n",
            b".\n",
            b"..\r\n",
            b"text\r\n",
            b"x" * 50,
            b"\r\n",
            b"+ \r\n",
            b"\xff\n",
        ]
    )
    | st.binary(max_size=5),
    max_size=30,
)


@settings(deadline=None)
@given(SERVER, CUTS)
def test_chunking_never_matters(parts: list[bytes], cuts: list[int]) -> None:
    """Arbitrary octets come to the same events and error however they are cut, within bounded memory."""
    octets = b"".join(parts)
    assert outcome(octets, cuts) == outcome(octets, list(range(len(octets))))


@pytest.mark.parametrize("octet", [b"x", b"\x00", b"\r", b"."])
def test_endless_line(octet: bytes) -> None:
    """A status line without an end is given up at its bound, not kept."""
    connection = ready(commands.noop())
    connection.receive_data(octet * 8191)
    assert connection.next_event() is None
    connection.receive_data(octet)
    with pytest.raises(TooLarge, match="NOOP is over 8192 octets"):
        connection.next_event()
    assert connection.buffered == 0


@pytest.mark.parametrize(
    ("command", "limits"),
    [
        (commands.capa(), Limits(capabilities=1000)),
        (commands.uidl(), Limits(listing=1000)),
        (commands.top(7, 0), Limits(top=1000)),
        (commands.retr(7), Limits(message=1000)),
    ],
    ids=lambda value: getattr(value, "verb", ""),
)
def test_endless_body(command: commands.Command, limits: Limits) -> None:
    """Each kind of reply has its own bound; one octet more, and the connection is unusable."""
    connection = ready(command, limits=limits)
    connection.receive_data(b"+OK\r\n" + b"x" * 98 + b"\r\n")
    for _ in range(9):
        connection.receive_data(b"x" * 98 + b"\r\n")
        while connection.next_event() is not None:
            pass
    connection.receive_data(b"y\r\n.\r\n")
    with pytest.raises(TooLarge) as caught:
        connection.next_event()
    assert (caught.value.verb, caught.value.number, caught.value.limit) == (
        command.verb,
        command.number,
        1000,
    )
    assert connection.next_event() is None
    assert isinstance(caught.value, ProtocolError)


def test_body_at_its_bound() -> None:
    """A reply of exactly its bound is whole; stuffing does not count."""
    connection = ready(commands.retr(1), limits=Limits(message=1000))
    connection.receive_data(b"+OK\r\n.." + b"x" * 997 + b"\r\n.\r\n")
    pieces = []
    while (event := connection.next_event()) is not None:
        pieces += [event.data] if isinstance(event, Data) else []
    assert sum(map(len, pieces)) == 1000
    assert connection.idle


def test_long_first_line_flows() -> None:
    """A body of one endless line is handed on as it comes: no line of a message is ever kept whole."""
    connection = ready(commands.retr(1))
    connection.receive_data(b"+OK\r\n.." + b"x" * 100_000)
    connection.next_event()
    event = connection.next_event()
    assert isinstance(event, Data)
    assert event.data == b"." + b"x" * 100_000
    assert connection.buffered == 0
