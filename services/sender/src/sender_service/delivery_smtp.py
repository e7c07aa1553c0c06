"""Delivery to an SMTP relay with aiosmtplib: one transaction a message, connections reused between messages.

What is about a recipient is that recipient's outcome; what is about the connection (greeting, TLS, our own
credential, the network) is temporary for all, since it is ours to repair. It never retries a transaction in
which anything was asked, except on a kept connection that turns out to be dead at MAIL.
"""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass

import aiosmtplib
from aiosmtplib import SMTP, SMTPException, SMTPResponse, SMTPServerDisconnected

from courriel_message import canonical, needs_smtputf8
from sender_service.delivery import Delivered, Envelope, Outcome, Permanent, Temporary, plain_words
from sender_service.relay_server import RelayServer, Tls

CONNECT_SECONDS = 15.0
REPLY_SECONDS = 300.0
"""RFC 5321 section 4.5.3.2 asks for 5 minutes for most replies …"""
DATA_SECONDS = 600.0
"""… and 10 for the one that ends DATA: a relay may be scanning."""
IDLE_SECONDS = 30.0
MESSAGES_A_CONNECTION = 100
CLOSING = 421
PERMANENT = 500
"""RFC 5321 section 4.2.1: a reply that starts with 5 is final."""
_SUCCESS = range(200, 300)


@dataclass(slots=True)
class _Connection:
    smtp: SMTP
    messages: int = 0
    idle_since: float = 0.0


class _Stale(Exception):
    """A kept connection is dead; nothing of this message was asked on it."""


class _Refused(Exception):
    """A reply that ends the transaction for every recipient without an outcome yet."""

    def __init__(self, reply: SMTPResponse) -> None:
        super().__init__(reply.code)
        self.reply = reply


class SmtpRelay:
    """Implements `sender_service.delivery.Relay`. Belongs to one event loop."""

    def __init__(self, server: RelayServer, *, hostname: str) -> None:
        """`hostname` is how we introduce ourselves (EHLO)."""
        self._server = server
        self._hostname = hostname
        self._idle: list[_Connection] = []

    async def aclose(self) -> None:
        """End the kept connections."""
        while self._idle:
            await _part(self._idle.pop())

    async def deliver(self, envelope: Envelope, message: bytes) -> Mapping[str, Outcome]:
        """See `Relay.deliver`."""
        outcomes: dict[str, Outcome] = {}
        try:
            while True:
                connection = await self._kept() or await self._connect()
                try:
                    await self._transact(connection, envelope, message, outcomes)
                    break
                except _Stale:
                    continue
        except _Refused as refused:
            _fill(outcomes, envelope, _outcome(refused.reply))
        except (SMTPException, OSError, TimeoutError, ValueError) as error:
            _fill(outcomes, envelope, Temporary(_describe(error)))
        return outcomes

    async def _kept(self) -> _Connection | None:
        while self._idle:
            connection = self._idle.pop()
            if connection.smtp.is_connected and time.monotonic() - connection.idle_since < IDLE_SECONDS:
                return connection
            await _part(connection)
        return None

    async def _connect(self) -> _Connection:
        server = self._server
        smtp = SMTP(
            hostname=server.host,
            port=server.port,
            use_tls=server.tls is Tls.IMPLICIT,
            start_tls={Tls.STARTTLS: True, Tls.LOOPBACK: None}.get(server.tls, False),
            tls_context=None if server.tls is Tls.NONE else server.tls_context,
            local_hostname=self._hostname,
            timeout=CONNECT_SECONDS,
        )
        try:
            await smtp.connect()
            await smtp.ehlo()
            if server.username:
                await smtp.login(server.username, server.password)
        except BaseException:
            smtp.close()
            raise
        smtp.timeout = REPLY_SECONDS
        return _Connection(smtp)

    async def _transact(
        self, connection: _Connection, envelope: Envelope, message: bytes, outcomes: dict[str, Outcome]
    ) -> None:
        """Send one message; write what is known into `outcomes` as it becomes known.

        Raises _Stale, or _Refused for what concerns the whole message. Only a clean connection is kept.
        """
        smtp = connection.smtp
        was_kept = connection.messages > 0
        connection.messages += 1
        clean = False
        try:
            await _mail(smtp, envelope, message, was_kept=was_kept)
            accepted = await _recipients(smtp, envelope, outcomes)
            if accepted:
                try:
                    reply = await smtp.data(message, timeout=DATA_SECONDS)
                except aiosmtplib.SMTPDataError as error:
                    raise _Refused(SMTPResponse(error.code, error.message)) from None
                outcomes.update(dict.fromkeys(accepted, Delivered(_words(reply))))
                clean = True
            else:
                clean = await _reset(smtp)
        except _Refused as refused:
            clean = refused.reply.code != CLOSING and await _reset(smtp)
            raise
        finally:
            self._keep(connection, clean=clean)

    def _keep(self, connection: _Connection, *, clean: bool) -> None:
        if clean and connection.smtp.is_connected and connection.messages < MESSAGES_A_CONNECTION:
            connection.idle_since = time.monotonic()
            self._idle.append(connection)
        else:
            connection.smtp.close()


