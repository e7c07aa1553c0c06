"""The mail servers as the rest of the world sees them: a message sent in by SMTP, a maildrop read by POP3.

Standard library only, so that nothing of the product takes part in checking it.
"""

import email
import email.policy
import poplib
import smtplib
from email.message import EmailMessage

from tests.integration.stack import DOMAIN, Stack
from tests.integration.waiting import eventually


def send_in(stack: Stack, message: EmailMessage) -> None:
    """Hand ``message`` to Postfix, as another organisation's server would."""
    host, port = stack.address("postfix")
    with smtplib.SMTP(host, port, timeout=30) as smtp:
        smtp.starttls(context=stack.trust())
        smtp.send_message(message)


def maildrop(stack: Stack, person: str) -> list[EmailMessage]:
    """Read everything in the maildrop, waiting while another POP3 session holds it."""
    octets = eventually(f"{person}'s maildrop is free", lambda: _read(stack, person))
    return [_parsed(each) for each in octets[1:]]


def arrived(stack: Stack, person: str, subject: str) -> EmailMessage:
    """Wait until a message of this subject is in the maildrop, and return it."""

    def look() -> EmailMessage | None:
        return next((each for each in maildrop(stack, person) if each["Subject"] == subject), None)

    return eventually(f"{subject!r} arrives at {person}", look)


def letter(sender: str, recipient: str, subject: str, text: str) -> EmailMessage:
    """Write a message between two people of the domain."""
    message = EmailMessage()
    message["From"] = f"{sender}@{DOMAIN}"
    message["To"] = f"{recipient}@{DOMAIN}"
    message["Subject"] = subject
    message.set_content(text)
    return message


def _read(stack: Stack, person: str) -> list[bytes] | None:
    """Return [b"", message, …]; None where the maildrop is in use (RFC 2449 section 8.1.2)."""
    host, port = stack.address("dovecot")
    pop = poplib.POP3(host, port, timeout=30)
    try:
        pop.stls(context=stack.trust())
        pop.user(person)
        pop.pass_(stack.passwords[person])
        count, _ = pop.stat()
        return [b"", *(b"\r\n".join(pop.retr(number)[1]) for number in range(1, count + 1))]
    except poplib.error_proto as refusal:
        if b"[IN-USE]" in refusal.args[0]:
            return None
        raise
    finally:
        pop.quit() if pop.sock else None


def _parsed(octets: bytes) -> EmailMessage:
    return email.message_from_bytes(octets, EmailMessage, policy=email.policy.default)
