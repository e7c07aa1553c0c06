"""What may go on the wire: checked before it gets there."""

import base64
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from courriel_pop3 import InvalidCommand
from courriel_pop3 import _commands as commands
from courriel_pop3._commands import Command

TEXTUAL: list[Callable[[str], Command]] = [
    commands.user,
    commands.pass_,
    lambda text: commands.auth_plain(text, "secret"),
    lambda text: commands.auth_plain("jean", text),
    lambda text: commands.apop(text, "secret", "<1@x>"),
]


@pytest.mark.parametrize("build", TEXTUAL)
@pytest.mark.parametrize("bad", ["\r", "\n", "\r\nDELE 1", "\x00", "\x1b", "\x7f", "\t"])
def test_control_characters(build: Callable[[str], Command], bad: str) -> None:
    """No control character gets into a command, wherever it stands."""
    for text in (bad, f"a{bad}", f"{bad}a", f"a{bad}b"):
        with pytest.raises(InvalidCommand) as caught:
            build(text)
        assert text not in str(caught.value)


@pytest.mark.parametrize("build", TEXTUAL)
def test_empty_and_broken_text(build: Callable[[str], Command]) -> None:
    """An empty argument and half a surrogate pair are refused, and nobody sees which they were."""
    for text in ("", "\ud800"):
        with pytest.raises(InvalidCommand):
            build(text)


@settings(deadline=None)
@given(st.text(max_size=300), st.sampled_from(TEXTUAL))
def test_whatever_is_built_is_one_line(text: str, build: Callable[[str], Command]) -> None:
    """Any text gives one line of at most 255 octets with one CRLF at its end, or is refused."""
    try:
        line = build(text).line
    except InvalidCommand:
        return
    assert len(line) <= 255
    assert line.endswith(b"\r\n")
    assert not any(octet < 32 or octet == 127 for octet in line[:-2])


def test_longest_command() -> None:
    """255 octets go, 256 do not."""
    assert len(commands.pass_("x" * 248).line) == 255
    with pytest.raises(InvalidCommand):
        commands.pass_("x" * 249)


def test_auth_plain_initial_response() -> None:
    """The response goes with the command where the line fits 255 octets, and alone where it does not."""
    short = commands.auth_plain("jean", "motdepassé")
    encoded = base64.b64encode("\0jean\0motdepassé".encode())
    assert short.line == b"AUTH PLAIN " + encoded + b"\r\n"
    long = commands.auth_plain("jean", "x" * 200)
    assert long.line == b"AUTH PLAIN\r\n"
    assert long.response == base64.b64encode(b"\0jean\0" + b"x" * 200) + b"\r\n"
    with pytest.raises(InvalidCommand):
        commands.auth_plain("jean", "x" * 12_288)


@pytest.mark.parametrize("build", [commands.retr, commands.dele, lambda number: commands.top(number, 0)])
@pytest.mark.parametrize("number", [0, -1])
def test_message_numbers(build: Callable[[int], Command], number: int) -> None:
    """Message numbers start at 1."""
    with pytest.raises(InvalidCommand):
        build(number)


def test_negative_lines() -> None:
    """TOP takes no negative number of lines."""
    with pytest.raises(InvalidCommand):
        commands.top(1, -1)


def test_commands_are_themselves() -> None:
    """Two of the same command are two: an event says which of them it answers."""
    assert commands.noop() != commands.noop()


@pytest.mark.parametrize(
    "command",
    [
        commands.pass_("sesame"),
        commands.auth_plain("jean", "sesame"),
        commands.apop("jean", "sesame", "<1@x>"),
    ],
    ids=lambda command: command.verb,
)
def test_repr_holds_no_secret(command: Command) -> None:
    """A command's repr is its verb and its message number."""
    assert repr(command) == f"Command(verb={command.verb!r}, number=None)"
