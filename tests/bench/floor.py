"""The floor: the same POP3 work over a bare socket, with every command in as few flights as RFC 2449 allows.

Standard library only. It parses nothing beyond what the next flight needs, keeps nothing, and trusts the
server: it is what no webmail can beat, not a client for anybody. Times are in seconds.
"""

from __future__ import annotations

import base64
import socket
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Sequence

PER_PAGE = 50
"""Messages of a page, as the bench asks the product for them."""
_TIMEOUT_SECONDS = 30.0
_READ_OCTETS = 262_144


class Pop3Floor:
    """A POP3 session, logged in; `count` is how many messages it has listed."""

    def __init__(self, host: str, port: int, user: str, password: str) -> None:
        """Connect and log in: AUTH PLAIN with initial response (RFC 5034), one flight after the greeting."""
        self._socket = socket.create_connection((host, port), timeout=_TIMEOUT_SECONDS)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._unread = b""
        self.count = 0
        self._line()
        plain = base64.b64encode(f"\0{user}\0{password}".encode())
        self._send(b"AUTH PLAIN " + plain)
        self._line()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def list_all(self) -> None:
        """UIDL and LIST of everything, in one flight."""
        self._send(b"UIDL", b"LIST")
        self._lines()
        self.count = self._lines().count(b"\n") - 1  # the last line is the dot

    def headers(self, page: int) -> None:
        """TOP n 0 of a page (from 1, the newest first), in one flight."""
        last = self.count - (page - 1) * PER_PAGE
        numbers = range(last, max(0, last - PER_PAGE), -1)
        self._send(*(b"TOP %d 0" % number for number in numbers))
        for _ in numbers:
            self._lines()

    def retrieve(self, number: int) -> bytes:
        """RETR of one message, as it came."""
        self._send(b"RETR %d" % number)
        return self._lines()

    def delete_and_quit(self, numbers: Sequence[int]) -> None:
        """DELE of each, and QUIT, in one flight; deleted when this returns (RFC 1939 section 6)."""
        self._send(*(b"DELE %d" % number for number in numbers), b"QUIT")
        for _ in range(len(numbers) + 1):
            self._line()

    def _send(self, *commands: bytes) -> None:
        self._socket.sendall(b"\r\n".join(commands) + b"\r\n")

    def _line(self) -> bytes:
        """Return a status line. Raises ConnectionError where it is a refusal."""
        line = self._until(b"\r\n")
        if not line.startswith(b"+OK"):
            raise ConnectionError(f"the mail server refused: {line[:80]!r}")
        return line

    def _lines(self) -> bytes:
        """Return the body of an answer of several lines, its final dot included; none is empty here."""
        self._line()
        return self._until(b"\r\n.\r\n")

    def _until(self, end: bytes) -> bytes:
        """Return what comes up to `end`, included. Raises OSError where the server hangs up."""
        chunks, tail = [self._unread], self._unread
        while end not in tail:
            chunk = self._socket.recv(_READ_OCTETS)
            if not chunk:
                raise ConnectionError("the mail server hung up")
            chunks.append(chunk)
            tail = tail[-len(end) :] + chunk
        answer, _, self._unread = b"".join(chunks).partition(end)
        return answer + end
