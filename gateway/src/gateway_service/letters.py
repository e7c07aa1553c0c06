"""A letter as the person types it on the writing page, and what it answers to."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field

from courriel_message import InvalidAddress, canonical, parse_addresses, quote, reply_subject
from courriel_wire import Address, MessageView, Submission, Upload, UploadReference
from courriel_wire.outbox import Recipient
from gateway_service.submissions import thread_of

RECIPIENT_FIELDS = ("to", "cc", "bcc")


@dataclass
class Letter:
    """What stands in the form's fields.

    ``uploads`` wait at sender; ``key`` (idempotency) makes sending the same page twice send once.
    """

    to: str = ""
    cc: str = ""
    bcc: str = ""
    subject: str = ""
    text: str = ""
    uploads: tuple[Upload, ...] = ()
    in_reply_to: str | None = None
    references: tuple[str, ...] = ()
    key: str = field(default_factory=lambda: str(uuid.uuid4()))

    def recipients(self, name: str) -> list[Address]:
        """Read one of the address fields; raises InvalidAddress."""
        return [
            Address(name=each.name, address=each.address) for each in parse_addresses(getattr(self, name))
        ]

    def invalid_fields(self) -> dict[str, str]:
        """Return the address fields that cannot be read, each with the text that is no address."""
        invalid = {}
        for name in RECIPIENT_FIELDS:
            try:
                self.recipients(name)
            except InvalidAddress as error:
                invalid[name] = error.token
        return invalid

    def unique_recipients(self) -> int:
        """Count the recipients over all fields, the same address once; unreadable fields do not count."""
        unreadable = self.invalid_fields()
        return len(
            {
                canonical(recipient.address)
                for name in RECIPIENT_FIELDS
                if name not in unreadable
                for recipient in self.recipients(name)
            }
        )

    def submission(self) -> Submission:
        """Return what sender takes.

        Raises InvalidAddress, and pydantic's ValidationError for a field that is too long.
        """
        to, cc, bcc = (_typed(self.recipients(name)) for name in RECIPIENT_FIELDS)
        return Submission(
            to=to,
            cc=cc,
            bcc=bcc,
            subject=" ".join(self.subject.split()),
            text=self.text,
            attachments=tuple(UploadReference(upload=upload.id) for upload in self.uploads),
            in_reply_to=self.in_reply_to,
            references=self.references,
        )


def _typed(addresses: Iterable[Address]) -> tuple[Recipient, ...]:
    return tuple(Recipient(name=each.name, address=each.address) for each in addresses)


def reply(message: MessageView, to: str, attribution: str) -> Letter:
    """Begin an answer: ``to`` as typed, ``attribution`` the line over the quotation."""
    parent, references = thread_of(message)
    return Letter(
        to=to,
        subject=reply_subject(message.subject),
        text=f"\n\n{attribution}\n{quote(message.text)}\n",
        in_reply_to=parent,
        references=references,
    )
