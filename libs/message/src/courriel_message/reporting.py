"""A non-delivery report in octets: what people read, what programs read (RFC 3464), what was not delivered.

It is seven-bit unless an address needs RFC 6532, so that every relay takes it. Who reports must send it with
a null return path (RFC 3464 section 2).
"""

import re
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import format_datetime
from typing import Final

from courriel_message.addresses import Address, is_address, needs_smtputf8
from courriel_message.entity_writing import is_seven_bit, multipart, text_entity
from courriel_message.errors import InvalidDraft
from courriel_message.header_writing import fold, is_message_id, mailboxes, refuse_controls, unstructured

WHOLE_OCTETS: Final = 256 * 1024
"""A message of as many octets comes back whole; of a larger or an 8-bit one its header does."""
_HEADER_OCTETS: Final = 32 * 1024
_DIAGNOSTIC_CHARACTERS: Final = 800
_UNPRINTABLE: Final = re.compile(r"[^ -~]+")
_STATUS: Final = re.compile(r"[245]\.\d{1,3}\.\d{1,3}")


@dataclass(frozen=True, slots=True)
class FailedRecipient:
    """One that was not reached: `status` as in RFC 3463, `diagnostic` the SMTP reply, "" without one."""

    address: str
    status: str
    diagnostic: str = ""


@dataclass(frozen=True, slots=True)
class NonDelivery:
    """A report to be built; `date` and `arrival` are aware, identifiers are with their angle brackets.

    `about` is the identifier of the message that failed, `arrival` when it was accepted, `original` its
    octets, None where they are lost; `reporter` is our domain.
    """

    from_: Address
    to: Address
    subject: str
    text: str
    message_id: str
    date: datetime
    about: str
    arrival: datetime
    reporter: str
    failures: tuple[FailedRecipient, ...] = field(repr=False)
    original: bytes | None = field(default=None, repr=False)


def build_report(report: NonDelivery) -> bytes:
    """Return the report, ready for DATA (before dot-stuffing). Raises InvalidDraft."""
    _validate(report)
    fields = [
        ("Date", [format_datetime(report.date)]),
        ("From", mailboxes([report.from_])),
        ("To", mailboxes([report.to])),
        ("Subject", unstructured(report.subject)),
        ("Message-ID", [report.message_id]),
        ("In-Reply-To", [report.about]),
        ("References", [report.about]),
        ("Auto-Submitted", ["auto-replied"]),  # RFC 3834 section 5
    ]
    header = "".join(fold(name, value) for name, value in fields)
    entities = [text_entity("plain", report.text), _delivery_status(report)]
    if report.original is not None:
        entities.append(_returned(report.original))
    body = multipart("report", entities, "; report-type=delivery-status")
    return header.encode("utf-8") + b"MIME-Version: 1.0\r\n" + body


def _validate(report: NonDelivery) -> None:
    for name, address in (("from_", report.from_), ("to", report.to)):
        refuse_controls(name, address.name)
        if not is_address(address.address):
            raise InvalidDraft(name, "not an address")
    refuse_controls("subject", report.subject)
    for name, identifier in (("message_id", report.message_id), ("about", report.about)):
        if not is_message_id(identifier):
            raise InvalidDraft(name, "not a message identifier")
    for failure in report.failures:
        if not _STATUS.fullmatch(failure.status) or not is_address(failure.address):
            raise InvalidDraft("failures", "no address, or no status")


def _delivery_status(report: NonDelivery) -> bytes:
    """Return the part for programs: a block for the message, one a recipient (RFC 3464 section 2.1)."""
    blocks = [
        fold("Reporting-MTA", ["dns;", report.reporter])
        + fold("Arrival-Date", [format_datetime(report.arrival)])
    ]
    for failure in report.failures:
        block = fold("Final-Recipient", _typed(failure.address))
        block += fold("Action", ["failed"]) + fold("Status", [failure.status])
        if failure.diagnostic:
            words = _UNPRINTABLE.sub("?", failure.diagnostic)[:_DIAGNOSTIC_CHARACTERS].split()
            block += fold("Diagnostic-Code", ["smtp;", *words])
        block += fold("Last-Attempt-Date", [format_datetime(report.date)])
        blocks.append(block)
    return b"Content-Type: message/delivery-status\r\n\r\n" + "\r\n".join(blocks).encode("ascii")


def _typed(address: str) -> list[str]:
    """Return an address with its type; an international one in the ASCII form of RFC 6533 section 3."""
    if not needs_smtputf8(address) and address.isascii():
        return ["rfc822;", address]
    written = "".join(each if "!" <= each <= "~" else f"\\x{{{ord(each):X}}}" for each in address)
    return ["utf-8;", written]


def _returned(original: bytes) -> bytes:
    """Return the message whole where it is small and may stand in another as it is, else its header."""
    if len(original) <= WHOLE_OCTETS and is_seven_bit(original):
        return b"Content-Type: message/rfc822\r\n\r\n" + original
    header = original.partition(b"\r\n\r\n")[0][:_HEADER_OCTETS] + b"\r\n"
    if is_seven_bit(header):
        return b"Content-Type: text/rfc822-headers\r\n\r\n" + header
    return text_entity("rfc822-headers", header.decode("utf-8", "replace"))
