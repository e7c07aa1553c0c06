"""One message outside of our pages: sandboxed documents (frame, print, source), and files to save.

None of them marks it as read.
"""

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, Response

from courriel_wire import MessageView
from gateway_service.browser_session import SignedInVisitor, Visitor
from gateway_service.dispositions import attachment
from gateway_service.downloads import PipedResponse
from gateway_service.errors import UnknownFile, UnknownMessage
from gateway_service.identifiers import PathName, PathPart, PathUid
from gateway_service.pages import pages_of
from gateway_service.same_origin import only_own_pages
from gateway_service.secure_headers import frame_policy
from gateway_service.services import UsesServices

router = APIRouter(include_in_schema=False, dependencies=[Depends(only_own_pages)])
IMAGE_TYPES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp", "image/bmp", "image/avif"})


@router.get("/messages/{uid}/body")
async def message_frame(
    request: Request, uid: PathUid, visitor: SignedInVisitor, services: UsesServices
) -> Response:
    """Show the sanitised HTML alone, for the sandboxed frame (DESIGN.md, "Hostile mail")."""
    message = await services.mailbox.open(visitor.token, uid, mark_seen=False)
    if message.html is None:
        raise UnknownMessage
    return _document(request, visitor, message, whole=False)


@router.get("/messages/{uid}/print")
async def message_print(
    request: Request, uid: PathUid, visitor: SignedInVisitor, services: UsesServices
) -> Response:
    """Show heading and body on one sheet: a frame would be cut where the paper ends."""
    message = await services.mailbox.open(visitor.token, uid, mark_seen=False)
    return _document(request, visitor, message, whole=True)


def _document(request: Request, visitor: Visitor, message: MessageView, *, whole: bool) -> Response:
    origin = request.app.state.settings.public_url or f"{request.url.scheme}://{request.url.netloc}"
    return HTMLResponse(
        pages_of(request).text("body.html", message=message, whole=whole, display=visitor.display),
        headers={"Content-Security-Policy": frame_policy(f"{origin}/inline/")},
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


@router.get("/messages/{uid}/parts.zip")
async def parts_file(uid: PathUid, visitor: SignedInVisitor, services: UsesServices) -> Response:
    """Save all attachments as one zip."""
    return await PipedResponse.of(services.mailbox.archive(visitor.token, uid))


@router.get("/inline/{name}")
async def inline_image(name: PathName, services: UsesServices) -> Response:
    """Show an inline image in a message's frame, which has an opaque origin and sends no cookie.

    The random name is the key to it, for ten minutes.
    """
    image = await PipedResponse.of(
        services.mailbox.inline(name), {"Cross-Origin-Resource-Policy": "cross-origin"}
    )
    if image.headers["content-type"].partition(";")[0].strip().lower() not in IMAGE_TYPES:
        await image.close()
        raise UnknownFile
    return image
