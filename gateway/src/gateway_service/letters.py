"""A letter as the person types it on the writing page."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum

from courriel_message import Address, InvalidAddress, canonical, format_address, parse_addresses
from courriel_wire import Priority, Settings, Submission, Upload, UploadReference
from courriel_wire.outbox import MAX_RECIPIENT_CHARACTERS, Recipient

RECIPIENT_FIELDS = ("to", "cc", "bcc")


class Occasion(StrEnum):
    """Why a letter is written; the page's title tells it."""

    NEW = "new"
    REPLY = "reply"
    FORWARD = "forward"
    REDIRECT = "redirect"
    """``uploads`` are whole messages to be sent on as they are; there is no text."""


def new_key() -> str:
    """Make an idempotency key: sending the page that carries it twice sends once."""
    return str(uuid.uuid4())


@dataclass
class Letter:
    """What stands in the form's fields; ``uploads`` wait at sender."""

    to: str = ""
    cc: str = ""
    bcc: str = ""
    subject: str = ""
    text: str = ""
    priority: Priority = Priority.NORMAL
    request_receipt: bool = False
    uploads: tuple[Upload, ...] = ()
    in_reply_to: str | None = None
    references: tuple[str, ...] = ()
    occasion: Occasion = Occasion.NEW
    key: str = field(default_factory=new_key)

    def recipients(self, name: str) -> tuple[Recipient, ...]:
        """Read one of the address fields; raises InvalidAddress."""
        return tuple(
            Recipient(name=each.name, address=each.address) for each in _addresses_in(getattr(self, name))
        )

    def invalid_fields(self) -> dict[str, str]:
        """Return the address fields that cannot be read, each with the text that is no address."""
        invalid = {}
        for name in RECIPIENT_FIELDS:
            try:
                self.recipients(name)
            except InvalidAddress as error:
                invalid[name] = error.token
        return invalid

    def separate_by_commas(self) -> None:
        """Make semicolons and line breaks between addresses commas, in the fields that can be read."""
        unreadable = self.invalid_fields()
        for name in RECIPIENT_FIELDS:
            if name not in unreadable:
                typed = map(format_address, _addresses_in(getattr(self, name)))
                setattr(self, name, ", ".join(typed))

    def unique_recipients(self) -> int:
        """Count the recipients over all fields, the same address once; unreadable fields do not count."""
        return len(self._addresses(RECIPIENT_FIELDS))

    def _addresses(self, fields: Iterable[str]) -> set[str]:
        unreadable = self.invalid_fields()
        return {
            canonical(recipient.address)
            for name in fields
            if name not in unreadable
            for recipient in self.recipients(name)
        }

    def add_copy(self, address: str, where: str) -> None:
        """Put ``address`` into the field ``where`` ("cc" or "bcc"), unless the letter goes there anyway."""
        if canonical(address) not in self._addresses(RECIPIENT_FIELDS):
            self._append(address, where)

    def add(self, recipients: Iterable[str], where: str) -> None:
        """Put ``recipients``, as people type them, into the field ``where``; none is in it twice."""
        there = self._addresses([where])
        for typed in recipients:
            new = _canonical(typed)
            if not new <= there:
                self._append(typed, where)
                there |= new

    def _append(self, typed: str, where: str) -> None:
        before = getattr(self, where).rstrip(" ,;\r\n")
        setattr(self, where, ", ".join(filter(None, [before, typed])))

    def submissions(self, choices: Settings) -> list[tuple[str, Submission]]:
        """Return what sender takes, each with its idempotency key: several where messages are redirected.

        Raises InvalidAddress, and pydantic's ValidationError for a field that is too long.
        """
        to, cc, bcc = map(self.recipients, RECIPIENT_FIELDS)
        # What the person chose in « Paramètres » for everything that is sent
        chosen = {
            "sender_name": choices.display_name,
            "undo_seconds": choices.undo_send_seconds,
            "to": to,
            "cc": cc,
            "bcc": bcc,
        }
        if self.occasion == Occasion.REDIRECT:
            return [
                (
                    f"{self.key}-{each.id}"[:200],
                    Submission(**chosen, redirect=UploadReference(upload=each.id)),
                )
                for each in self.uploads
            ]
        submission = Submission(
            **chosen,
            reply_to=(choices.reply_to,) if choices.reply_to else (),
            subject=" ".join(self.subject.split()),
            text=self.text,
            priority=self.priority,
            request_receipt=self.request_receipt,
            attachments=tuple(_references(self.uploads)),
            in_reply_to=self.in_reply_to,
            references=self.references,
        )
        return [(self.key, submission)]


def _addresses_in(typed: str) -> list[Address]:
    """Read what was typed; a text that is too long to be read counts as no address."""
    if len(typed) > MAX_RECIPIENT_CHARACTERS:
        raise InvalidAddress(0, typed)
    return parse_addresses(typed)


def _canonical(typed: str) -> set[str]:
    """Return the addresses of what was typed; the text itself where it is none, so that it can be told."""
    try:
        return {canonical(each.address) for each in _addresses_in(typed)}
    except InvalidAddress:
        return {typed}


def _references(uploads: Iterable[Upload]) -> Iterable[UploadReference]:
    return (UploadReference(upload=upload.id) for upload in uploads)
