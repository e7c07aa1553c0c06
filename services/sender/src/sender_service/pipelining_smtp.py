"""Several SMTP commands in one flight (RFC 2920), on a connection of aiosmtplib, which sends one at a time.

While the replies come, the connection belongs to a small reader of its own; before and after, to aiosmtplib.
Only for commands that RFC 2920 section 3.1 lets stand in a group.
"""

import asyncio
from collections.abc import Sequence

from aiosmtplib import SMTPResponse, SMTPServerDisconnected
from aiosmtplib.protocol import SMTPProtocol

MAX_REPLY_OCTETS = 32 * 1024
CODE_DIGITS = 3


class BadReply(SMTPServerDisconnected):
    """What the server said is no reply of RFC 5321 section 4.2, or is too long: it is not to be trusted."""


class _Reader(asyncio.Protocol):
    """Collects replies; what else happens to the connection is passed on to its owner."""

    def __init__(self, owner: SMTPProtocol) -> None:
        self._owner = owner
        self._unread = bytearray()
        self._code = b""
        self._lines: list[str] = []
        self._replies: asyncio.Queue[SMTPResponse | Exception] = asyncio.Queue()

    async def next(self) -> SMTPResponse:
        """Return the next reply. Raises SMTPServerDisconnected."""
        reply = await self._replies.get()
        if isinstance(reply, Exception):
            raise reply
        return reply

    def data_received(self, data: bytes) -> None:
        self._unread += data
        while (end := self._unread.find(b"\n")) >= 0:
            line = bytes(self._unread[:end]).strip(b"\r")
            del self._unread[: end + 1]
            self._read(line)
        if len(self._unread) > MAX_REPLY_OCTETS:
            self._replies.put_nowait(BadReply("a line is too long"))

    def _read(self, line: bytes) -> None:
        """Take one line; all lines of a reply have its code (RFC 5321 section 4.2.1)."""
        code = line[:CODE_DIGITS]
        if len(code) < CODE_DIGITS or not code.isdigit() or code != (self._code or code):
            self._replies.put_nowait(BadReply("not a reply"))
            return
        self._code = code
        self._lines.append(line[CODE_DIGITS + 1 :].decode("utf-8", "surrogateescape").strip())
        if sum(map(len, self._lines)) > MAX_REPLY_OCTETS:
            self._replies.put_nowait(BadReply("a reply is too long"))
        if line[CODE_DIGITS : CODE_DIGITS + 1] != b"-":
            self._replies.put_nowait(SMTPResponse(int(code), "\n".join(self._lines)))
            self._code, self._lines = b"", []

    def eof_received(self) -> bool:
        self._replies.put_nowait(SMTPServerDisconnected("the connection ended"))
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        self._replies.put_nowait(SMTPServerDisconnected("the connection was lost"))
        self._owner.connection_lost(exc)

    def pause_writing(self) -> None:
        self._owner.pause_writing()

    def resume_writing(self) -> None:
        self._owner.resume_writing()


async def pipeline(
    protocol: SMTPProtocol, commands: Sequence[bytes], *, timeout_seconds: float
) -> list[SMTPResponse]:
    """Send `commands` (without line ends) at once; return a reply for each.

    Raises ValueError where a command has a control character, SMTPServerDisconnected, TimeoutError.
    """
    if any(octet < 0x20 or octet == 0x7F for command in commands for octet in command):  # noqa: PLR2004 — controls
        raise ValueError("a control character in a command")
    transport = protocol.transport
    if not isinstance(transport, asyncio.Transport) or transport.is_closing():
        raise SMTPServerDisconnected("the connection was lost")
    reader = _Reader(protocol)
    transport.set_protocol(reader)
    try:
        transport.write(b"".join(command + b"\r\n" for command in commands))
        async with asyncio.timeout(timeout_seconds):
            return [await reader.next() for _ in commands]
    except BaseException:
        transport.abort()
        raise
    finally:
        transport.set_protocol(protocol)
