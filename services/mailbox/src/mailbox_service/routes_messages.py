"""Reading messages, for whoever holds a session's token: HTTP to domain and back; no decisions."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response

from courriel_web.answers import json_answer
from courriel_wire import MessageHtml, MessagePage, MessageView, Sort
from mailbox_service.callers import AccessOf
from mailbox_service.downloads import download
from mailbox_service.listing import Wanted
from mailbox_service.maildrops import Access
from mailbox_service.messages import DEFAULT_PER_PAGE, MAX_PER_PAGE, Messages
from mailbox_service.views import show_message, show_page

MAX_PAGE = 1_000_000
MAX_QUERY = 200


def message_routes(messages: Messages, access: AccessOf, refreshing: AccessOf) -> APIRouter:
    """Make the routes; ``refreshing`` is the access of a caller that may ask the mail server anew."""
    router = APIRouter(prefix="/messages", tags=["messages"])
    Caller = Annotated[Access, Depends(access)]  # noqa: N806 — a type

    @router.get("", response_model=MessagePage)
    async def list_messages(
        *,
        caller: Annotated[Access, Depends(refreshing)],
        page: Annotated[int, Query(ge=1, le=MAX_PAGE)] = 1,
        per_page: Annotated[int, Query(ge=1, le=MAX_PER_PAGE)] = DEFAULT_PER_PAGE,
        sort: Sort = Sort.NEWEST_FIRST,
        q: Annotated[str, Query(max_length=MAX_QUERY)] = "",
        refresh: bool = False,
    ) -> Response:
        """List a page of the maildrop."""
        wanted = Wanted(page, per_page, sort, q)
        return json_answer(show_page(await messages.page(caller, wanted, refresh=refresh), wanted))

    @router.get("/{uid}", response_model=MessageView)
    async def open_message(
        caller: Caller,
        uid: str,
        mark_seen: bool = True,  # noqa: FBT001, FBT002 — a query parameter
    ) -> Response:
        """Open a message."""
        return json_answer(show_message(await messages.open(caller, uid, mark_seen=mark_seen)))

    @router.get("/{uid}/html")
    async def open_html_with_images(caller: Caller, uid: str) -> MessageHtml:
        """Return the HTML with its images from elsewhere, which the gateway fetches at `/remote/…`."""
        return MessageHtml(html=await messages.html_with_images(caller, uid))

    @router.get("/{uid}/raw", response_class=Response)
    async def download_message(caller: Caller, uid: str) -> Response:
        """Return the message as it came."""
        raw = await messages.raw(caller, uid)
        return download(raw, filename="message.eml", content_type="message/rfc822")

    @router.get("/{uid}/parts/{part_id}", response_class=Response)
    async def download_part(caller: Caller, uid: str, part_id: str) -> Response:
        """Return an attachment or inline part, decoded."""
        part = await messages.part(caller, uid, part_id)
        return download(part.content, filename=part.filename, content_type=part.content_type)

    @router.get("/{uid}/parts/{part_id}/message")
    async def open_enclosed(caller: Caller, uid: str, part_id: str) -> MessageView:
        """Open a message that is a part of another; its own parts come with it, as a file."""
        return show_message(await messages.enclosed(caller, uid, part_id))

    @router.get("/{uid}/parts.zip", response_class=Response)
    async def download_parts(caller: Caller, uid: str) -> Response:
        """Return all attachments in one archive."""
        archive = await messages.archive(caller, uid)
        return download(archive, filename="attachments.zip", content_type="application/zip")

    return router
