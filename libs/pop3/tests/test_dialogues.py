"""Whole conversations, from text files, through the sans-IO core: whole, byte by byte, with trailing data.

A file of `dialogues/` opens with what it shows (#). Then `S:` is a line of the server ending in CRLF, `s:`
one ending in LF, `C:` a command to queue, `W:` all that must then go on the wire, `E:` an event, an error or
a state that follows, `P:` PIPELINING known, `T:` the TLS handshake done. Backslash escapes are Python's.
"""

import shlex
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from courriel_pop3 import Accepted, Completed, Connection, Data, Event, Greeting, Pop3Error, Refused
from courriel_pop3 import _commands as commands

DIALOGUES = sorted(Path(__file__).with_name("dialogues").glob("*.txt"))
COMMANDS: dict[str, Callable[..., commands.Command]] = {
    "CAPA": commands.capa,
    "STLS": commands.stls,
    "USER": commands.user,
    "PASS": commands.pass_,
    "AUTH": commands.auth_plain,
    "APOP": lambda name, password: commands.apop(name, password, "<1896.697170952@dbc.mtview.ca.us>"),
    "STAT": commands.stat,
    "LIST": commands.list_,
    "UIDL": commands.uidl,
    "TOP": lambda number, lines: commands.top(int(number), int(lines)),
    "RETR": lambda number: commands.retr(int(number)),
    "DELE": lambda number: commands.dele(int(number)),
    "RSET": commands.rset,
    "NOOP": commands.noop,
    "QUIT": commands.quit_,
}
Feed = Callable[[bytes], Iterator[bytes]]


def whole(flight: bytes) -> Iterator[bytes]:
    """Give a flight at once."""
    yield flight


def byte_by_byte(flight: bytes) -> Iterator[bytes]:
    """Give a flight octet by octet."""
    for octet in flight:
        yield bytes([octet])


def build(line: str) -> commands.Command:
    """Build the command of a `C:` line."""
    verb, *arguments = shlex.split(line)
    if verb == "PASS":
        arguments = [line.removeprefix("PASS ")]
    return COMMANDS[verb](*arguments)


def render(event: Event) -> str:
    """Write an event as an `E:` line has it."""
    match event:
        case Greeting(text, timestamp):
            return f"Greeting {text!r} {timestamp!r}"
        case Accepted(command, text):
            return f"Accepted {command.verb} {text!r}"
        case Data(command, data):
            return f"Data {command.verb} {data!r}"
        case Completed(command):
            return f"Completed {command.verb}"
        case Refused(command, text, code):
            return f"Refused {command.verb if command else 'greeting'} {text!r} {code!r}"


class Play:
    """Plays one dialogue; `heard` is what the core made of the server's side, pieces of data joined."""

    def __init__(self, script: str, feed: Feed, trailing: bytes) -> None:
        self.connection = Connection()
        self.feed = feed
        self.heard: list[str] = []
        self.data = b""
        lines = [line for line in script.splitlines() if line and not line.startswith("#")]
        last = max(at for at, line in enumerate(lines) if line[0] in "Ss")
        flight = b""
        for at, line in enumerate(lines):
            kind, text = line[0], line[3:]
            if kind in "Ss":
                octets = text.encode().decode("unicode_escape").encode("latin-1")
                flight += octets + (b"\r\n" if kind == "S" else b"\n") + (trailing if at == last else b"")
                continue
            self.hear(flight)
            flight = b""
            self.step(kind, text)

    def step(self, kind: str, text: str) -> None:
        """Do what a line that is not the server's says."""
        match kind:
            case "C":
                self.connection.send(build(text))
            case "W":
                written = self.connection.data_to_send()
                assert written == text.encode().decode("unicode_escape").encode("latin-1")
            case "P":
                self.connection.pipelining = True
            case "T":
                self.connection.tls_started()
            case "E" if text.startswith("state "):
                assert self.connection.state.name == text.removeprefix("state ")
            case _:
                assert kind == "E"

    def hear(self, flight: bytes) -> None:
        """Give the server's lines to the core, and note what it makes of them."""
        if not flight:
            return
        self.connection.data_to_send()
        try:
            for piece in self.feed(flight):
                self.connection.receive_data(piece)
                while (event := self.connection.next_event()) is not None:
                    self.note(event)
        except Pop3Error as error:
            self.heard.append(type(error).__name__)

    def note(self, event: Event) -> None:
        """Note an event, once the data before it is whole."""
        if isinstance(event, Data):
            self.data += event.data
            return
        if self.data:
            self.heard.append(f"Data {event.command.verb} {self.data!r}")  # type: ignore[union-attr]
            self.data = b""
        self.heard.append(render(event))


def expected_of(script: str) -> list[str]:
    """Return the `E:` lines that are events or errors."""
    return [
        line[3:] for line in script.splitlines() if line.startswith("E:") and not line.startswith("E: state")
    ]


@pytest.mark.parametrize("dialogue", DIALOGUES, ids=lambda path: path.stem)
@pytest.mark.parametrize("feed", [whole, byte_by_byte])
@pytest.mark.parametrize("trailing", [b"", b"+OK stray\r\n"], ids=["exact", "trailing"])
def test_dialogue(dialogue: Path, feed: Feed, trailing: bytes) -> None:
    """Each dialogue gives its events however it is cut; an answer nobody asked for is an error, no event."""
    script = dialogue.read_text(encoding="utf-8")
    expected = expected_of(script)
    play = Play(script, feed, trailing)
    if trailing and not script.rstrip().endswith("state CLOSED"):
        expected.append("ProtocolError")
    assert play.heard == expected


def test_every_dialogue_is_played() -> None:
    """The folder holds dialogues, and each ends with what must have been heard."""
    assert len(DIALOGUES) > 10
    assert all(expected_of(path.read_text(encoding="utf-8")) for path in DIALOGUES)
