"""The client's side of a POP3 conversation: octets in, events out. Does no I/O, knows no clock.

The plan: `send` queues commands; `data_to_send` gives the octets of those that may go now; `receive_data`
takes what the network brought; `next_event` reads it, one event a call, None meaning "more data needed".
Answers are matched to commands in order (RFC 1939, RFC 2449). Whatever breaks the protocol raises and leaves
the connection `CLOSED` for good. It does not follow AUTHORIZATION and TRANSACTION states: the server does,
and its -ERR says more.
"""

from collections import deque
from enum import Enum, auto
from typing import Never

from courriel_pop3._commands import Command, Reply
from courriel_pop3._errors import ConnectionLost, Pop3Error, ProtocolError, TooLarge, UsageError
from courriel_pop3._events import Accepted, Completed, Data, Event, Greeting, Refused
from courriel_pop3._limits import Limits
from courriel_pop3._readers import BodyReader, find_timestamp, read_status


class State(Enum):
    """Where the conversation is. `TLS`: STLS was accepted, the handshake comes before any other octet."""

    GREETING = auto()
    READY = auto()
    TLS = auto()
    QUITTING = auto()
    CLOSED = auto()


class Connection:
    """One connection, from the banner to the answer to QUIT.

    `pipelining` starts False, one command at a time; set it once the server announced it (RFC 2449 §6.6).
    """

    def __init__(self, limits: Limits | None = None) -> None:
        """Wait for the banner."""
        self.limits = limits or Limits()
        self.pipelining = False
        self._state = State.GREETING
        self._queued: deque[Command] = deque()
        self._sent: deque[Command] = deque()
        self._octets_sent = 0
        self._response = b""
        self._input = b""
        self._at = 0
        self._ended = False
        self._body: BodyReader | None = None
        self._body_octets = 0
        self._complete = False
        self._challenged = False

    @property
    def state(self) -> State:
        """Where the conversation is."""
        return self._state

    @property
    def idle(self) -> bool:
        """Whether no answer is owed: nothing queued, nothing in flight, the greeting read."""
        return not (self._queued or self._sent or self._state is State.GREETING)

    @property
    def buffered(self) -> int:
        """Octets received that no event was made of yet."""
        return len(self._input) - self._at

    def send(self, *commands: Command) -> None:
        """Queue commands. Raises `UsageError` after QUIT, before the TLS handshake, or once closed."""
        if self._state in {State.TLS, State.QUITTING, State.CLOSED}:
            raise UsageError(f"no command can be sent now: the connection is in state {self._state.name}")
        self._queued.extend(commands)
        if commands and commands[-1].verb == "QUIT":
            self._state = State.QUITTING

    def data_to_send(self) -> bytes:
        """Return the octets to write now, b"" where the window is full or nothing waits.

        Call it before every wait for the network: each answer read may let more commands go. Raises
        `ProtocolError` where octets are there already that would be taken for the answer.
        """
        if self._state in {State.GREETING, State.TLS, State.CLOSED}:
            return b""
        if self._queued and not self._sent and self.buffered:
            self._fail(ProtocolError("the server spoke without being asked"))
        octets = [self._response]
        self._response = b""
        while self._queued and self._fits(self._queued[0]):
            command = self._queued.popleft()
            self._sent.append(command)
            self._octets_sent += len(command.line)
            octets.append(command.line)
        return b"".join(octets)

    def _fits(self, command: Command) -> bool:
        if not self._sent:
            return True
        if not self.pipelining or command.alone or self._sent[-1].alone:
            return False
        return (
            len(self._sent) < self.limits.window_commands
            and self._octets_sent + len(command.line) <= self.limits.window_octets
        )

    def receive_data(self, data: bytes) -> None:
        """Take octets of the network; read the events before giving more. Once closed, octets are dropped.

        Raises `ProtocolError` for octets between STLS's +OK and the handshake: somebody put them there, and
        they must never be read as the server's answers inside TLS (the CVE-2011-0411 kind of attack).
        """
        if self._state is State.CLOSED:
            return
        if self._state is State.TLS and data:
            self._fail(ProtocolError("the server sent plain text after it agreed to start TLS"))
        self._input = self._input[self._at :] + data
        self._at = 0

    def receive_eof(self) -> None:
        """Take the end of the stream; `next_event` raises `ConnectionLost` once what came is read."""
        self._ended = True

    def tls_started(self) -> None:
        """Go on after the handshake. What was known of the server is void (RFC 2595 §4): send CAPA anew."""
        if self._state is not State.TLS:
            raise UsageError("the server did not agree to start TLS")
        self._state = State.READY
        self.pipelining = False

    def next_event(self) -> Event | None:
        """Read one event, or None where more data is needed.

        Raises `ProtocolError`, `TooLarge`, or `ConnectionLost` where the stream ended too early: the
        connection is then `CLOSED`.
        """
        if self._state in {State.CLOSED, State.TLS}:
            return None
        try:
            event = self._read()
        except Pop3Error as error:
            self._fail(error)
        if event is None and self._ended:
            self._fail(ConnectionLost("the server closed the connection"))
        return event

    def _read(self) -> Event | None:
        if self._complete:
            return self._finish()
        return self._read_status() if self._body is None else self._read_body(self._body)

    def _fail(self, error: Pop3Error) -> Never:
        self._state = State.CLOSED
        self._queued.clear()
        self._sent.clear()
        self._input = self._response = b""
        self._at = 0
        raise error

    def _read_line(self) -> bytes | None:
        limit = self.limits.line
        end = self._input.find(b"\n", self._at, self._at + limit) + 1
        if end:
            line = self._input[self._at : end].rstrip(b"\r\n")
            self._at = end
            return line
        if self.buffered >= limit:
            raise TooLarge(self._sent[0].verb if self._sent else "greeting", limit)
        return None

    def _read_status(self) -> Event | None:
        line = self._read_line()
        if line is None:
            return None
        if self._state is State.GREETING:
            return self._greet(line)
        if not self._sent:
            status = read_status(line)
            if status.ok:
                raise ProtocolError("the server spoke without being asked")
            raise ConnectionLost(f"the server ended the session: {status.text}")
        command = self._sent[0]
        if line[:1] == b"+" and line[1:2] in {b"", b" "} and command.response is not None:
            return self._answer_challenge(command.response)
        return self._answer(command, line)

    def _greet(self, line: bytes) -> Event:
        status = read_status(line)
        if not status.ok:
            self._state = State.CLOSED
            return Refused(None, status.text, status.code)
        self._state = State.READY
        return Greeting(status.text, find_timestamp(status.text))

    def _answer_challenge(self, response: bytes) -> Event | None:
        if self._challenged:
            raise ProtocolError("the server asked twice for the same response")
        self._challenged = True
        self._response = response
        return self._read_status()

    def _answer(self, command: Command, line: bytes) -> Event:
        status = read_status(line)
        text = "" if any(secret in status.text for secret in command.secrets) else status.text
        if not status.ok:
            self._finish(ok=False)
            return Refused(command, text, status.code)
        if command.reply is Reply.LINE:
            self._complete = True
        else:
            self._body = BodyReader(self.limits.line)
            self._body_octets = 0
        return Accepted(command, text)

    def _read_body(self, reader: BodyReader) -> Event | None:
        command = self._sent[0]
        piece = reader.read(self._input, self._at)
        self._at = piece.end
        self._body_octets += len(piece.data)
        limit = self.limits.of(command.reply)
        if self._body_octets > limit:
            raise TooLarge(command.verb, limit, command.number)
        self._complete = piece.done
        if piece.data:
            return Data(command, piece.data)
        return self._finish() if piece.done else None

    def _finish(self, *, ok: bool = True) -> Completed:
        command = self._sent.popleft()
        self._octets_sent -= len(command.line)
        self._body = None
        self._complete = self._challenged = False
        if command.verb == "QUIT":
            self._state = State.CLOSED
        elif command.verb == "STLS" and ok:
            if self.buffered:
                raise ProtocolError("the server sent plain text after it agreed to start TLS")
            self._state = State.TLS
        return Completed(command)
