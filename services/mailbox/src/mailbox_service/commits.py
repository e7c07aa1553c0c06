"""Marking messages as deleted on one connection, and ending it so that the deletions come into force.

DELE marks, QUIT deletes (RFC 1939 sections 5 and 6). A message is marked only when it is the one that was
shown: its UIDL and its header are, read anew just before. When the answer to QUIT does not come, ``judge``
says from a later session what became of each message. Nothing here guesses, or believes that a server never
gives a UIDL twice, anew, or to another message. A size counts only where more cannot be known: it grows on
servers that note in the header that a message was read (mailutils).
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from courriel_wire import DeleteOutcome
from mailbox_service.connections import Connection
from mailbox_service.errors import CommandRefused, HeaderTooLarge, LeaseLost, MailServerUnavailable
from mailbox_service.snapshots import Listed, Snapshot
from mailbox_service.summaries import Proof, digest_header

Proofs = Mapping[str, Proof | None]
"""What was shown under each uid that is to be deleted; None where nothing of it is remembered."""
MAX_LOOKED_AT = 200
"""Messages of the right size whose headers are read to find one that goes by another uid now."""


@dataclass(frozen=True, slots=True)
class Doubtful:
    """A marked message whose QUIT was not answered.

    ``proof`` is its own, with a digest where one is known; ``copies`` is how many messages were like it.
    """

    message: Listed
    proof: Proof
    copies: int


@dataclass(slots=True)
class Committed:
    """What is known, and what is not; ``before`` is what the maildrop held."""

    before: Snapshot
    outcomes: dict[str, DeleteOutcome] = field(default_factory=dict)
    doubtful: list[Doubtful] = field(default_factory=list)


async def commit(connection: Connection, proofs: Proofs) -> Committed:
    """Delete, and end the connection with QUIT; where nothing is there to delete it goes on.

    Raises MailServerUnavailable only before QUIT: nothing was deleted then.
    """
    snapshot = await connection.snapshot()
    committed = Committed(snapshot)
    committed.outcomes = await _missing(connection, proofs)
    targets = [snapshot.by_uid[uid] for uid in proofs if uid not in committed.outcomes]
    digests = await _digests(connection, _to_be_read(targets, proofs, snapshot))
    same = [message for message in targets if _is_same(message, proofs[message.uid], digests)]
    committed.outcomes |= {message.uid: DeleteOutcome.CHANGED for message in targets if message not in same}
    if not same:
        return committed
    refused = await connection.delete([message.number for message in same])
    marked = [message for message in same if message.number not in refused]
    committed.outcomes |= {message.uid: DeleteOutcome.FAILED for message in same if message.number in refused}
    if not marked:
        return committed
    try:
        await connection.quit()
    except LeaseLost:
        raise  # nothing was deleted: it is done again
    except (MailServerUnavailable, CommandRefused):
        committed.doubtful = [_doubt(message, snapshot, digests) for message in marked]
    else:
        committed.outcomes |= {message.uid: DeleteOutcome.DELETED for message in marked}
    return committed


async def judge(connection: Connection, committed: Committed) -> dict[str, DeleteOutcome]:
    """Say from a later session what an unanswered QUIT did: deleted, failed (kept), or unknown.

    Messages that are alike are counted: which of them went is all the same.
    """
    snapshot = await connection.snapshot()
    before = {message.uidl for message in committed.before.messages}
    uidls = {each.message.uidl for each in committed.doubtful}
    sizes = {each.message.size for each in committed.doubtful}
    # a message whose UIDL is new may be one that had another
    candidates = [
        message
        for message in snapshot.messages
        if message.uidl in uidls or (message.size in sizes and message.uidl not in before)
    ]
    digests = await _digests(connection, candidates)
    marked = Counter((each.message.uidl, each.proof) for each in committed.doubtful)
    outcomes = {}
    for each in committed.doubtful:
        now = sum(_is_like(each, candidate, digests) for candidate in candidates)
        if now <= each.copies - marked[each.message.uidl, each.proof]:
            outcome = DeleteOutcome.DELETED
        elif now >= each.copies:
            outcome = DeleteOutcome.FAILED
        else:
            outcome = DeleteOutcome.UNKNOWN
        outcomes[each.message.uid] = outcome
    return outcomes


async def _missing(connection: Connection, proofs: Proofs) -> dict[str, DeleteOutcome]:
    """Tell of uids that are not there: gone, or changed where the message goes by another uid now."""
    snapshot = await connection.snapshot()
    missing = {uid: proof for uid, proof in proofs.items() if uid not in snapshot.by_uid}
    sizes = {proof.size for proof in missing.values() if proof and proof.digest}
    candidates = [message for message in snapshot.messages if message.size in sizes]
    digests = await _digests(connection, candidates[-MAX_LOOKED_AT:])
    there = {Proof(message.size, digests.get(message.number, "")) for message in candidates}
    return {
        uid: DeleteOutcome.CHANGED if proof and proof.digest and proof in there else DeleteOutcome.GONE
        for uid, proof in missing.items()
    }


def _to_be_read(targets: Iterable[Listed], proofs: Proofs, snapshot: Snapshot) -> list[Listed]:
    """Return whose headers decide: those with a proof, and all that share an ambiguous UIDL."""
    known = [message for message in targets if (proof := proofs[message.uid]) and proof.digest]
    shared = {message.uidl for message in known if message.ambiguous}
    twins = [message for message in snapshot.messages if message.uidl in shared]
    return list({message.number: message for message in (*known, *twins)}.values())


async def _digests(connection: Connection, messages: Iterable[Listed]) -> dict[int, str]:
    """Read headers now, whatever was read before: numbers to digests, without those that were refused.

    Raises HeaderTooLarge once for each header that is; the next time it is left out.
    """
    by_number = {each.number: each for each in messages if not connection.summaries.is_oversized(each.uid)}
    if not by_number:
        return {}
    try:
        headers = await connection.maildrop.headers(list(by_number))
    except HeaderTooLarge as error:
        oversized = by_number[error.number]
        connection.summaries.keep_oversized(oversized.uid, oversized.size)
        raise
    return {number: digest_header(header) for number, header in headers.items()}


def _is_same(message: Listed, proof: Proof | None, digests: Mapping[int, str]) -> bool:
    """Tell whether this is the message that was shown; what nobody can tell apart is not."""
    digest = digests.get(message.number)
    if proof and proof.digest and digest is not None:
        return digest == proof.digest and (proof.size == message.size or not message.ambiguous)
    return not message.ambiguous and (proof is None or proof.size == message.size)


def _doubt(message: Listed, snapshot: Snapshot, digests: Mapping[int, str]) -> Doubtful:
    digest = digests.get(message.number, "")
    copies = sum(
        each.uidl == message.uidl and digests.get(each.number, "") == digest for each in snapshot.messages
    )
    return Doubtful(message, Proof(message.size, digest), copies)


def _is_like(each: Doubtful, candidate: Listed, digests: Mapping[int, str]) -> bool:
    """Tell whether ``candidate`` may be the message; without its header its UIDL and size must do."""
    digest = digests.get(candidate.number)
    if digest is None or not each.proof.digest:
        return candidate.uidl == each.message.uidl and candidate.size == each.proof.size
    return digest == each.proof.digest
