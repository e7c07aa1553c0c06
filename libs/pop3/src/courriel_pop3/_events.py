"""What the server said, as values. No behaviour.

A connection starts with `Greeting` (or `Refused` with no command). Each command is then answered by
`Refused`, or by `Accepted`, any number of `Data` where its reply has several lines, and `Completed`.
"""

from dataclasses import dataclass, field

from courriel_pop3._commands import Command


@dataclass(frozen=True, slots=True)
class Greeting:
    """The banner's +OK. `timestamp` is what APOP needs, angle brackets included (RFC 1939 §7), or None."""

    text: str
    timestamp: str | None


@dataclass(frozen=True, slots=True)
class Accepted:
    """+OK, with the server's words after it."""

    command: Command
    text: str


@dataclass(frozen=True, slots=True)
class Data:
    """A piece of a multi-line reply: dots unstuffed, line ends as the server sent them, cut anywhere."""

    command: Command
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Completed:
    """The whole answer to an accepted command was read."""

    command: Command


@dataclass(frozen=True, slots=True)
class Refused:
    """-ERR, to a command or in place of the greeting (`command` is None). `code` as in `ReplyError`."""

    command: Command | None
    text: str
    code: str | None


Event = Greeting | Accepted | Data | Completed | Refused
