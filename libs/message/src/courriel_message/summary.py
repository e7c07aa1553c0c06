"""One line of the message list, from the header alone (`TOP n 0`).

Never fails, and guesses only about attachments.
"""

from dataclasses import dataclass
from datetime import datetime

from courriel_message.addresses import Address, read_addresses
from courriel_message.header import Fields, date_of, display, message_ids, read_fields, structured
from courriel_message.limits import DEFAULT_LIMITS

_CONTAINERS_WITHOUT = frozenset(
    {
        "multipart/alternative",
        "multipart/related",
        "multipart/report",
        "multipart/signed",
        "multipart/encrypted",
    }
)
_MAX_SUBJECT = 1000  # characters: a list of fifty headers of 256 kB would be searched for seconds
_MAX_NAME = 300
_MAX_TO = 100


@dataclass(frozen=True, slots=True)
class Summary:
    """What a list shows of a message.

    date is aware, or None where the header has none that can be read. has_attachments is what the header
    promises (multipart/mixed, or content that is no text); only parsing the message tells for sure. Texts are
    cut to what a list can show, `to` to its first addresses.
    """

    from_: Address | None
    to: tuple[Address, ...]
    subject: str
    date: datetime | None
    has_attachments: bool
    message_id: str | None


def summarise(header: bytes) -> Summary:
    """Summarise a message from its header block (octets, CRLF or LF); a body behind it is not looked at."""
    fields, _, _ = read_fields(header, 0, len(header), DEFAULT_LIMITS.header)
    senders = read_addresses(fields.first("from")) or read_addresses(fields.first("sender"))
    identifiers = message_ids(fields.first("message-id"))
    return Summary(
        from_=_brief(senders[0]) if senders else None,
        to=tuple(map(_brief, read_addresses(fields.first("to"))[:_MAX_TO])),
        subject=display(fields.first("subject"))[:_MAX_SUBJECT],
        date=date_of(fields.first("date")),
        has_attachments=_promises_attachments(fields),
        message_id=identifiers[0] if identifiers else None,
    )


def _brief(address: Address) -> Address:
    return Address(address.name[:_MAX_NAME], address.address[:_MAX_NAME])


def _promises_attachments(fields: Fields) -> bool:
    kind = structured(fields.first("content-type")).value
    if fields.first("x-ms-has-attach").lower() == "yes":
        return True
    if kind.startswith("multipart/"):
        return kind not in _CONTAINERS_WITHOUT
    return "/" in kind and not kind.startswith("text/")
