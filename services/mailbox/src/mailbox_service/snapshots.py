"""What a maildrop held at the login, and the uids under which the API shows it.

A POP3 session is a snapshot: message numbers mean the same messages until the connection ends, and what is
delivered meanwhile does not appear (RFC 1939 section 3). A snapshot is therefore worth nothing beyond its
connection, except for its uids, which are made of what the server itself says is unique.
"""

import base64
import hashlib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

MAX_UIDL_OCTETS = 70
"""RFC 1939 section 7. Longer ones exist; their uid is made of their SHA-256, so that it stays short."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of LIST and UIDL together: message number, size in octets, unique id.

    ``unique`` is False where the id is made up and may well be another message's, too.
    """

    number: int
    size: int
    uidl: str
    unique: bool = True


@dataclass(frozen=True, slots=True)
class Listed:
    """A message of a snapshot; ``ambiguous`` where its UIDL alone does not say which message it is."""

    uid: str
    number: int
    size: int
    uidl: str
    ambiguous: bool


@dataclass(frozen=True)
class Snapshot:
    """The messages in the server's order (oldest first), as they were at ``as_of``."""

    messages: tuple[Listed, ...]
    as_of: datetime
    by_uid: dict[str, Listed] = field(repr=False)

    @cached_property
    def total_size(self) -> int:
        """Return the octets of all messages together."""
        return sum(message.size for message in self.messages)


def take_snapshot(entries: Iterable[Entry], as_of: datetime) -> Snapshot:
    """Name the messages of a listing: no two of them get the same uid, whatever the server repeats."""
    listing = sorted(entries, key=lambda entry: entry.number)
    copies = Counter(entry.uidl for entry in listing)
    seen: Counter[str] = Counter()
    messages = []
    for entry in listing:
        seen[entry.uidl] += 1
        uid = _encode(entry.uidl)
        if (ordinal := seen[entry.uidl]) > 1:
            uid = f"{uid}~{ordinal}"
        ambiguous = copies[entry.uidl] > 1 or not entry.unique
        messages.append(Listed(uid, entry.number, entry.size, entry.uidl, ambiguous))
    return Snapshot(tuple(messages), as_of, {message.uid: message for message in messages})


def _encode(uidl: str) -> str:
    """Return base64url without padding: its alphabet has neither the ``.`` of a digest nor ``~``."""
    octets = uidl.encode()
    if len(octets) <= MAX_UIDL_OCTETS and octets:
        return base64.urlsafe_b64encode(octets).rstrip(b"=").decode("ascii")
    digest = hashlib.sha256(octets).digest()
    return "." + base64.urlsafe_b64encode(digest).rstrip(b"=").decode("ascii")
