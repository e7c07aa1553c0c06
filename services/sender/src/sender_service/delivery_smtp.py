"""Delivery to an SMTP relay with aiosmtplib: one transaction a message, connections reused between messages.

What is about a recipient is that recipient's outcome. What is about the connection (greeting, TLS, our own
credential, the network) is ours to repair: before DATA it is RelayAway, so that another relay may be asked;
from DATA on it is temporary for all, since the relay may have taken the message.
"""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass

import aiosmtplib
from aiosmtplib import SMTP, SMTPException, SMTPResponse

from courriel_message import canonical, is_address, needs_smtputf8
from sender_service.delivery import (
    NULL_PATH,
    Delivered,
    Envelope,
    Outcome,
    Permanent,
    RelayAway,
    Temporary,
    plain_words,
)
from sender_service.pipelining_smtp import pipeline
from sender_service.relay_server import RelayServer, Tls

CONNECT_SECONDS = 15.0
REPLY_SECONDS = 300.0
"""RFC 5321 section 4.5.3.2 asks for 5 minutes for most replies, and 10 for the one that ends DATA."""
DATA_TIMES = 2
IDLE_SECONDS = 30.0
MESSAGES_A_CONNECTION = 100
CLOSING = 421
PERMANENT = 500
"""RFC 5321 section 4.2.1: a reply that starts with 5 is final."""
FULL_RETURN_OCTETS = 256 * 1024
"""A message of as many octets is asked back whole, should it fail further on; of a larger one its header."""
_SUCCESS = range(200, 300)


@dataclass(slots=True)
class _Connection:
    smtp: SMTP
    messages: int = 0
    idle_since: float = 0.0


class _Gone(Exception):
    """The server closes, or the connection is dead, before anything of this message was sent."""


class _Refused(Exception):
    """A reply that ends the transaction for every recipient without an outcome yet."""

    def __init__(self, reply: SMTPResponse) -> None:
        super().__init__(reply.code)
        self.reply = reply


class SmtpRelay:
    """Implements `sender_service.delivery.Relay`, but raises RelayAway. Belongs to one event loop."""

    def __init__(
        self,
        server: RelayServer,
        *,
        hostname: str,
        connections: int = 8,
        reply_seconds: float = REPLY_SECONDS,
    ) -> None:
        """`hostname` is how we introduce ourselves (EHLO); more than `connections` are never open.

        A command is answered within `reply_seconds`, a message within twice as many.
        """
        self._server = server
        self._hostname = hostname
        self._idle: list[_Connection] = []
        self._reply_seconds = reply_seconds
        self._slots = asyncio.Semaphore(connections)

    async def aclose(self) -> None:
        """End the kept connections."""
        while self._idle:
            await _part(self._idle.pop())

    async def deliver(self, envelope: Envelope, message: bytes) -> Mapping[str, Outcome]:
        """See `Relay.deliver`. Raises RelayAway."""
        bad = [each for each in envelope.recipients if not is_address(each)]
        if bad or not (is_address(envelope.sender) or envelope.sender == NULL_PATH):
            return dict.fromkeys(envelope.recipients, Permanent("an address cannot be written"))
        outcomes: dict[str, Outcome] = {}
        async with self._slots:
            while True:
                connection = await self._kept()
                is_fresh = connection is None
                connection = connection or await self._connect()
                try:
                    await self._transact(connection, envelope, message, outcomes)
                except _Gone as gone:
                    if is_fresh:
                        raise RelayAway(str(gone)) from None
                else:
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
        except (SMTPException, OSError, TimeoutError, ValueError) as error:
            smtp.close()
            raise RelayAway(_describe(error)) from None
        except BaseException:
            smtp.close()
            raise
        smtp.timeout = self._reply_seconds
        return _Connection(smtp)

    async def _transact(
        self, connection: _Connection, envelope: Envelope, message: bytes, outcomes: dict[str, Outcome]
    ) -> None:
        """Send one message; write an outcome for every recipient, or raise _Gone. Keep a clean connection."""
        smtp = connection.smtp
        connection.messages += 1
        clean = False
        try:
            accepted = await _begin(smtp, envelope, message, outcomes)
            if accepted:
                outcomes.update(dict.fromkeys(accepted, Delivered(_words(await _data(smtp, message)))))
                clean = True
            else:
                clean = await _reset(smtp)
        except _Refused as refused:
            _fill(outcomes, envelope, _outcome(refused.reply))
            clean = refused.reply.code != CLOSING and await _reset(smtp)
        except (SMTPException, OSError, TimeoutError) as error:
            _fill(outcomes, envelope, Temporary(_describe(error)))
        finally:
            self._keep(connection, clean=clean)

    def _keep(self, connection: _Connection, *, clean: bool) -> None:
        if clean and connection.smtp.is_connected and connection.messages < MESSAGES_A_CONNECTION:
            connection.idle_since = time.monotonic()
            self._idle.append(connection)
        else:
            connection.smtp.close()


