"""How much one message may be, checked before anything is stored, and told with the limit.

A recipient is one mailbox: the same address in several fields, or with its domain in another case, counts
once.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain

from courriel_message import Address, InvalidAddress, canonical, parse_addresses
from courriel_wire import Submission
from courriel_wire.outbox import Recipient, RecipientInput
from sender_service.errors import SenderError


class NoRecipient(SenderError):
    """To, Cc and Bcc are all empty."""

    def __init__(self) -> None:
        super().__init__("at least one recipient is needed")


class BadAddress(SenderError):
    """An item of a recipient field is no address; `position` (characters of the item) is where it starts."""

    def __init__(self, field: str, position: int) -> None:
        super().__init__(f"{field}: not an address, at character {position}")
        self.field = field
        self.position = position


class TooManyRecipients(SenderError):
    """More unique recipients than one message may have."""

    def __init__(self, limit: int, count: int) -> None:
        super().__init__(f"at most {limit} recipients, counted over To, Cc and Bcc: there are {count}")
        self.limit = limit
        self.count = count


class TooManyAttachments(SenderError):
    """More attachments than one message may have."""

    def __init__(self, limit: int, count: int) -> None:
        super().__init__(f"at most {limit} attachments: there are {count}")
        self.limit = limit
        self.count = count


class RecipientNotAllowed(SenderError):
    """Policy lets nobody write to this address' domain from here."""

    def __init__(self, address: str) -> None:
        super().__init__(f"messages to {ascii_domain_of(address)} are not allowed")
        self.address = address


class FileTypeNotAllowed(SenderError):
    """Policy lets nobody send files of this type."""

    def __init__(self, filename: str, file_type: str) -> None:
        super().__init__(f"files of type {file_type} are not allowed")
        self.filename = filename
        self.file_type = file_type


class MessageTooLarge(SenderError):
    """The encoded message is larger than `limit`, in octets."""

    def __init__(self, limit: int) -> None:
        super().__init__(f"at most {limit} octets, once encoded for the way")
        self.limit = limit


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Of one message; sizes in octets. `message_octets` is of the encoded message.

    File types are extensions (lower case, without their dot) or media types. A domain stands for its
    subdomains too; where `allowed_domains` has any, there are no others.
    """

    recipients: int
    message_octets: int
    attachments: int
    attachment_octets: int
    forbidden_file_types: tuple[str, ...] = ()
    forbidden_domains: tuple[str, ...] = ()
    allowed_domains: tuple[str, ...] = ()

    def check_file(self, filename: str, content_type: str) -> None:
        """Raise FileTypeNotAllowed for a name or a type that may not be sent."""
        extension = filename.rstrip(". ").lower().rpartition(".")[2]
        for file_type in (extension, content_type.lower()):
            if file_type in self.forbidden_file_types:
                raise FileTypeNotAllowed(filename, file_type)

    def check_files(self, files: Iterable[tuple[str, str]]) -> None:
        """Raise FileTypeNotAllowed for the first of these names and media types that may not be sent."""
        for filename, content_type in files:
            self.check_file(filename, content_type)

    def check_recipients(self, addresses: Sequence[str]) -> None:
        """Raise TooManyRecipients, RecipientNotAllowed."""
        if len(addresses) > self.recipients:
            raise TooManyRecipients(self.recipients, len(addresses))
        for address in addresses:
            domain = ascii_domain_of(address)
            if _is_within(domain, self.forbidden_domains) or (
                self.allowed_domains and not _is_within(domain, self.allowed_domains)
            ):
                raise RecipientNotAllowed(address)

    def check_size(self, octets: int) -> None:
        """Raise MessageTooLarge where an encoded message has more octets than it may."""
        if octets > self.message_octets:
            raise MessageTooLarge(self.message_octets)


def ascii_domain_of(address: str) -> str:
    """Return the domain of an address in lower-case A-labels."""
    return canonical(address).rpartition("@")[2]


def _is_within(domain: str, domains: tuple[str, ...]) -> bool:
    return any(domain == each or domain.endswith(f".{each}") for each in domains)


@dataclass(frozen=True, slots=True)
class Recipients:
    """The addresses of the three fields as they were typed."""

    to: tuple[Address, ...]
    cc: tuple[Address, ...]
    bcc: tuple[Address, ...]

    def unique(self) -> tuple[str, ...]:
        """List each mailbox once, in its first spelling."""
        first: dict[str, str] = {}
        for recipient in chain(self.to, self.cc, self.bcc):
            first.setdefault(canonical(recipient.address), recipient.address)
        return tuple(first.values())


def read_recipients(submission: Submission, limits: Limits) -> Recipients:
    """Read and check the three fields. Raises BadAddress, NoRecipient, and what `check_recipients` does."""
    recipients = Recipients(
        to=read_field("to", submission.to),
        cc=read_field("cc", submission.cc),
        bcc=read_field("bcc", submission.bcc),
    )
    unique = recipients.unique()
    if not unique:
        raise NoRecipient
    limits.check_recipients(unique)
    return recipients


def read_field(field: str, items: Sequence[RecipientInput]) -> tuple[Address, ...]:
    """Return the addresses of one field of a submission as they were typed. Raises BadAddress."""
    return tuple(
        address for index, item in enumerate(items) for address in _read_item(f"{field}.{index}", item)
    )


def _read_item(field: str, item: RecipientInput) -> list[Address]:
    text = item.address if isinstance(item, Recipient) else item
    try:
        found = parse_addresses(text)
    except InvalidAddress as error:
        raise BadAddress(field, error.position) from None
    if not isinstance(item, Recipient):
        return found
    if len(found) != 1 or found[0].name:
        raise BadAddress(f"{field}.address", 0)
    return [Address(item.name, found[0].address)]
