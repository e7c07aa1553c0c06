"""What a session was shown of its messages: kept in memory, bounded, forgotten with the session.

It spares asking the server twice for one header, and it is what a deletion compares with: only what was shown
may be deleted. It is no cache of the maildrop: a message that is not in the snapshot is not looked for here.
"""

import hashlib
import re
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass

from courriel_message import Summary

MAX_SUMMARIES = 500
"""Of one session; about 1 kB each."""
BLANK = Summary(from_=None, to=(), subject="", date=None, has_attachments=False, message_id=None)
"""Of a message whose header was not read."""
_HEADER_END = re.compile(rb"\r?\n\r?\n")
_STATE_FIELDS = re.compile(
    rb"^(?:Status|X-Status|X-Keywords|X-UIDL?|X-IMAP(?:base)?|Content-Length|Lines):.*\n(?:[ \t].*\n)*",
    re.IGNORECASE | re.MULTILINE,
)


@dataclass(frozen=True, slots=True)
class Proof:
    """How a message is known again: its size in octets, and the digest of its header.

    ``digest`` is empty where the header is too large to be read: then its size is all that is known.
    """

    size: int
    digest: str


@dataclass(frozen=True, slots=True)
class Shown:
    """A message as it was shown."""

    proof: Proof
    summary: Summary


class Summaries:
    """Shown messages by uid; the least recently used go first."""

    def __init__(self) -> None:
        self._shown: OrderedDict[str, Shown] = OrderedDict()

    def find(self, uid: str, size: int) -> Shown | None:
        """Return what was shown under ``uid``, if it had this size: a server may give an old UIDL again."""
        shown = self._shown.get(uid)
        if shown is None or shown.proof.size != size:
            return None
        self._shown.move_to_end(uid)
        return shown

    def proof(self, uid: str) -> Proof | None:
        """Return how the message that was shown under ``uid`` is known again."""
        shown = self._shown.get(uid)
        return shown.proof if shown else None

    def is_oversized(self, uid: str) -> bool:
        """Tell whether this message's header is known to be too large to be read."""
        shown = self._shown.get(uid)
        return shown is not None and not shown.proof.digest

    def keep_oversized(self, uid: str, size: int) -> None:
        """Remember that this message's header is too large to be read."""
        self.keep(uid, Shown(Proof(size, ""), BLANK))

    def keep(self, uid: str, shown: Shown) -> None:
        """Remember a message that is being shown."""
        self._shown[uid] = shown
        self._shown.move_to_end(uid)
        while len(self._shown) > MAX_SUMMARIES:
            self._shown.popitem(last=False)

    def forget(self, uid: str) -> None:
        """Forget a message that was deleted: its uid may come again with another."""
        self._shown.pop(uid, None)

    def distrust(self, uid: str) -> None:
        """Remember that what goes by this uid now is not what was shown: it must be shown before it goes."""
        self.keep(uid, Shown(Proof(-1, ""), BLANK))

    def known_in(self, sizes: Mapping[str, int]) -> int:
        """Return how many of these messages (uid to size) are remembered."""
        return sum(sizes.get(uid) == shown.proof.size for uid, shown in self._shown.items())


def digest_header(header: bytes) -> str:
    """Return the digest by which a header is known again: SHA-256, hexadecimal.

    What servers write into the headers of mail they keep, to remember its state, is left out: a message is
    the same once it was read. So is what lies behind the header, where the server sent a whole message.
    """
    end = _HEADER_END.search(header)
    lines = header[: end.start()] if end else header.rstrip(b"\r\n")
    return hashlib.sha256(_STATE_FIELDS.sub(b"", lines + b"\n").rstrip(b"\r\n")).hexdigest()
