"""What a message of the demo's seed is, and how it becomes bytes.

A letter is data: who, when (an age in days), what. The same letters at the same moment give the same bytes.
Messages that no library would write so (a hostile one, an old program's) are given as source text instead.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from string import Template
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from courriel_demo.attachments import Attachment

_OPENS = 8  # the hours at which letters of past days are written
_HOURS = 10


@dataclass(frozen=True, slots=True)
class Person:
    """A correspondent. An address without @ belongs to the demo's domain."""

    name: str
    address: str

    def at(self, domain: str) -> Address:
        """Return the whole address."""
        return Address(
            self.name, addr_spec=self.address if "@" in self.address else f"{self.address}@{domain}"
        )


@dataclass(frozen=True, slots=True)
class Letter:
    """One message. `age` is in days: 3.5 is three days ago, half-way through the working day.

    `answers` is the subject of the letter it answers, or empty. With `calendar`, an invitation (RFC 6047).
    """

    age: float
    sender: Person
    subject: str
    text: str
    html: str = ""
    attachments: tuple[Attachment, ...] = ()
    others: tuple[Person, ...] = ()
    charset: str = "utf-8"
    encoding: str = "quoted-printable"
    flowed: bool = False
    answers: str = ""
    calendar: str = ""
    headers: tuple[tuple[str, str], ...] = ()

    def build(self, owner: Person, domain: str, now: datetime) -> bytes:
        """Return the message as the mailbox of `owner` receives it."""
        message = EmailMessage(policy=SMTP)
        message["From"] = self.sender.at(domain)
        message["To"] = owner.at(domain)
        copies = [other.at(domain) for other in self.others if other != owner]
        if copies:
            message["Cc"] = copies
        if self.subject:
            message["Subject"] = self.subject
        message["Date"] = format_datetime(written(self.age, now))
        message["Message-ID"] = _message_id(self.subject, self.sender, self.age, domain)
        if self.answers:
            reference = _message_id(self.answers, None, 0, domain)
            message["In-Reply-To"] = reference
            message["References"] = reference
        for name, value in self.headers:
            message[name] = value
        self._fill(message, written(self.age, now), domain)
        _name_boundaries(message)
        return message.as_bytes()

    def _fill(self, message: EmailMessage, date: datetime, domain: str) -> None:
        parameters = {"format": "flowed"} if self.flowed else None
        message.set_content(self.text, charset=self.charset, cte=self.encoding, params=parameters)
        if self.html:
            message.add_alternative(self.html, subtype="html", cte="quoted-printable")
        if self.calendar:
            start = (date + timedelta(days=9)).strftime("%Y%m%d")
            event = Template(self.calendar).substitute(day=start, domain=domain)
            message.add_alternative(
                event.replace("\n", "\r\n"), subtype="calendar", params={"method": "REQUEST"}
            )
        for attachment in self.attachments:
            attachment.add_to(message)


@dataclass(frozen=True, slots=True)
class Source:
    """A message as it travels: `$to`, `$domain`, `$date` and `$id` are filled in, then it is encoded."""

    age: float
    source: str
    charset: str = "utf-8"

    def build(self, owner: Person, domain: str, now: datetime) -> bytes:
        """Return the message as the mailbox of `owner` receives it."""
        filled = Template(self.source).substitute(
            to=owner.at(domain).addr_spec,
            domain=domain,
            date=format_datetime(written(self.age, now)),
            id=_digest(self.source),
        )
        return filled.lstrip("\n").encode(self.charset)


def written(age: float, now: datetime) -> datetime:
    """Return the moment `age` days ago: in working hours, but for what was written in the last day."""
    if age < 1:
        return (now - timedelta(days=age)).replace(microsecond=0)
    whole = int(age)
    morning = datetime.combine(now.date() - timedelta(days=whole), time(_OPENS), now.tzinfo)
    return morning + timedelta(seconds=round((age - whole) * _HOURS * 3600))


def thread(
    subject: str, turns: Sequence[tuple[float, Person, str]], others: tuple[Person, ...]
) -> list[Letter]:
    """Return a conversation: each turn (age, sender, text) answers the one before and quotes all of it."""
    letters: list[Letter] = []
    for age, sender, text in turns:
        copies = tuple(other for other in others if other is not sender)
        letter = Letter(age, sender, subject, text, others=copies)
        if letters:
            before = letters[-1]
            quoted = "\n".join(("> " + line).rstrip() for line in before.text.splitlines())
            answer = f"{text}\n\nDe : {before.sender.name}\nObjet : {before.subject}\n\n{quoted}\n"
            letter = replace(letter, subject=f"RE: {subject}", text=answer, answers=subject)
        letters.append(letter)
    return letters


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:24]


def _message_id(subject: str, sender: Person | None, age: float, domain: str) -> str:
    """Make a Message-ID from the letter alone; that of a thread's first letter follows from its subject."""
    opening = not subject.startswith("RE: ")
    return f"<{_digest(subject if opening and subject else f'{subject}{sender}{age}')}@{domain}>"


def _name_boundaries(message: EmailMessage) -> None:
    """Replace the random boundaries of email.generator: the same letter must give the same bytes."""
    for number, part in enumerate(part for part in message.walk() if part.is_multipart()):
        if part.get_content_maintype() == "multipart":
            part.set_boundary(f"=_courriel-demo-{number}=")
