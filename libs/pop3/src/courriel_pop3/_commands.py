"""Commands as the octets that go on the wire, checked before they get there.

A `Command` is built only by the functions below. Each refuses control characters (a CR or LF in a user name
would be a second command), lines over 255 octets (RFC 2449 §4) and message numbers that are none, with
`InvalidCommand`. A command's repr shows the verb and the message number, never the line.
"""

import base64
import hashlib
import re
from dataclasses import dataclass, field
from enum import Enum, auto

from courriel_pop3._errors import InvalidCommand
from courriel_pop3._forwarding import parse_address

MAX_COMMAND_OCTETS = 255
MAX_SASL_OCTETS = 12_288
_CONTROL = re.compile(rb"[\x00-\x1f\x7f]")


class Reply(Enum):
    """What follows a command's +OK: nothing (`LINE`), or lines up to a lone dot, of this kind."""

    LINE = auto()
    CAPABILITIES = auto()
    LISTING = auto()
    TOP = auto()
    MESSAGE = auto()


@dataclass(frozen=True, slots=True, eq=False)
class Command:
    """One command. Two commands are never equal: events name the very command they answer."""

    verb: str
    line: bytes = field(repr=False)
    reply: Reply = field(default=Reply.LINE, repr=False)
    number: int | None = None
    alone: bool = field(default=False, repr=False)
    """Sent when nothing is in flight, and nothing is sent behind it: what follows depends on its answer."""
    response: bytes | None = field(default=None, repr=False)
    """What answers the server's SASL challenge, with its CRLF."""
    secrets: tuple[str, ...] = field(default=(), repr=False)
    """What a server's text must not be allowed to echo."""


def _line(verb: str, *arguments: bytes) -> bytes:
    line = b" ".join((verb.encode("ascii"), *arguments))
    if _CONTROL.search(line):
        raise InvalidCommand(f"{verb}: control characters cannot be sent")
    if len(line) + 2 > MAX_COMMAND_OCTETS:
        raise InvalidCommand(f"{verb}: the command is over {MAX_COMMAND_OCTETS} octets")
    return line + b"\r\n"


def _octets(verb: str, text: str) -> bytes:
    try:
        octets = text.encode("utf-8")
    except UnicodeEncodeError:
        raise InvalidCommand(f"{verb}: the argument is no valid Unicode text") from None
    if not octets:
        raise InvalidCommand(f"{verb}: the argument is empty")
    return octets


def _numbered(verb: str, number: int, reply: Reply = Reply.LINE, *more: bytes) -> Command:
    if number < 1:
        raise InvalidCommand(f"{verb}: message numbers start at 1, got {number}")
    return Command(verb, _line(verb, b"%d" % number, *more), reply, number)


def capa() -> Command:
    """CAPA (RFC 2449 §5)."""
    return Command("CAPA", _line("CAPA"), Reply.CAPABILITIES)


def stls() -> Command:
    """STLS (RFC 2595 §4)."""
    return Command("STLS", _line("STLS"), alone=True)


def utf8() -> Command:
    """UTF8 (RFC 6856 §2.1)."""
    return Command("UTF8", _line("UTF8"), alone=True)


def xclient(address: str) -> Command:
    """XCLIENT (an extension of Dovecot's): the address of the person whom the session is for."""
    return Command("XCLIENT", _line("XCLIENT", b"ADDR=" + str(parse_address(address)).encode()), alone=True)


def user(name: str) -> Command:
    """USER (RFC 1939 §7), the name in UTF-8."""
    return Command("USER", _line("USER", _octets("USER", name)), alone=True)


def pass_(password: str) -> Command:
    """PASS (RFC 1939 §7), the password in UTF-8."""
    return Command("PASS", _line("PASS", _octets("PASS", password)), alone=True, secrets=(password,))


def apop(name: str, password: str, timestamp: str) -> Command:
    """APOP (RFC 1939 §7): the digest of the banner's timestamp and the password."""
    shared = timestamp.encode("ascii") + _octets("APOP", password)
    # the protocol says MD5; the flag only keeps it working on hosts that ban MD5 elsewhere
    digest = hashlib.md5(shared, usedforsecurity=False).hexdigest()
    line = _line("APOP", _octets("APOP", name), digest.encode("ascii"))
    return Command("APOP", line, alone=True, secrets=(password, digest))


def auth_plain(name: str, password: str) -> Command:
    """AUTH PLAIN (RFC 4616, RFC 5034 §4), with its initial response where the line then fits 255 octets.

    A server that asks all the same gets the response as its continuation, at most 12,288 octets long.
    """
    credentials = (_octets("AUTH", name), _octets("AUTH", password))
    if any(_CONTROL.search(octets) for octets in credentials):
        raise InvalidCommand("AUTH: control characters cannot be sent")
    encoded = base64.b64encode(b"\0" + b"\0".join(credentials))
    response = encoded + b"\r\n"
    if len(response) > MAX_SASL_OCTETS:
        raise InvalidCommand(f"AUTH: the response is over {MAX_SASL_OCTETS} octets")
    try:
        line = _line("AUTH", b"PLAIN", encoded)
    except InvalidCommand:
        line = _line("AUTH", b"PLAIN")
    secrets = (password, encoded.decode("ascii"))
    return Command("AUTH", line, alone=True, response=response, secrets=secrets)


def stat() -> Command:
    """STAT (RFC 1939 §5)."""
    return Command("STAT", _line("STAT"))


def list_() -> Command:
    """LIST of the whole maildrop (RFC 1939 §5)."""
    return Command("LIST", _line("LIST"), Reply.LISTING)


def uidl() -> Command:
    """UIDL of the whole maildrop (RFC 1939 §7)."""
    return Command("UIDL", _line("UIDL"), Reply.LISTING)


def top(number: int, lines: int) -> Command:
    """TOP (RFC 1939 §7): the header and that many lines of the body."""
    if lines < 0:
        raise InvalidCommand(f"TOP: the number of lines cannot be negative, got {lines}")
    return _numbered("TOP", number, Reply.TOP, b"%d" % lines)


def retr(number: int) -> Command:
    """RETR (RFC 1939 §5)."""
    return _numbered("RETR", number, Reply.MESSAGE)


def dele(number: int) -> Command:
    """DELE (RFC 1939 §5)."""
    return _numbered("DELE", number)


def rset() -> Command:
    """RSET (RFC 1939 §5)."""
    return Command("RSET", _line("RSET"))


def noop() -> Command:
    """NOOP (RFC 1939 §5)."""
    return Command("NOOP", _line("NOOP"))


def quit_() -> Command:
    """QUIT (RFC 1939 §6): the last command; only its +OK says that deletions were carried out."""
    return Command("QUIT", _line("QUIT"))
