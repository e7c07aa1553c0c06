"""One message outside of our pages: sandboxed documents (frame, print, source), and files to save.

None of them marks it as read.
"""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse, Response

from courriel_wire import MessageView
from gateway_service.browser_session import SignedInVisitor, Visitor
from gateway_service.dispositions import attachment
from gateway_service.downloads import PipedResponse
from gateway_service.errors import UnknownMessage
from gateway_service.identifiers import PathPart, PathUid
from gateway_service.openable import Kind, open_part
from gateway_service.pages import pages_of
from gateway_service.remote_images import PATH as REMOTE_PATH
from gateway_service.same_origin import only_own_pages
from gateway_service.secure_headers import connects_ahead, frame_policy
from gateway_service.services import UsesServices

router = APIRouter(include_in_schema=False, dependencies=[Depends(only_own_pages)])


@router.get("/messages/{uid}/body")
async def message_frame(
    *,
    request: Request,
    uid: PathUid,
    visitor: SignedInVisitor,
    services: UsesServices,
    images: bool = False,
) -> Response:
    """Show the sanitised HTML alone, for the sandboxed frame (DESIGN.md, "Hostile mail").

    With ``images``, as the person asked, those from elsewhere are shown too, through our proxy.
    """
    message = await services.mailbox.open(visitor.token, uid, mark_seen=False)
    remote = images and request.app.state.settings.remote_images and visitor.display.remote_images != "never"
    if remote:
        html = await services.mailbox.html_with_images(visitor.token, uid)
        message = message.model_copy(update={"html": html})
    if message.html is None or connects_ahead(message.html):
        raise UnknownMessage
    return _document(request, visitor, message, whole=False, remote=remote)


@router.get("/messages/{uid}/print")
async def message_print(
    request: Request, uid: PathUid, visitor: SignedInVisitor, services: UsesServices
) -> Response:
    """Show heading and body on one sheet: a frame would be cut where the paper ends."""
    message = await services.mailbox.open(visitor.token, uid, mark_seen=False)
    return _document(request, visitor, message, whole=True)


def _document(
    request: Request, visitor: Visitor, message: MessageView, *, whole: bool, remote: bool = False
) -> Response:
    origin = request.app.state.settings.public_url or f"{request.url.scheme}://{request.url.netloc}"
    images = f"{origin}/inline/ {origin}{REMOTE_PATH}" if remote else f"{origin}/inline/"
    return HTMLResponse(
        pages_of(request).text("body.html", message=message, whole=whole, display=visitor.display),
        headers={"Content-Security-Policy": frame_policy(images)},
    )


@router.get("/messages/{uid}/source")
async def message_source(uid: PathUid, visitor: SignedInVisitor, services: UsesServices) -> Response:
    """Show the message as it was delivered, as text."""
    return await PipedResponse.of(
        services.mailbox.raw(visitor.token, uid),
        {"Content-Type": "text/plain; charset=utf-8", "Content-Disposition": "inline"},
    )


@router.get("/messages/{uid}/raw")
async def message_file(uid: PathUid, visitor: SignedInVisitor, services: UsesServices) -> Response:
    """Save the message as it was delivered, named after its subject."""
    message = await services.mailbox.open(visitor.token, uid, mark_seen=False)
    name = f"{message.subject.strip()[:120] or 'message'}.eml"
    return await PipedResponse.of(
        services.mailbox.raw(visitor.token, uid), {"Content-Disposition": attachment(name)}
    )


@router.get("/messages/{uid}/parts/{part}")
async def part_file(
    uid: PathUid, part: PathPart, visitor: SignedInVisitor, services: UsesServices
) -> Response:
    """Save one attachment."""
    return await PipedResponse.of(services.mailbox.part(visitor.token, uid, part))


@router.get("/messages/{uid}/parts/{part}/view")
async def part_view(
    *,
    request: Request,
    uid: PathUid,
    part: PathPart,
    visitor: SignedInVisitor,
    services: UsesServices,
    kind: Annotated[Kind, Query(alias="as")],
) -> Response:
    """Look at one attachment in a document of its own: an image, PDF, text, or a message."""
    if kind == "message":
        enclosed = await services.mailbox.enclosed(visitor.token, uid, part)
        return _document(request, visitor, enclosed, whole=True)
    return await open_part(services.mailbox.part(visitor.token, uid, part), kind)


@router.get("/messages/{uid}/parts.zip")
async def parts_file(uid: PathUid, visitor: SignedInVisitor, services: UsesServices) -> Response:
    """Save all attachments as one zip."""
    return await PipedResponse.of(services.mailbox.archive(visitor.token, uid))
