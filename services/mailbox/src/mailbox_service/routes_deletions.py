"""Deleting messages, for whoever holds a session's token: HTTP to domain and back; no decisions."""

from typing import Annotated

from fastapi import APIRouter, Depends, Response, status

from courriel_wire import DeleteAccepted, DeleteRequest, DeleteResult, DeleteResults, UndeleteRequest
from mailbox_service.callers import AccessOf
from mailbox_service.deletions import Deletions
from mailbox_service.maildrops import Access


def deletion_routes(deletions: Deletions, access: AccessOf) -> APIRouter:
    """Make the routes."""
    router = APIRouter(prefix="/messages", tags=["deletions"])
    Caller = Annotated[Access, Depends(access)]  # noqa: N806 — a type

    @router.delete("/{uid}")
    async def delete_message(caller: Caller, uid: str) -> DeleteResults:
        """Delete one message for good; answers when the server has acknowledged it."""
        outcome = await deletions.delete_one(caller, uid)
        return DeleteResults(results=(DeleteResult(uid=uid, outcome=outcome),))

    @router.post("/delete", responses={status.HTTP_202_ACCEPTED: {"model": DeleteAccepted}})
    async def delete_messages(
        caller: Caller, asked: DeleteRequest, response: Response
    ) -> DeleteResults | DeleteAccepted:
        """Delete messages for good, or hold that for ``undo_seconds``."""
        if asked.undo_seconds:
            response.status_code = status.HTTP_202_ACCEPTED
            return DeleteAccepted(undo_until=await deletions.hold(caller, asked.uids, asked.undo_seconds))
        outcomes = await deletions.delete(caller, asked.uids)
        return DeleteResults(
            results=tuple(DeleteResult(uid=uid, outcome=outcome) for uid, outcome in outcomes.items())
        )

    @router.post("/undelete", status_code=status.HTTP_204_NO_CONTENT)
    async def undelete_messages(caller: Caller, asked: UndeleteRequest) -> None:
        """Take held deletions back."""
        await deletions.take_back(caller, asked.uids)

    return router
