"""What a session knows of its messages: kept in memory, bounded, forgotten with the session.

It spares asking the server twice for one header, and it is what a deletion compares with: only what was shown
may be deleted. It is no cache of the maildrop: a message that is not in the snapshot is not looked for here.

While nobody reads, all of it but the proofs of what was shown *rests*: it is in the cache then
(``mail_cache.py``), and comes back with the next list.
"""

import hashlib
import re
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from courriel_message import Summary

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mailbox_service.snapshots import Listed, Snapshot

MAX_SUMMARIES = 30_000
"""Of one session; the first that were learnt go first."""
MAX_OCTETS = 32 * 1024 * 1024
"""Of one session, as ``_weigh`` counts."""
MAX_PROOFS = 1000
"""Of what was shown; about 0.2 kB each."""
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
    """Known messages by uid. ``snapshot`` is the last one taken, as long as it may be shown.

    ``cache_key`` opens the mailbox's cache, where a login has brought it; ``awake`` says whether the cache
    was asked; ``unsaved`` is what it does not have yet. ``prefetched`` is what is known of the messages that
    were last read ahead; None stands for one of which nothing was known.
    """

    def __init__(self) -> None:
        self.cache_key: bytes | None = None
        self.awake = False
        self.unsaved: dict[str, Shown] = {}
        self.snapshot: Snapshot | None = None
        self.prefetched: tuple[Shown | None, ...] = ()
        self._shown: OrderedDict[str, Shown] = OrderedDict()
        self._octets = 0
        self._proofs: OrderedDict[str, Proof] = OrderedDict()

    def find(self, uid: str, size: int) -> Shown | None:
        """Return what is known under ``uid``, if it had this size: a server may give an old UIDL again."""
        shown = self._shown.get(uid)
        return shown if shown is not None and shown.proof.size == size else None

    def count(self, messages: "Iterable[Listed]") -> int:
        """Return how many of these messages are known."""
        known = self._shown
        return sum(
            found.proof.size == size
            for uid, _, size, _, _ in messages
            if (found := known.get(uid)) is not None
        )

    def show(self, uid: str, proof: Proof) -> None:
        """Remember that a message was shown: only that may be deleted."""
        self._proofs[uid] = proof
        self._proofs.move_to_end(uid)
        while len(self._proofs) > MAX_PROOFS:
            self._proofs.popitem(last=False)

    def proof(self, uid: str) -> Proof | None:
        """Return how the message that was shown under ``uid`` is known again."""
        return self._proofs.get(uid)

    def is_oversized(self, uid: str) -> bool:
        """Tell whether this message's header is known to be too large to be read."""
        shown = self._shown.get(uid)
        return shown is not None and not shown.proof.digest

    def keep_oversized(self, uid: str, size: int) -> None:
        """Remember that this message's header is too large to be read."""
        self.keep(uid, Shown(Proof(size, ""), BLANK))

    def keep(self, uid: str, shown: Shown, *, save: bool = False) -> None:
        """Remember a message; with ``save`` in the cache too, at the next occasion."""
        self._drop(uid)
        self._shown[uid] = shown
        self._octets += _weigh(shown)
        if save:
            self.unsaved[uid] = shown
        while len(self._shown) > MAX_SUMMARIES or self._octets > MAX_OCTETS:
            self._drop(next(iter(self._shown)))

    def recall(self, known: Mapping[str, Shown]) -> None:
        """Take what the cache knows; what was learnt since goes before it."""
        self.awake = True
        for uid, shown in known.items():
            if uid not in self._shown:
                self.keep(uid, shown)

    def rest(self) -> None:
        """Let go of all but the proofs: nobody reads."""
        self.awake = False
        self.snapshot = None
        self.prefetched = ()
        self.unsaved.clear()
        self._shown.clear()
        self._octets = 0

    def forget(self, uid: str) -> None:
        """Forget a message that was deleted: its uid may come again with another."""
        self._drop(uid)
        self._proofs.pop(uid, None)

    def distrust(self, uid: str) -> None:
        """Remember that what goes by this uid now is not what was shown: it must be shown before it goes."""
        self._drop(uid)
        self.show(uid, Proof(-1, ""))

    def _drop(self, uid: str) -> None:
        self.unsaved.pop(uid, None)
        shown = self._shown.pop(uid, None)
        if shown is not None:
            self._octets -= _weigh(shown)


def _weigh(shown: Shown) -> int:
    """Estimate the octets of memory that a summary takes."""
    summary = shown.summary
    addresses = (*summary.to, *((summary.from_,) if summary.from_ else ()))
    return (
        600 + 2 * len(summary.subject) + sum(150 + len(each.name) + len(each.address) for each in addresses)
    )


def digest_header(header: bytes) -> str:
    """Return the digest by which a header is known again: SHA-256, hexadecimal.

    What servers write into the headers of mail they keep, to remember its state, is left out: a message is
    the same once it was read. So is what lies behind the header, where the server sent a whole message.
    """
    end = _HEADER_END.search(header)
    lines = header[: end.start()] if end else header.rstrip(b"\r\n")
    return hashlib.sha256(_STATE_FIELDS.sub(b"", lines + b"\n").rstrip(b"\r\n")).hexdigest()
