"""One POP3 session as a state machine: a command line in, an answer out (RFC 1939, 2449, 5034, 6856).

No sockets and no clock are in it; the files of the maildrop are its only side effect, so a caller on an
event loop runs it in a thread. It refuses STLS (the demo listens on the loopback only), APOP (a clear
password would have to be kept), and anything that would tell why a sign-in failed.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from courriel_demo.maildir import MaildropInUseError, Maildrops, StoredMessage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from courriel_demo.accounts import Account

LINE_LIMIT = 2048
"""Longest command line in octets: RFC 2449 section 4 asks for 255, an AUTH PLAIN response needs more."""

GREETING = b"+OK Courriel demo POP3 server ready\r\n"
_CAPABILITIES = (
    "TOP",
    "UIDL",
    "USER",
    "SASL PLAIN",
    "RESP-CODES",
    "AUTH-RESP-CODE",
    "PIPELINING",
    "UTF8",
    "EXPIRE NEVER",
    "IMPLEMENTATION courriel-demo",
)
_REFUSED = "-ERR [AUTH] Authentication failed."
_NO_SUCH_MESSAGE = "-ERR No such message"
_BAD_ARGUMENTS = "-ERR Wrong arguments"


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back to the client, and whether the connection ends after it."""

    data: bytes
    closes: bool = False


