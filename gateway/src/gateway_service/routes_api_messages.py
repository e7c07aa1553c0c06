"""``/api/messages``: the maildrop, passed through from the mailbox service."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response

from courriel_web.answers import json_answer
from courriel_wire import (
    Code,
    DeleteAccepted,
    DeleteRequest,
    DeleteResults,
    MessagePage,
    MessageView,
    SeenManyRequest,
    SeenRequest,
    Sort,
    UndeleteRequest,
)
from gateway_service.browser_session import ApiToken
from gateway_service.downloads import PipedResponse
from gateway_service.identifiers import PathPart, PathUid
from gateway_service.list_place import MAX_QUERY
from gateway_service.openapi import MAILDROP_PROBLEMS, SECURED, bytes_of, problems
from gateway_service.same_origin import only_own_pages_with_cookie
from gateway_service.services import UsesServices

router = APIRouter(
    prefix="/api/messages",
    tags=["Messages"],
    dependencies=[Depends(only_own_pages_with_cookie)],
)
ONE_MESSAGE = (*MAILDROP_PROBLEMS, Code.UNKNOWN_MESSAGE)
ONE_PART = (*ONE_MESSAGE, Code.UNKNOWN_PART, Code.MESSAGE_UNREADABLE)


@router.get(
    "",
    response_model=MessagePage,
    summary="List the messages, a page at a time",
    operation_id="list_messages",
    openapi_extra=SECURED,
    responses=problems(*MAILDROP_PROBLEMS, Code.INVALID_REQUEST),
)
async def list_messages(
    *,
    token: ApiToken,
    services: UsesServices,
    page: Annotated[int, Query(ge=1, le=1_000_000, description="Counts from 1")] = 1,
    per_page: Annotated[int, Query(ge=1, le=200)] = 50,
    sort: Annotated[Sort, Query(description="`-arrival` is the newest first")] = Sort.NEWEST_FIRST,
    q: Annotated[
        str, Query(max_length=MAX_QUERY, description="Words that sender, recipients and subject hold")
    ] = "",
    refresh: Annotated[bool, Query(description="Ask the mail server anew")] = False,
) -> Response:
    """List what is in the maildrop at this moment (`as_of`), newest first.

    Sorting and searching ignore case and accents, and cover the messages that are `indexed`: where `done` is
    less than `total`, the others follow in a moment.
    """
    return json_answer(
        await services.mailbox.page(token, page=page, per_page=per_page, sort=sort, q=q, refresh=refresh)
    )


@router.get(
    "/{uid}",
    response_model=MessageView,
    summary="Read one message",
    operation_id="open_message",
    openapi_extra=SECURED,
    responses=problems(*ONE_MESSAGE),
)
async def open_message(uid: PathUid, token: ApiToken, services: UsesServices) -> Response:
    """Headers, text, sanitised HTML and the list of parts. It marks the message as seen.

    Reading changes nothing for other clients: POP3 has no seen marks, these are the mailbox's own here.
    """
    return json_answer(await services.mailbox.open(token, uid))


@router.put(
    "/{uid}/seen",
    status_code=204,
    summary="Mark one message as seen, or as unseen",
    operation_id="mark_message",
    openapi_extra=SECURED,
    responses=problems(*ONE_MESSAGE, Code.CROSS_SITE_REQUEST, Code.INVALID_REQUEST),
)
async def mark_message(uid: PathUid, body: SeenRequest, token: ApiToken, services: UsesServices) -> None:
    """Set or clear the mark, which whoever shares the mailbox sees too."""
    await services.mailbox.mark(token, uid, seen=body.seen)


@router.post(
    "/seen",
    status_code=204,
    summary="Mark several messages as seen, or as unseen",
    operation_id="mark_messages",
    openapi_extra=SECURED,
    responses=problems(*MAILDROP_PROBLEMS, Code.CROSS_SITE_REQUEST, Code.INVALID_REQUEST),
)
async def mark_messages(body: SeenManyRequest, token: ApiToken, services: UsesServices) -> None:
    """Set or clear their marks; messages that are gone are left out."""
    await services.mailbox.mark_many(token, body)


@router.get(
    "/{uid}/raw",
    summary="Download one message as it was delivered",
    operation_id="download_message",
    openapi_extra=SECURED,
    response_class=Response,
    responses=problems(*ONE_MESSAGE) | bytes_of("message/rfc822", "The message, octet for octet"),
)
async def download_message(uid: PathUid, token: ApiToken, services: UsesServices) -> Response:
    """Stream the message in the Internet Message Format (RFC 5322)."""
    return await PipedResponse.of(services.mailbox.raw(token, uid))


@router.get(
    "/{uid}/parts/{part}",
    summary="Download one attachment",
    operation_id="download_part",
    openapi_extra=SECURED,
    response_class=Response,
    responses=problems(*ONE_PART) | bytes_of("*/*", "The decoded content"),
)
async def download_part(uid: PathUid, part: PathPart, token: ApiToken, services: UsesServices) -> Response:
    """Stream an attachment or inline part, decoded, always as a file to save."""
    return await PipedResponse.of(services.mailbox.part(token, uid, part))


@router.get(
    "/{uid}/parts.zip",
    summary="Download all attachments of a message",
    operation_id="download_parts",
    openapi_extra=SECURED,
    response_class=Response,
    responses=problems(*ONE_MESSAGE) | bytes_of("application/zip", "The attachments"),
)
async def download_parts(uid: PathUid, token: ApiToken, services: UsesServices) -> Response:
    """Stream all attachments as one zip archive."""
    return await PipedResponse.of(services.mailbox.archive(token, uid))


@router.delete(
    "/{uid}",
    summary="Delete one message for good",
    operation_id="delete_message",
    openapi_extra=SECURED,
    responses=problems(*ONE_MESSAGE, Code.CROSS_SITE_REQUEST),
)
async def delete_message(uid: PathUid, token: ApiToken, services: UsesServices) -> DeleteResults:
    """Delete at once. The answer comes when the mail server has acknowledged it (QUIT)."""
    return await services.mailbox.delete(token, uid)


@router.post(
    "/delete",
    summary="Delete several messages, at once or with time to undo",
    operation_id="delete_messages",
    openapi_extra=SECURED,
    response_model=DeleteResults,
    responses=problems(*MAILDROP_PROBLEMS, Code.CROSS_SITE_REQUEST, Code.INVALID_REQUEST)
    | {202: {"model": DeleteAccepted, "description": "Held: it can be undone until `undo_until`"}},
)
async def delete_messages(
    body: DeleteRequest, token: ApiToken, services: UsesServices
) -> DeleteResults | Response:
    """Without `undo_seconds`: delete, and tell what became of each. With it: hold the deletion that long."""
    outcome = await services.mailbox.delete_many(token, body)
    if isinstance(outcome, DeleteAccepted):
        return Response(outcome.model_dump_json(), status_code=202, media_type="application/json")
    return outcome


@router.post(
    "/undelete",
    status_code=204,
    summary="Undo deletions that are held",
    operation_id="undelete_messages",
    openapi_extra=SECURED,
    responses=problems(*ONE_MESSAGE, Code.CROSS_SITE_REQUEST, Code.INVALID_REQUEST),
)
async def undelete_messages(body: UndeleteRequest, token: ApiToken, services: UsesServices) -> None:
    """Take back what is still held."""
    await services.mailbox.undelete(token, body)
