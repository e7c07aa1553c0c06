"""The report that tells a sender who was not reached: in French and English, and to programs by RFC 3464.

There is no Sent folder, so it brings the message back. It opens nothing and sends nothing.
"""

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime

from courriel_message import Address, FailedRecipient, NonDelivery, build_report
from sender_service.delivery import plain_words
from sender_service.letter import Letter, Recipient

SUBJECT_CHARACTERS = 300
CONTENT_LOST = "the stored message cannot be read"
HOUR = 3600
_REPLY = re.compile(r"[2-5]\d\d(?: ([245]\.\d{1,3}\.\d{1,3})\b)?")
_FRENCH = {CONTENT_LOST: "le message conservé ne peut pas être lu"}

_TEXT = """\
Votre message n’a pas pu être remis à{nbsp}:

{french}
Il n’y aura pas d’autre essai. Les destinataires qui ne sont pas nommés ici ne sont pas concernés.
Le message est joint (son en-tête seul, s’il est volumineux).

Objet{nbsp}: {subject}

--------------------------------------------------------------------

Your message could not be delivered to:

{english}
It will not be tried again. Recipients who are not named here are not concerned.
The message is attached (its header only, if it is large).

Subject: {subject}
"""


@dataclass(frozen=True, slots=True)
class Reporter:
    """Who reports: the domain of From and Message-ID."""

    domain: str

    def write(self, letter: Letter, message: bytes | None, *, arrival: datetime, now: datetime) -> bytes:
        """Return the report about those of whom the sender was not told; `message` None where it is lost.

        A report that is written again about the same recipients has the same Message-ID.
        """
        failed = letter.unreported()
        subject = plain_words(letter.subject)[:SUBJECT_CHARACTERS]
        told = "\n".join((letter.message_id, *(each.address for each in failed)))
        digest = hashlib.sha256(told.encode()).hexdigest()[:32]
        return build_report(
            NonDelivery(
                from_=Address("Courriel léger", f"mailer-daemon@{self.domain}"),
                to=Address("", letter.sender),
                subject=f"Message non remis (undelivered)\u00a0: {subject}",
                text=_text(failed, subject),
                message_id=f"<report.{digest}@{self.domain}>",
                date=now,
                about=letter.message_id,
                arrival=arrival,
                reporter=self.domain,
                failures=tuple(FailedRecipient(each.address, *_status(each)) for each in failed),
                original=message,
            )
        )


def _status(recipient: Recipient) -> tuple[str, str]:
    """Return status (RFC 3463) and diagnostic: the server's where it gave some, else what is known."""
    reply = _REPLY.match(recipient.detail)
    if reply is None:
        return ("4.4.7" if recipient.tried_seconds else "5.0.0"), ""
    return reply[1] or f"{recipient.detail[0]}.0.0", recipient.detail


def _text(failed: tuple[Recipient, ...], subject: str) -> str:
    return _TEXT.format(
        french="".join(f"  {each.address}\n    {_french(each)}\n" for each in failed),
        english="".join(f"  {each.address}\n    {_english(each)}\n" for each in failed),
        subject=subject or "—",
        nbsp="\u00a0",
    )


def _french(recipient: Recipient) -> str:
    said = _REPLY.match(recipient.detail) is not None
    if recipient.tried_seconds:
        tried = f"Tous les essais ont échoué pendant {_duration(recipient.tried_seconds, 'heure', 'minute')}"
        if said:
            return f"{tried}. Dernière réponse du serveur de messagerie\u00a0: {recipient.detail}"
        return f"{tried}\u00a0: le serveur de messagerie n’a pas pu être joint."
    if said:
        return f"Réponse du serveur de messagerie\u00a0: {recipient.detail}"
    return f"Motif\u00a0: {_FRENCH.get(recipient.detail, recipient.detail)}"


def _english(recipient: Recipient) -> str:
    said = _REPLY.match(recipient.detail) is not None
    if recipient.tried_seconds:
        tried = f"All attempts failed for {_duration(recipient.tried_seconds, 'hour', 'minute')}"
        return (
            f"{tried}. The mail server’s last answer: {recipient.detail}"
            if said
            else f"{tried}: {recipient.detail}"
        )
    return f"The mail server’s answer: {recipient.detail}" if said else f"Reason: {recipient.detail}"


def _duration(seconds: float, hour: str, minute: str) -> str:
    """Write hours, or minutes where there are not two hours; both languages make the plural alike here."""
    unit, count = (
        (hour, round(seconds / HOUR)) if seconds >= 2 * HOUR else (minute, max(1, round(seconds / 60)))
    )
    return f"{count}\u00a0{unit}{'s' if count > 1 else ''}"