class Pop3Session:
    """A session from greeting to QUIT. `sign_in(user, password)` says which account they open, or None."""

    def __init__(self, maildrops: Maildrops, sign_in: Callable[[str, str], Account | None]) -> None:
        self._maildrops = maildrops
        self._sign_in = sign_in
        self._user: str | None = None
        self._mailbox: str | None = None
        self._awaits_sasl = False
        self._messages: tuple[StoredMessage, ...] = ()
        self._deleted: set[int] = set()
        self._before: dict[str, Callable[[str], str]] = {
            "USER": self._name,
            "PASS": self._pass,
            "AUTH": self._auth,
            "UTF8": lambda argument: _BAD_ARGUMENTS if argument else "+OK UTF8 it is",
        }
        self._after: dict[str, Callable[[str], str | bytes]] = {
            "STAT": self._stat,
            "LIST": self._scan_sizes,
            "UIDL": self._scan_uidls,
            "TOP": self._top,
            "RETR": self._retr,
            "DELE": self._dele,
            "RSET": self._rset,
            "NOOP": lambda _: "+OK",
        }

    def answer(self, line: bytes) -> Answer:
        """Answer one command line, given without its line end."""
        text = line.decode("utf-8", "replace")
        if self._awaits_sasl:
            self._awaits_sasl = False
            return _reply(self._sasl_plain(text))
        verb, _, argument = text.partition(" ")
        verb = verb.upper()
        if verb == "QUIT":
            return self._quit()
        if verb == "CAPA":
            return _reply(_listing("+OK Capability list follows", _CAPABILITIES))
        known = self._before if self._mailbox is None else self._after
        if verb in known:
            # PASS alone takes the rest of the line as it is: a password may have spaces (RFC 1939 section 7).
            return _reply(known[verb](argument if verb == "PASS" else argument.strip()))
        elsewhere = verb in self._after or verb in self._before
        return _reply("-ERR Not in this state" if elsewhere else "-ERR Unknown command")

    def close(self) -> None:
        """Free the maildrop, and delete nothing: the end of a session that did not say QUIT."""
        if self._mailbox is not None:
            self._maildrops.release(self._mailbox)
            self._mailbox = None

    # Before the sign-in

    def _name(self, user: str) -> str:
        if not user:
            return _BAD_ARGUMENTS
        self._user = user
        return "+OK"  # whether or not the user exists

    def _pass(self, password: str) -> str:
        if self._user is None:
            return "-ERR USER first"
        user, self._user = self._user, None
        return self._open(user, password)

    def _auth(self, argument: str) -> str:
        mechanism, *initial = argument.split()
        if mechanism.upper() != "PLAIN" or len(initial) > 1:
            return "-ERR Unknown mechanism"
        if initial:
            return self._sasl_plain("" if initial[0] == "=" else initial[0])
        self._awaits_sasl = True
        return "+ "

    def _sasl_plain(self, response: str) -> str:
        """RFC 4616: base64 of [authzid] NUL authcid NUL password; `*` gives up."""
        if response == "*":
            return "-ERR Cancelled"
        try:
            authzid, authcid, password = base64.b64decode(response, validate=True).decode().split("\0")
        except (binascii.Error, ValueError):
            return "-ERR Malformed response"
        return self._open(authcid, password) if authzid in {"", authcid} else _REFUSED

    def _open(self, user: str, password: str) -> str:
        account = self._sign_in(user, password)
        if account is None:
            return _REFUSED
        try:
            self._messages = self._maildrops.take(account.name)
        except MaildropInUseError:
            return "-ERR [IN-USE] Another session holds this maildrop"
        except OSError:
            return "-ERR [SYS/TEMP] The maildrop cannot be read"
        self._mailbox = account.name
        return f"+OK {len(self._messages)} messages"

    # After it

    def _kept(self) -> list[tuple[int, StoredMessage]]:
        return [(n, m) for n, m in enumerate(self._messages, 1) if n not in self._deleted]

    def _find(self, number: str) -> StoredMessage | None:
        if not (number.isascii() and number.isdigit() and len(number) < len("1000000000")):
            return None
        index = int(number)
        return (
            self._messages[index - 1]
            if 0 < index <= len(self._messages) and index not in self._deleted
            else None
        )

    def _stat(self, _: str) -> str:
        kept = self._kept()
        return f"+OK {len(kept)} {sum(message.octets for _, message in kept)}"

    def _scan_sizes(self, argument: str) -> str | bytes:
        return self._scan(argument, lambda message: str(message.octets))

    def _scan_uidls(self, argument: str) -> str | bytes:
        return self._scan(argument, lambda message: message.uidl)

    def _scan(self, argument: str, tell: Callable[[StoredMessage], str]) -> str | bytes:
        if not argument:
            return _listing("+OK", (f"{n} {tell(message)}" for n, message in self._kept()))
        message = self._find(argument)
        return f"+OK {int(argument)} {tell(message)}" if message else _NO_SUCH_MESSAGE

    def _top(self, argument: str) -> str | bytes:
        number, _, count = argument.partition(" ")
        if not (count.isascii() and count.isdigit()):
            return _BAD_ARGUMENTS
        return self._send(number, lambda content: _first_lines(content, int(count[:9])))

    def _retr(self, argument: str) -> str | bytes:
        return self._send(argument, lambda content: content)

    def _send(self, number: str, choose: Callable[[bytes], bytes]) -> str | bytes:
        message = self._find(number)
        if message is None:
            return _NO_SUCH_MESSAGE
        try:
            content = message.read()
        except OSError:
            return "-ERR [SYS/TEMP] The message cannot be read"
        return b"+OK %d octets\r\n" % message.octets + _stuffed(choose(content)) + b".\r\n"

    def _dele(self, argument: str) -> str:
        if self._find(argument) is None:
            return _NO_SUCH_MESSAGE
        self._deleted.add(int(argument))
        return "+OK"

    def _rset(self, _: str) -> str:
        self._deleted.clear()
        return f"+OK {len(self._messages)} messages"

    def _quit(self) -> Answer:
        """QUIT after a sign-in is what deletes (RFC 1939 section 6, the UPDATE state)."""
        kept = 0
        for number in self._deleted:
            try:
                with contextlib.suppress(FileNotFoundError):
                    self._messages[number - 1].path.unlink()
            except OSError:
                kept += 1
        self.close()
        said = f"-ERR [SYS/TEMP] {kept} deleted messages are still there" if kept else "+OK Goodbye"
        return Answer(said.encode() + b"\r\n", closes=True)


def _reply(said: str | bytes) -> Answer:
    return Answer(said if isinstance(said, bytes) else said.encode() + b"\r\n")


def _listing(first: str, lines: Iterable[str]) -> bytes:
    return "".join(f"{line}\r\n" for line in (first, *lines, ".")).encode()


def _stuffed(content: bytes) -> bytes:
    """Double a dot that begins a line (RFC 1939 section 3); the content ends with CRLF already."""
    dotted = content.replace(b"\r\n.", b"\r\n..")
    return b"." + dotted if dotted.startswith(b".") else dotted


def _first_lines(content: bytes, count: int) -> bytes:
    """Headers, the empty line, and `count` lines of the body (RFC 1939 section 7, TOP)."""
    headers, separator, body = content.partition(b"\r\n\r\n")
    return headers + separator + b"".join(body.splitlines(keepends=True)[:count])
