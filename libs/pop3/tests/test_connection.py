"""The core's order of things: the window, commands that go alone, injection before TLS, the stream's end."""

from collections import deque
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from courriel_pop3 import (
    Accepted,
    Completed,
    Connection,
    ConnectionLost,
    Limits,
    ProtocolError,
    State,
    UsageError,
)
from courriel_pop3 import _commands as commands
from courriel_pop3._commands import Command

BUILDS: list[Callable[[], Command]] = [
    commands.noop,
    commands.stat,
    commands.uidl,
    commands.utf8,
    lambda: commands.user("x" * 100),
]
ANY_COMMAND = st.sampled_from(BUILDS).map(lambda build: build())


def greeted(limits: Limits | None = None) -> Connection:
    """Return a connection past its greeting."""
    connection = Connection(limits)
    connection.receive_data(b"+OK\r\n")
    connection.next_event()
    return connection


def drain(connection: Connection) -> list[object]:
    """Read all events there are."""
    events: list[object] = []
    while (event := connection.next_event()) is not None:
        events.append(event)
    return events


def hear(connection: Connection, flights: list[bytes]) -> None:
    """Give flights one after the other, reading all events in between."""
    for flight in flights:
        connection.receive_data(flight)
        drain(connection)


@settings(deadline=None)
@given(
    st.lists(ANY_COMMAND, max_size=40),
    st.booleans(),
    st.integers(1, 6),
    st.integers(1, 150),
    st.randoms(use_true_random=False),
)
def test_window(queue: list[Command], pipelining: bool, most: int, octets: int, random: object) -> None:  # noqa: FBT001 - drawn
    """Whatever is queued and however slowly it is answered, the window holds, and all get their answers."""
    connection = greeted(Limits(window_commands=most, window_octets=octets))
    connection.pipelining = pipelining
    connection.send(*queue)
    flying: deque[Command] = deque()
    waiting = deque(queue)
    answered: list[Command] = []
    while not connection.idle:
        sent = connection.data_to_send()
        while sent:
            assert sent.startswith(waiting[0].line)
            sent = sent.removeprefix(waiting[0].line)
            flying.append(waiting.popleft())
        assert flying, "deadlock: an answer is owed and nothing is in flight"
        assert len(flying) <= (most if pipelining else 1)
        assert len(flying) == 1 or sum(len(command.line) for command in flying) <= octets
        assert len(flying) == 1 or not any(command.alone for command in flying)
        for _ in range(random.randint(1, len(flying))):  # type: ignore[attr-defined]
            command = flying.popleft()
            lines = b"+OK\r\n.\r\n" if command.reply is not commands.Reply.LINE else b"+OK\r\n"
            connection.receive_data(lines)
            answered += [event.command for event in drain(connection) if isinstance(event, Completed)]
    assert answered == queue


def test_window_opens_again() -> None:
    """What was answered no longer counts against the window."""
    connection = greeted(Limits(window_octets=12))
    connection.pipelining = True
    for _ in range(5):
        connection.send(commands.noop(), commands.noop())
        assert connection.data_to_send() == b"NOOP\r\nNOOP\r\n"
        connection.receive_data(b"+OK\r\n-ERR\r\n")
        drain(connection)


def test_injection_before_tls() -> None:
    """Octets behind STLS's +OK, in the same read or in the next, are never read as the server's answers."""
    for flights in ([b"+OK\r\n+OK injected\r\n"], [b"+OK\r\n", b"+OK injected\r\n"], [b"+OK\r\n", b"x"]):
        connection = greeted()
        connection.send(commands.stls())
        connection.data_to_send()
        with pytest.raises(ProtocolError, match="plain text"):
            hear(connection, flights)
        assert connection.state is State.CLOSED
        with pytest.raises(UsageError):
            connection.tls_started()


def test_answers_ahead_of_commands() -> None:
    """What is there before a command goes out is not its answer, complete or not."""
    for early in (b"+OK early\r\n", b"+O"):
        connection = greeted()
        connection.receive_data(early)
        connection.send(commands.noop())
        with pytest.raises(ProtocolError, match="without being asked"):
            connection.data_to_send()


def test_no_command_before_the_handshake_and_after_quit() -> None:
    """A caller out of order is told so."""
    connection = greeted()
    with pytest.raises(UsageError):
        connection.tls_started()
    connection.send(commands.stls())
    connection.data_to_send()
    connection.receive_data(b"+OK\r\n")
    drain(connection)
    with pytest.raises(UsageError):
        connection.send(commands.noop())
    connection = greeted()
    connection.send(commands.noop(), commands.quit_())
    with pytest.raises(UsageError):
        connection.send(commands.noop())


def test_refused_stls_goes_on_in_plain() -> None:
    """A -ERR to STLS changes nothing."""
    connection = greeted()
    connection.send(commands.stls(), commands.noop())
    connection.data_to_send()
    connection.receive_data(b"-ERR no\r\n")
    drain(connection)
    assert connection.data_to_send() == b"NOOP\r\n"


@pytest.mark.parametrize(
    "octets", [b"", b"+OK", b"+OK\r\n", b"+OK\r\nSubject: x\r\n\r\nhalf", b"+OK\r\nx\r\n."]
)
def test_stream_ends_in_an_answer(octets: bytes) -> None:
    """An answer cut short is a lost connection, after what did come."""
    connection = greeted()
    connection.send(commands.retr(1))
    connection.data_to_send()
    connection.receive_data(octets)
    connection.receive_eof()
    with pytest.raises(ConnectionLost):
        drain(connection)
    assert connection.state is State.CLOSED
    assert connection.data_to_send() == b""


def test_stream_ends_before_the_greeting() -> None:
    """A server that hangs up without a word is a lost connection."""
    connection = Connection()
    connection.receive_eof()
    with pytest.raises(ConnectionLost):
        connection.next_event()


def test_stream_ends_after_quit() -> None:
    """Once QUIT is answered the end of the stream, and anything before it, is of no interest."""
    connection = greeted()
    connection.send(commands.quit_())
    connection.data_to_send()
    connection.receive_data(b"+OK bye\r\nrest")
    connection.receive_eof()
    assert [type(event) for event in drain(connection)] == [Accepted, Completed]
    assert connection.state is State.CLOSED


def test_nothing_is_kept_once_closed() -> None:
    """A dead connection takes no more memory."""
    connection = greeted()
    connection.receive_data(b"junk\r\n")
    with pytest.raises(ProtocolError):
        connection.next_event()
    connection.receive_data(b"x" * 10_000)
    assert connection.buffered == 0
