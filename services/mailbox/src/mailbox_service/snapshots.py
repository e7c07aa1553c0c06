"""What a maildrop held at the login, and the uids under which the API shows it.

A POP3 session is a snapshot: message numbers mean the same messages until the connection ends, and what is
delivered meanwhile does not appear (RFC 1939 section 3). A snapshot is therefore worth nothing beyond its
connection, except for its uids, which are made of what the server itself says is unique.
"""

import hashlib
from binascii import b2a_base64
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import NamedTuple

MAX_UIDL_OCTETS = 70
"""RFC 1939 section 7. Longer ones exist; their uid is made of their SHA-256, so that it stays short."""
_URL_SAFE = bytes.maketrans(b"+/", b"-_")


class Entry(NamedTuple):
    """A line of LIST and UIDL together: message number, size in octets, unique id.

    ``unique`` is False where the id is made up and may well be another message's, too.
    """

    number: int
    size: int
    uidl: str
    unique: bool = True


class Listed(NamedTuple):
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
    listing = sorted(entries)  # by number, which none has twice
    copies = Counter([uidl for _, _, uidl, _ in listing])
    if len(copies) == len(listing):
        messages = [
            Listed(_encode(uidl), number, size, uidl, not unique) for number, size, uidl, unique in listing
        ]
    else:
        messages = _tell_apart(listing, copies)
    return Snapshot(tuple(messages), as_of, {message.uid: message for message in messages})


def _tell_apart(listing: Iterable[Entry], copies: Counter[str]) -> list[Listed]:
    seen: Counter[str] = Counter()
    messages = []
    for number, size, uidl, unique in listing:
        seen[uidl] += 1
        uid = _encode(uidl)
        if (ordinal := seen[uidl]) > 1:
            uid = f"{uid}~{ordinal}"
        messages.append(Listed(uid, number, size, uidl, copies[uidl] > 1 or not unique))
    return messages


def _encode(uidl: str) -> str:
    """Return base64url without padding: its alphabet has neither the ``.`` of a digest nor ``~``."""
    octets = uidl.encode()
    if len(octets) <= MAX_UIDL_OCTETS and octets:
        return _base64url(octets)
    return "." + _base64url(hashlib.sha256(octets).digest())


def _base64url(octets: bytes) -> str:
    # as base64.urlsafe_b64encode without padding, in one step less: a large maildrop has thousands
    return b2a_base64(octets, newline=False).translate(_URL_SAFE, b"=").decode("ascii")
