"""Seen marks, for whoever holds a session's token: HTTP to domain and back; no decisions."""

from typing import Annotated

from fastapi import APIRouter, Depends, status

from courriel_wire import SeenManyRequest, SeenRequest
from mailbox_service.callers import AccessOf
from mailbox_service.maildrops import Access
from mailbox_service.seen import Seen


def seen_routes(marks: Seen, access: AccessOf) -> APIRouter:
    """Make the routes."""
    router = APIRouter(prefix="/messages", tags=["seen marks"])
    Caller = Annotated[Access, Depends(access)]  # noqa: N806 — a type

    @router.put("/{uid}/seen", status_code=status.HTTP_204_NO_CONTENT)
    async def mark_message(caller: Caller, uid: str, asked: SeenRequest) -> None:
        """Set or clear one message's mark."""
        await marks.mark_one(caller, uid, seen=asked.seen)

    @router.post("/seen", status_code=status.HTTP_204_NO_CONTENT)
    async def mark_messages(caller: Caller, asked: SeenManyRequest) -> None:
        """Set or clear the marks of several messages; those that are gone are left out."""
        await marks.mark_those(caller, asked.uids, seen=asked.seen)

    return router
