"""What comes and goes in the maildrop, for whoever holds a session's token: one JSON object a line.

An empty line is a sign of life. HTTP to domain and back; no decisions.
"""

import contextlib
from collections.abc import AsyncGenerator
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import StreamingResponse

from courriel_web.credentials import bearer_token
from courriel_web.live_response import LiveResponse
from courriel_wire import MaildropChange
from mailbox_service.callers import AccessOf
from mailbox_service.changes import Change, Changes
from mailbox_service.maildrops import Access
from mailbox_service.sessions import Auth


def change_routes(changes: Changes, auth: Auth, watching: AccessOf) -> APIRouter:
    """Make the route; ``watching`` tells who calls without counting that as activity."""
    router = APIRouter(tags=["changes"])

    @router.get("/changes", response_class=StreamingResponse)
    async def follow_changes(
        request: Request,
        caller: Annotated[Access, Depends(watching)],
        since: Annotated[str, Query(max_length=64)] = "",
    ) -> LiveResponse:
        """Tell changes as they happen; the first at once where the state is not ``since``."""
        found = changes.follow(caller, auth.session(bearer_token(request)), since)
        return LiveResponse(_lines(found), "application/x-ndjson")

    return router


async def _lines(changes: AsyncGenerator[Change | None]) -> AsyncGenerator[str]:
    async with contextlib.aclosing(changes):
        async for change in changes:
            yield f"{_shown(change)}\n" if change else "\n"


def _shown(change: Change) -> str:
    return MaildropChange(
        state=change.state,
        new=change.new,
        vanished=change.vanished,
        total=change.total,
        unread=change.unread,
        as_of=change.as_of,
    ).model_dump_json()
