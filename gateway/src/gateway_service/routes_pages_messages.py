"""Pages of the maildrop: the inbox with its preview, one message, deletion and undo."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Query, Request
from fastapi.responses import RedirectResponse, Response

from courriel_web.service_client import UpstreamProblem
from courriel_wire import (
    Code,
    DeleteAccepted,
    DeleteOutcome,
    DeleteRequest,
    MessageView,
    SeenManyRequest,
    UndeleteRequest,
)
from gateway_service import last_sign_in
from gateway_service.browser_session import SignedInVisitor, Visitor, visit
from gateway_service.errors import UnknownMessage
from gateway_service.identifiers import PathUid, checked_uid
from gateway_service.list_place import AskedPlace, SentPlace
from gateway_service.pages import pages_of
from gateway_service.same_origin import only_own_pages
from gateway_service.services import Services, UsesServices
from gateway_service.session_end import come_back
from gateway_service.unread import seen_when_open

router = APIRouter(include_in_schema=False, dependencies=[Depends(only_own_pages)])
REMINDER_COOKIE = "reminder"
MOST_AT_ONCE = 1000
Uids = Annotated[list[str], Query(max_length=MOST_AT_ONCE)]
FormUids = Annotated[list[str], Form(max_length=MOST_AT_ONCE)]


async def _list_visitor(request: Request, services: UsesServices, *, polled: bool = False) -> Visitor:
    """Tell who looks at the list; that it refreshed by itself (``polled``) is no activity."""
    return await visit(request, services, activity=not polled)


ListVisitor = Annotated[Visitor, Depends(_list_visitor)]


@router.get("/messages")
async def inbox(
    *,
    request: Request,
    visitor: ListVisitor,
    services: UsesServices,
    place: AskedPlace,
    view: str = "",
    refresh: bool = False,
    polled: bool = False,
    opened: Annotated[str, Query(alias="open")] = "",
    deleted: Uids = [],  # noqa: B006 — FastAPI copies it
    until: datetime | None = None,
    outcome: Annotated[list[DeleteOutcome], Query(max_length=MOST_AT_ONCE)] = [],  # noqa: B006 — the same
    notice: str = "",
) -> Response:
    """Show the list, and under it the message that is open."""
    settings = request.app.state.settings
    per_page = visitor.display.messages_per_page
    listing, message = await asyncio.gather(
        services.mailbox.page(
            visitor.token,
            page=place.page,
            per_page=per_page,
            sort=place.sort,
            q=place.q,
            refresh=refresh,
            activity=not polled,
        ),
        _preview(services, visitor.token, opened if visitor.display.preview != "hidden" else ""),
    )
    last_page = max(1, -(-listing.total // per_page))
    if place.page > last_page:
        return RedirectResponse(replace(place, page=last_page).url(), status_code=303)
    answer = pages_of(request).page(
        "messages.html",
        visitor=visitor,
        listing=seen_when_open(listing, message),
        last_page=last_page,
        place=place,
        message=message,
        gone=bool(opened) and message is None and visitor.display.preview != "hidden",
        view=view,
        undo=deleted if until else [],
        until=until.replace(tzinfo=until.tzinfo or UTC) if until else None,
        outcomes=outcome,
        notice=notice,
        last_sign_in=last_sign_in.recall(request),
        reminder=request.cookies.get(REMINDER_COOKIE) != "off",
    )
    if last_sign_in.COOKIE in request.cookies:
        last_sign_in.forget(answer, secure=settings.secure)
    # Who reads a message is not disturbed.
    anew = "" if message else place.url(("refresh", 1), ("polled", 1))
    return come_back(request, answer, visitor, polled=anew)


async def _preview(services: Services, token: str, uid: str) -> MessageView | None:
    """Open the message; None where it is gone, which the list beside it tells."""
    if not uid:
        return None
    try:
        return await services.mailbox.open(token, checked_uid(uid))
    except UnknownMessage:
        return None
    except UpstreamProblem as error:
        if error.problem.type != Code.UNKNOWN_MESSAGE:
            raise
        return None


@router.post("/messages/reminder")
async def dismiss_reminder(request: Request) -> Response:
    """Hide what people forget, as long as this browser is open."""
    answer = RedirectResponse("/messages", status_code=303)
    answer.set_cookie(
        REMINDER_COOKIE,
        "off",
        path="/messages",
        httponly=True,
        samesite="lax",
        secure=request.app.state.settings.secure,
    )
    return answer


@router.post("/messages/delete")
async def delete(
    *,
    visitor: SignedInVisitor,
    services: UsesServices,
    uid: FormUids = [],  # noqa: B006 — FastAPI copies it
    opened: Annotated[str, Form(alias="open")] = "",
    place: SentPlace,
) -> Response:
    """Delete what is ticked, or else the message that is open; the next page offers to undo it."""
    uids = tuple(checked_uid(each) for each in (uid or ([opened] if opened else [])))
    if not uids:
        return RedirectResponse(place.url(("notice", "nothing-ticked")), status_code=303)
    seconds = visitor.display.undo_delete_seconds
    done = await services.mailbox.delete_many(
        visitor.token, DeleteRequest(uids=uids, undo_seconds=seconds or None)
    )
    told: list[tuple[str, str | int]] = []
    if isinstance(done, DeleteAccepted):
        told += [("deleted", each) for each in uids]
        told.append(("until", done.undo_until.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")))
    else:
        told += [("outcome", result.outcome.value) for result in done.results]
    return RedirectResponse(place.url(*told), status_code=303)


@router.post("/messages/seen")
async def mark(
    *,
    visitor: SignedInVisitor,
    services: UsesServices,
    seen: Annotated[bool, Form()],
    uid: FormUids = [],  # noqa: B006 — FastAPI copies it
    opened: Annotated[str, Form(alias="open")] = "",
    place: SentPlace,
) -> Response:
    """Mark what is ticked, or else the message that is open; what is open would be marked as seen again."""
    uids = tuple(checked_uid(each) for each in (uid or ([opened] if opened else [])))
    if not uids:
        return RedirectResponse(place.url(("notice", "nothing-ticked")), status_code=303)
    await services.mailbox.mark_many(visitor.token, SeenManyRequest(uids=uids, seen=seen))
    return RedirectResponse(place.url(), status_code=303)


@router.post("/messages/undelete")
async def undelete(
    visitor: SignedInVisitor,
    services: UsesServices,
    uid: FormUids,
    place: SentPlace,
) -> Response:
    """Take held deletions back."""
    await services.mailbox.undelete(
        visitor.token, UndeleteRequest(uids=tuple(checked_uid(each) for each in uid))
    )
    return RedirectResponse(place.url(("notice", "restored")), status_code=303)


@router.get("/messages/{uid}")
async def message_page(
    request: Request, uid: PathUid, visitor: SignedInVisitor, services: UsesServices, view: str = ""
) -> Response:
    """Show one message on a page of its own."""
    message = await services.mailbox.open(visitor.token, uid)
    answer = pages_of(request).page("message.html", visitor=visitor, message=message, view=view)
    return come_back(request, answer, visitor)
