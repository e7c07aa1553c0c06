"""HTTP ⇄ the outbox. No decisions."""

from typing import Annotated

from fastapi import APIRouter, Depends, Header, Path, Response

from courriel_message import Address
from courriel_wire import OutboxEntry, OutboxPage, RecipientStatus, Submission
from sender_service.composing import Author
from sender_service.outbox import LISTED, Entry, Outbox
from sender_service.routes_session import Session, SignedIn
from sender_service.submission import Submissions

EntryId = Annotated[str, Path(max_length=64, pattern=r"^[A-Za-z0-9_-]+$")]
IdempotencyKey = Annotated[str, Header(alias="Idempotency-Key", max_length=256)]
IdempotencyDigest = Annotated[str, Header(alias="Idempotency-Digest", pattern=r"^([0-9a-f]{64})?$")]


def outbox_router(submissions: Submissions, outbox: Outbox, signed_in: SignedIn) -> APIRouter:
    """Make the routes of ``/outbox``."""
    router = APIRouter(prefix="/outbox", tags=["outbox"])

    @router.post("", status_code=202)
    async def submit(
        session: Annotated[Session, Depends(signed_in)],
        submission: Submission,
        idempotency_key: IdempotencyKey = "",
        idempotency_digest: IdempotencyDigest = "",
    ) -> OutboxEntry:
        """Accept a message: 202 once it is durable.

        The digest (SHA-256) is of the request as its author made it, where the caller resolved references
        anew: a retry then names other uploads and is the same request nevertheless.
        """
        identity = session.identity
        author = Author(session.mailbox, Address(identity.name, identity.address))
        return _shown(await submissions.accept(author, submission, idempotency_key, idempotency_digest))

    @router.get("")
    async def list_entries(session: Annotated[Session, Depends(signed_in)]) -> OutboxPage:
        """List what is under way, and what became of the messages of the last 24 hours."""
        listing = await outbox.entries(session.mailbox, LISTED)
        return OutboxPage(
            entries=tuple(_shown(entry) for entry in listing.entries), truncated=listing.truncated
        )

    @router.get("/{entry_id}")
    async def read_entry(session: Annotated[Session, Depends(signed_in)], entry_id: EntryId) -> OutboxEntry:
        """Tell what became of one message."""
        return _shown(await outbox.find(session.mailbox, entry_id))

    @router.delete("/{entry_id}", status_code=204)
    async def cancel(session: Annotated[Session, Depends(signed_in)], entry_id: EntryId) -> Response:
        """Cancel a message while it is held."""
        await outbox.cancel(session.mailbox, entry_id)
        return Response(status_code=204)

    @router.put("/{entry_id}/seen", status_code=204)
    async def acknowledge(session: Annotated[Session, Depends(signed_in)], entry_id: EntryId) -> Response:
        """Note that a failure was seen which could not be reported by mail."""
        await outbox.acknowledge(session.mailbox, entry_id)
        return Response(status_code=204)

    return router


def _shown(entry: Entry) -> OutboxEntry:
    return OutboxEntry(
        id=entry.id,
        state=entry.state(),
        subject=entry.letter.subject,
        created_at=entry.created_at,
        due_at=entry.due_at,
        attempts=entry.attempts,
        recipients=tuple(
            RecipientStatus(address=each.address, state=each.state, detail=each.words())
            for each in entry.recipients()
        ),
        message_id=entry.letter.message_id,
        report=entry.report(),
    )
