"""HTTP ⇄ uploads: a raw body streamed in. No decisions."""

from email.message import Message
from email.utils import collapse_rfc2231_value
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request, Response
from starlette.requests import ClientDisconnect

from courriel_wire import Upload
from sender_service.limits import Limits
from sender_service.routes_session import Session, SignedIn
from sender_service.uploads import (
    UnknownUpload,
    UploadInterrupted,
    Uploads,
    UploadSizes,
    UploadTooLarge,
    harmless_name,
    media_type,
    receive_upload,
)

UploadId = Annotated[str, Path(max_length=64, pattern=r"^[A-Za-z0-9_-]+$")]
RAW_BODY = {
    "requestBody": {"required": True, "content": {"*/*": {"schema": {"type": "string", "format": "binary"}}}}
}


def uploads_router(uploads: Uploads, signed_in: SignedIn, limits: Limits) -> APIRouter:
    """Make the routes of ``/uploads``."""
    router = APIRouter(prefix="/uploads", tags=["uploads"])
    sizes = UploadSizes(limits.attachment_octets, limits.message_octets)

    @router.post("", status_code=201, openapi_extra=RAW_BODY)
    async def upload(session: Annotated[Session, Depends(signed_in)], request: Request) -> Upload:
        """Take one attachment; its name stands in Content-Disposition (RFC 6266)."""
        content_type = request.headers.get("Content-Type", "")
        filename = _filename(request.headers.get("Content-Disposition", ""))
        limits.check_file(harmless_name(filename), media_type(content_type))
        max_octets = sizes.limit(content_type)
        if _announced_octets(request) > max_octets:
            raise UploadTooLarge(max_octets)
        try:
            stored = await receive_upload(
                uploads,
                session.mailbox,
                filename,
                content_type,
                request.stream(),
                limit=max_octets,
            )
        except ClientDisconnect:
            raise UploadInterrupted from None
        return Upload(
            id=stored.id, filename=stored.filename, size=stored.size, content_type=stored.content_type
        )

    @router.delete("/{upload_id}", status_code=204)
    async def discard(session: Annotated[Session, Depends(signed_in)], upload_id: UploadId) -> Response:
        """Forget an attachment that was not sent."""
        if not await uploads.discard(session.mailbox, upload_id):
            raise UnknownUpload
        return Response(status_code=204)

    return router


def _announced_octets(request: Request) -> int:
    length = request.headers.get("Content-Length", "")
    return int(length) if length.isdecimal() else 0


def _filename(disposition: str) -> str:
    """Return the header's file name, decoded as RFC 8187 writes it; "" where there is none."""
    header = Message()
    header["Content-Disposition"] = disposition
    name = header.get_param("filename", "", "Content-Disposition")
    return collapse_rfc2231_value(name) if name else ""