async def _mail(smtp: SMTP, envelope: Envelope, message: bytes, *, was_kept: bool) -> None:
    """MAIL FROM with its options. Raises _Refused, or _Stale where a kept connection is no longer served."""
    arguments = [f"FROM:<{canonical(envelope.sender)}>", *_mail_options(smtp, envelope, message)]
    try:
        reply = await smtp.execute_command(b"MAIL", *(argument.encode() for argument in arguments))
    except (SMTPServerDisconnected, OSError):
        if was_kept:
            raise _Stale from None
        raise
    if reply.code == CLOSING and was_kept:
        raise _Stale
    if reply.code not in _SUCCESS:
        raise _Refused(reply)


def _mail_options(smtp: SMTP, envelope: Envelope, message: bytes) -> list[str]:
    """Use what the relay offers: SIZE (RFC 1870), 8BITMIME (RFC 6152), SMTPUTF8 (RFC 6531).

    Raises _Refused.
    """
    options = []
    if smtp.supports_extension("size"):
        limit = smtp.esmtp_extensions.get("size", "")
        if limit.isdigit() and 0 < int(limit) < len(message):
            raise _Refused(SMTPResponse(552, f"5.3.4 The relay takes at most {limit} octets"))
        options.append(f"SIZE={len(message)}")
    if not message.isascii():
        # RFC 6152 section 3: without it, 8-bit content is converted or refused. A conversion would change a
        # message that is resent as it is.
        if not smtp.supports_extension("8bitmime"):
            raise _Refused(SMTPResponse(554, "5.6.3 The relay takes no 8-bit content"))
        options.append("BODY=8BITMIME")
    if any(map(needs_smtputf8, (envelope.sender, *envelope.recipients))):
        if not smtp.supports_extension("smtputf8"):
            raise _Refused(SMTPResponse(553, "5.6.7 The relay takes no international addresses"))
        options.append("SMTPUTF8")
    return options


async def _recipients(smtp: SMTP, envelope: Envelope, outcomes: dict[str, Outcome]) -> list[str]:
    """RCPT TO for each; return those accepted, note the others' outcomes. Raises _Refused at 421."""
    accepted = []
    for recipient in envelope.recipients:
        reply = await smtp.execute_command(b"RCPT", f"TO:<{canonical(recipient)}>".encode())
        if reply.code == CLOSING:
            raise _Refused(reply)
        if reply.code not in _SUCCESS:
            outcomes[recipient] = _outcome(reply)
        else:
            accepted.append(recipient)
    return accepted


async def _reset(smtp: SMTP) -> bool:
    """Bring the connection back to where a message may begin; say whether that worked."""
    try:
        await smtp.rset()
    except (SMTPException, OSError, TimeoutError):
        return False
    return True


async def _part(connection: _Connection) -> None:
    """Say QUIT where somebody listens, and close."""
    try:
        if connection.smtp.is_connected:
            async with asyncio.timeout(1.0):
                await connection.smtp.quit()
    except (SMTPException, OSError, TimeoutError):
        pass
    finally:
        connection.smtp.close()


def _fill(outcomes: dict[str, Outcome], envelope: Envelope, outcome: Outcome) -> None:
    """Give `outcome` to every recipient that has none: what the relay said of one before stays true."""
    for recipient in envelope.recipients:
        outcomes.setdefault(recipient, outcome)


def _outcome(reply: SMTPResponse) -> Outcome:
    words = _words(reply)
    return Permanent(words) if reply.code >= PERMANENT else Temporary(words)


def _words(reply: SMTPResponse) -> str:
    return plain_words(f"{reply.code} {reply.message}")


def _describe(error: Exception) -> str:
    """Say what failed before or between replies: a server's words, or the kind of failure only."""
    if isinstance(error, aiosmtplib.SMTPAuthenticationError):
        return "the relay refused our service account"
    if isinstance(error, aiosmtplib.SMTPResponseException):
        return _words(SMTPResponse(error.code, error.message))
    if isinstance(error, TimeoutError):
        return "the relay did not answer in time"
    if isinstance(error, OSError):
        return "the relay cannot be reached"
    return "the relay cannot be used: " + plain_words(type(error).__name__)
