"""The demo's SMTP server: takes mail for the demo's mailboxes, and refuses all other mail with clear words.

It never relays and never pretends to: mail to an outside address gets a permanent refusal, so that whoever
tries the demo sees what a message that could not be delivered looks like. aiosmtpd speaks the protocol.
"""

from __future__ import annotations

import asyncio
from email.utils import formatdate
from typing import TYPE_CHECKING, Any

from aiosmtpd.smtp import SMTP

from courriel_demo.accounts import find_account

if TYPE_CHECKING:
    from aiosmtpd.smtp import Envelope, Session

    from courriel_demo.maildir import Maildrops

SIZE_LIMIT = 25 * 1024 * 1024
"""Largest message in octets, announced by SIZE (RFC 1870)."""


class Delivery:
    """aiosmtpd's handler: decides on recipients, and delivers into their maildrops."""

    def __init__(self, maildrops: Maildrops, domain: str) -> None:
        self._maildrops = maildrops
        self._domain = domain.casefold()

    async def handle_RCPT(  # noqa: N802 - the name and the arguments are aiosmtpd's
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, options: list[str], /
    ) -> str:
        """Answer RCPT TO with 250, or with 550 and the reason (enhanced codes of RFC 3463)."""
        name, _, domain = address.rpartition("@")
        if domain.casefold() != self._domain:
            return f"550 5.7.1 Relaying to {domain or address} is not possible in the demo"
        if find_account(name, self._domain) is None:
            return f"550 5.1.1 There is no mailbox {name} in the demo"
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 2.1.5 OK"

    async def handle_DATA(  # noqa: N802 - the name is aiosmtpd's
        self, _server: SMTP, session: Session, envelope: Envelope, /
    ) -> str:
        """Deliver to every recipient, one copy each, before the answer."""
        message = _trace(session, envelope, self._domain) + (envelope.original_content or b"")
        try:
            await asyncio.to_thread(self._deliver, message, envelope.rcpt_tos)
        except OSError:
            return "451 4.3.0 The message could not be stored; try again"
        return "250 2.0.0 Delivered"

    def _deliver(self, message: bytes, recipients: list[str]) -> None:
        accounts = [find_account(recipient, self._domain) for recipient in recipients]
        for account in dict.fromkeys(account for account in accounts if account):
            self._maildrops.deliver(account.name, message)


def _trace(session: Session, envelope: Envelope, domain: str) -> bytes:
    """Return-Path and Received, which final delivery adds (RFC 5321 section 4.4)."""
    peer: Any = session.peer
    protocol = "UTF8SMTP" if envelope.smtp_utf8 else "ESMTP"
    lines = (
        f"Return-Path: <{envelope.mail_from or ''}>",
        f"Received: from {session.host_name or 'unknown'} ([{peer[0]}])",
        f"\tby {domain} with {protocol}; {formatdate(localtime=True)}",
    )
    return "".join(f"{line}\r\n" for line in lines).encode("utf-8", "replace")


async def serve_smtp(host: str, port: int, maildrops: Maildrops, domain: str) -> asyncio.Server:
    """Listen on `host:port` and return the listening server. Raises OSError where the port is taken."""
    delivery = Delivery(maildrops, domain)
    loop = asyncio.get_running_loop()

    def session() -> SMTP:
        return SMTP(
            delivery,
            hostname=domain,
            ident="Courriel demo",
            data_size_limit=SIZE_LIMIT,
            enable_SMTPUTF8=True,
            loop=loop,
        )

    return await loop.create_server(session, host, port)
