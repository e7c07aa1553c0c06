"""Whatever a server says: nothing but the library's errors, bounded memory, and lists that make sense."""

from contextlib import suppress
from dataclasses import dataclass

from hypothesis import example, given, settings
from hypothesis import strategies as st

from courriel_pop3 import (
    Accepted,
    Capabilities,
    Connection,
    Data,
    InvalidCommand,
    Limits,
    Pop3Error,
    ProtocolError,
    Refused,
    State,
)
from courriel_pop3 import _commands as commands
from courriel_pop3._commands import Command, Reply
from courriel_pop3._forwarding import proxy_header
from courriel_pop3._listings import merge, parse_sizes, parse_stat, parse_uidls

LIMITS = Limits(
    line=64, capabilities=60, listing=80, top=100, message=120, window_commands=3, window_octets=40
)
ANY_COMMAND = st.sampled_from(
    [
        commands.capa,
        commands.stls,
        commands.utf8,
        commands.stat,
        commands.list_,
        commands.uidl,
        commands.noop,
        commands.rset,
        commands.quit_,
        lambda: commands.top(1, 0),
        lambda: commands.retr(2),
        lambda: commands.dele(3),
        lambda: commands.user("jean"),
        lambda: commands.pass_("sesame"),
        lambda: commands.auth_plain("jean", "sesame"),
        lambda: commands.apop("jean", "sesame", "<a@b>"),
        lambda: commands.xclient("192.0.2.7"),
    ]
).map(lambda build: build())
LINES = st.sampled_from(
    [
        b"+OK",
        b"-ERR [IN-USE] x",
        b"+ ",
        b".",
        b"..",
        b"",
        b"1 10",
        b"2 b",
        b"x" * 63,
        b"+OK sesame",
        b"\xff\x00",
    ]
)
ENDS = st.sampled_from([b"\r\n", b"\n", b"\r", b""])
FLIGHTS = st.lists(
    st.binary(max_size=40) | st.lists(st.tuples(LINES, ENDS).map(b"".join), max_size=8).map(b"".join),
    max_size=12,
)


@dataclass
class Heard:
    """What was read of one command's answer, in octets."""

    command: Command
    octets: int = 0


@settings(deadline=None, max_examples=400)
@given(st.lists(ANY_COMMAND, max_size=8), FLIGHTS, st.booleans(), st.booleans())
def test_a_conversation(
    queue: list[Command],
    flights: list[bytes],
    pipelining: bool,  # noqa: FBT001 — drawn
    byte_by_byte: bool,  # noqa: FBT001 — drawn
) -> None:
    """However it goes, it goes on, or ends with an error of the library's; no reply is over its bound."""
    connection = Connection(LIMITS)
    connection.pipelining = pipelining
    answers: dict[int, Heard] = {}
    pieces = (
        [flight[at : at + 1] for flight in flights for at in range(len(flight))] if byte_by_byte else flights
    )
    with suppress(Pop3Error):
        for command in queue:
            connection.send(command)
        for piece in pieces:
            connection.data_to_send()
            if connection.state is State.TLS:
                connection.tls_started()
            connection.receive_data(piece)
            while (event := connection.next_event()) is not None:
                if isinstance(event, Data):
                    heard = answers.setdefault(id(event.command), Heard(event.command))
                    heard.octets += len(event.data)
                if isinstance(event, Accepted | Refused) and event.command and event.command.secrets:
                    assert "sesame" not in event.text
            assert connection.buffered < LIMITS.line or connection.state is State.CLOSED
        connection.receive_eof()
        while connection.next_event() is not None:
            pass
    for heard in answers.values():
        assert heard.command.reply is not Reply.LINE
        assert heard.octets <= LIMITS.of(heard.command.reply)


BODIES = st.binary(max_size=80) | st.lists(
    st.tuples(
        st.sampled_from([b"0", b"1", b"2", b"10", b"-1", b"x", b"99999999999"]), st.binary(max_size=6)
    ).map(lambda line: b"%s %s\r\n" % line),
    max_size=8,
).map(b"".join)


@settings(deadline=None, max_examples=400)
@given(BODIES, BODIES)
@example(b"1 10\r\n2 20\r\n", b"1 a\r\n1 b\r\n2 \xe9\r\n")
def test_lists(sizes: bytes, uidls: bytes) -> None:
    """A list names each message once, with an id of its line or none; what is no list is an error."""
    ids = parse_uidls(uidls)
    assert len({number for number, _ in ids}) == len(ids)
    assert all(number > 0 and uidl and b"%d " % number in uidls.replace(b"\t", b" ") for number, uidl in ids)
    assert all(uidl.encode("latin-1") in uidls for _, uidl in ids)
    try:
        listed = parse_sizes(sizes)
    except ProtocolError:
        return
    assert len(listed) == sizes.count(b"\n")
    entries = merge(listed, ids)
    assert [entry.number for entry in entries] == [number for number, _ in listed]
    assert len({entry.number for entry in entries}) == len(entries)
    assert all(entry.number > 0 and entry.size >= 0 for entry in entries)


@settings(deadline=None)
@given(st.binary(max_size=60), st.text(max_size=20))
def test_capabilities_and_counts(body: bytes, text: str) -> None:
    """What makes no sense is passed over, or an error of the library's."""
    assert Capabilities.parse(body).login_delay is None or b"LOGIN-DELAY" in body.upper()
    with suppress(ProtocolError):
        assert parse_stat(text).count >= 0


@settings(deadline=None)
@given(st.text(max_size=40) | st.ip_addresses().map(str), st.ip_addresses().map(str), st.integers(0, 65535))
def test_proxy_headers(client: str, server: str, port: int) -> None:
    """The length that a header announces is its own; what is no address makes none."""
    try:
        header = proxy_header(client, (server, port))
    except InvalidCommand:
        return
    assert len(header) == 16 + int.from_bytes(header[14:16], "big")