async def _begin(smtp: SMTP, envelope: Envelope, message: bytes, outcomes: dict[str, Outcome]) -> list[str]:
    """MAIL, and RCPT for each; return those accepted, note the others' outcomes. Raises _Refused, _Gone."""
    mail = " ".join(["MAIL", f"FROM:<{canonical(envelope.sender)}>", *_mail_options(smtp, envelope, message)])
    notify = _notify(smtp, envelope)
    recipients = (f"RCPT TO:<{canonical(each)}>{notify}" for each in envelope.recipients)
    commands = [command.encode() for command in (mail, *recipients)]
    try:
        replies = await _ask(smtp, commands)
    except (SMTPException, OSError, TimeoutError) as error:
        raise _Gone(_describe(error)) from None
    if closing := [reply for reply in replies if reply.code == CLOSING]:
        raise _Gone(_words(closing[0]))
    if replies[0].code not in _SUCCESS:
        raise _Refused(replies[0])
    accepted = []
    for recipient, reply in zip(envelope.recipients, replies[1:], strict=True):
        if reply.code in _SUCCESS:
            accepted.append(recipient)
        else:
            outcomes[recipient] = _outcome(reply)
    return accepted


async def _ask(smtp: SMTP, commands: list[bytes]) -> list[SMTPResponse]:
    """Send commands in one flight where the server offers it, else one by one until one is the last."""
    if smtp.protocol is not None and smtp.supports_extension("pipelining"):
        return await pipeline(smtp.protocol, commands, timeout_seconds=smtp.timeout or REPLY_SECONDS)
    replies = []
    for command in commands:
        replies.append(await smtp.execute_command(command))
        if replies[0].code not in _SUCCESS or replies[-1].code == CLOSING:
            break
    return replies


async def _data(smtp: SMTP, message: bytes) -> SMTPResponse:
    """Send DATA and the message. Raises _Refused."""
    try:
        return await smtp.data(message, timeout=DATA_TIMES * (smtp.timeout or REPLY_SECONDS))
    except aiosmtplib.SMTPDataError as error:
        raise _Refused(SMTPResponse(error.code, error.message)) from None


def _mail_options(smtp: SMTP, envelope: Envelope, message: bytes) -> list[str]:
    """Use what the relay offers: SIZE (RFC 1870), 8BITMIME (RFC 6152), SMTPUTF8 (RFC 6531), DSN (RFC 3461).

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
    if smtp.supports_extension("dsn"):
        options.append("RET=FULL" if len(message) <= FULL_RETURN_OCTETS else "RET=HDRS")
    return options


def _notify(smtp: SMTP, envelope: Envelope) -> str:
    """Return what RCPT asks by RFC 3461, where the relay offers it; nothing leaves it as RFC 5321 has it."""
    if not smtp.supports_extension("dsn"):
        return ""
    if envelope.sender == NULL_PATH:
        return " NOTIFY=NEVER"
    return " NOTIFY=SUCCESS,FAILURE,DELAY" if envelope.notify_success else ""


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
