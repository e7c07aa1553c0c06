"""Marking messages as deleted on one connection, and ending it so that the deletions come into force.

DELE marks, QUIT deletes (RFC 1939 sections 5 and 6). A message is marked only when it is the one that was
shown. When the answer to QUIT does not come, ``judge`` says from a later snapshot what became of each
message; it never guesses.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from courriel_wire import DeleteOutcome
from mailbox_service.connections import Connection
from mailbox_service.errors import CommandRefused, MailServerUnavailable
from mailbox_service.snapshots import Listed, Snapshot
from mailbox_service.summaries import Proof, digest_header

Proofs = Mapping[str, Proof | None]
"""What was shown under each uid that is to be deleted; None where nothing of it is remembered."""


@dataclass(frozen=True, slots=True)
class Doubtful:
    """A marked message whose QUIT was not answered, and how many messages had its UIDL then."""

    message: Listed
    copies: int


@dataclass(slots=True)
class Committed:
    """What is known, and what is not."""

    outcomes: dict[str, DeleteOutcome] = field(default_factory=dict)
    doubtful: list[Doubtful] = field(default_factory=list)


async def commit(connection: Connection, proofs: Proofs) -> Committed:
    """Delete, and end the connection with QUIT; where nothing is there to delete it goes on.

    Raises MailServerUnavailable only before QUIT: nothing was deleted then.
    """
    snapshot = await connection.snapshot()
    committed = Committed()
    targets = []
    for uid, proof in proofs.items():
        message = snapshot.by_uid.get(uid)
        if message is None:
            committed.outcomes[uid] = DeleteOutcome.GONE
        elif proof is not None and proof.size != message.size:
            committed.outcomes[uid] = DeleteOutcome.CHANGED
        else:
            targets.append(message)
    for message in await _not_the_same(connection, targets, proofs):
        committed.outcomes[message.uid] = DeleteOutcome.CHANGED
        targets.remove(message)
    if not targets:
        return committed
    refused = await connection.maildrop.delete([message.number for message in targets])
    marked = [message for message in targets if message.number not in refused]
    committed.outcomes |= {
        message.uid: DeleteOutcome.FAILED for message in targets if message.number in refused
    }
    if not marked:
        return committed
    try:
        await connection.quit()
    except (MailServerUnavailable, CommandRefused):
        committed.doubtful = [Doubtful(message, snapshot.count(message.uidl)) for message in marked]
    else:
        committed.outcomes |= {message.uid: DeleteOutcome.DELETED for message in marked}
    return committed


async def _not_the_same(connection: Connection, targets: Sequence[Listed], proofs: Proofs) -> list[Listed]:
    """Return those that share their UIDL with others and whose header is not the one that was shown."""
    shown = {
        message.number: proof.digest
        for message in targets
        if message.repeated and (proof := proofs[message.uid]) and proof.digest
    }
    headers = await connection.maildrop.headers(list(shown)) if shown else {}
    same = {number for number, header in headers.items() if digest_header(header) == shown[number]}
    return [message for message in targets if message.repeated and message.number not in same]


def judge(doubtful: Sequence[Doubtful], snapshot: Snapshot) -> dict[str, DeleteOutcome]:
    """Say from a later snapshot what an unanswered QUIT did: deleted, failed (kept), or unknown.

    Messages that share a UIDL are counted, since their uids move when one of them goes.
    """
    now = Counter(message.uidl for message in snapshot.messages)
    marked = Counter(each.message.uidl for each in doubtful)
    outcomes = {}
    for each in doubtful:
        uidl = each.message.uidl
        if now[uidl] <= each.copies - marked[uidl]:
            outcome = DeleteOutcome.DELETED
        elif now[uidl] >= each.copies:
            outcome = DeleteOutcome.FAILED
        else:
            outcome = DeleteOutcome.UNKNOWN
        outcomes[each.message.uid] = outcome
    return outcomes
