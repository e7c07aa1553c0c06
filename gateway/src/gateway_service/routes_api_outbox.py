"""``/api/uploads`` and ``/api/outbox``: writing, passed through to the sender service."""

from typing import Annotated

from fastapi import APIRouter, Depends, Header, Query, Request

from courriel_wire import Code, OutboxEntry, OutboxPage, OutboxRequest, SendingLimits, Upload
from gateway_service.browser_session import ApiToken
from gateway_service.dispositions import attachment
from gateway_service.errors import MalformedForm
from gateway_service.identifiers import PathEntry
from gateway_service.languages import language
from gateway_service.multipart import Body, File, read_form
from gateway_service.openapi import MAILDROP_PROBLEMS, SECURED, SESSION_PROBLEMS, problems
from gateway_service.quotations import Quotations
from gateway_service.same_origin import only_own_pages_with_cookie
from gateway_service.services import UsesServices
from gateway_service.submissions import submit

router = APIRouter(prefix="/api", tags=["Writing"], dependencies=[Depends(only_own_pages_with_cookie)])
_BINARY = {"type": "string", "format": "binary"}
_UPLOAD_BODY = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {"type": "object", "required": ["file"], "properties": {"file": _BINARY}}
            },
            "*/*": {"schema": _BINARY},
        },
    }
}


@router.post(
    "/uploads",
    status_code=201,
    summary="Upload one attachment",
    operation_id="upload_attachment",
    openapi_extra={**SECURED, **_UPLOAD_BODY},
    responses=problems(
        *SESSION_PROBLEMS,
        Code.CROSS_SITE_REQUEST,
        Code.UPLOAD_TOO_LARGE,
        Code.UPLOAD_QUOTA_EXCEEDED,
        Code.REQUEST_TOO_LARGE,
        Code.INVALID_REQUEST,
    ),
)
async def upload_attachment(
    request: Request,
    token: ApiToken,
    services: UsesServices,
    filename: Annotated[str, Query(max_length=255, description="For a raw body")] = "",
) -> Upload:
    """Send a form with a `file` field, or the file itself.

    A file that is sent itself is named by `Content-Disposition` or by `filename`.
    """
    body = Body(request.receive)
    content_type = request.headers.get("content-type", "application/octet-stream")
    if not content_type.lower().startswith("multipart/form-data"):
        given = request.headers.get("content-disposition")
        return await services.sender.upload(
            token,
            disposition=attachment(filename) if filename or not given else given,
            content_type=content_type,
            chunks=body.chunks(),
        )
    async for item in read_form(content_type, body):
        if isinstance(item, File) and item.name == "file":
            return await services.sender.upload(
                token,
                disposition=attachment(item.filename),
                content_type=item.content_type,
                chunks=item.chunks,
            )
    raise MalformedForm("a form needs a file field")


@router.post(
    "/outbox",
    status_code=202,
    summary="Send a message",
    operation_id="send_message",
    openapi_extra=SECURED,
    responses=problems(
        *MAILDROP_PROBLEMS,
        Code.CROSS_SITE_REQUEST,
        Code.UNKNOWN_MESSAGE,
        Code.UNKNOWN_PART,
        Code.UNKNOWN_UPLOAD,
        Code.IDEMPOTENCY_KEY_REUSED,
        Code.MESSAGE_TOO_LARGE,
        Code.NO_RECIPIENT,
        Code.INVALID_ADDRESS,
        Code.INVALID_HEADER,
        Code.TOO_MANY_RECIPIENTS,
        Code.TOO_MANY_ATTACHMENTS,
        Code.INVALID_REQUEST,
        Code.TOO_MANY_MESSAGES,
        Code.RECIPIENT_NOT_ALLOWED,
        Code.FILE_TYPE_NOT_ALLOWED,
    ),
)
async def send_message(
    request: Request,
    body: OutboxRequest,
    token: ApiToken,
    services: UsesServices,
    idempotency_key: Annotated[
        str | None, Header(pattern=r"^[!-~]{1,200}$", description="Makes sending the same again safe")
    ] = None,
) -> OutboxEntry:
    """Accept a message. It is durable when this answers; what becomes of it stands in the outbox.

    From is the mailbox's own address, always. `forward_of` passes messages of the maildrop on: `subject` and
    `text` that are empty come from them; `new` and `redirect` take one message at a time.
    """
    quotations = Quotations(language(), request.app.state.settings.time_zone)
    return await submit(services, token, body, idempotency_key, quotations)


@router.get(
    "/outbox",
    summary="List what was sent lately",
    operation_id="list_outbox",
    openapi_extra=SECURED,
    responses=problems(*SESSION_PROBLEMS),
)
async def list_outbox(token: ApiToken, services: UsesServices) -> OutboxPage:
    """Recipients, subject and outcome of each message; never its content."""
    return await services.sender.outbox(token)


@router.get(
    "/outbox/{entry}",
    summary="Tell what became of one message",
    operation_id="open_outbox_entry",
    openapi_extra=SECURED,
    responses=problems(*SESSION_PROBLEMS, Code.UNKNOWN_OUTBOX_ENTRY),
)
async def open_outbox_entry(entry: PathEntry, token: ApiToken, services: UsesServices) -> OutboxEntry:
    """Give the state of each recipient, with the mail server's words."""
    return await services.sender.outbox_entry(token, entry)


@router.delete(
    "/outbox/{entry}",
    status_code=204,
    summary="Take a message back while it is held",
    operation_id="cancel_message",
    openapi_extra=SECURED,
    responses=problems(
        *SESSION_PROBLEMS, Code.CROSS_SITE_REQUEST, Code.UNKNOWN_OUTBOX_ENTRY, Code.NOT_CANCELLABLE
    ),
)
async def cancel_message(entry: PathEntry, token: ApiToken, services: UsesServices) -> None:
    """Cancel what was not handed to the mail server yet."""
    await services.sender.cancel(token, entry)


@router.put(
    "/outbox/{entry}/seen",
    status_code=204,
    summary="Note that a failure was seen which could not be reported by mail",
    operation_id="acknowledge_failure",
    openapi_extra=SECURED,
    responses=problems(*SESSION_PROBLEMS, Code.CROSS_SITE_REQUEST, Code.UNKNOWN_OUTBOX_ENTRY),
)
async def acknowledge_failure(entry: PathEntry, token: ApiToken, services: UsesServices) -> None:
    """Let an entry whose `report` is `failed` disappear in 24 hours; before, it stays visible."""
    await services.sender.acknowledge(token, entry)


@router.get(
    "/limits",
    summary="Tell what may be sent, and how much of it is left",
    operation_id="sending_limits",
    openapi_extra=SECURED,
    responses=problems(*SESSION_PROBLEMS),
)
async def sending_limits(token: ApiToken, services: UsesServices) -> SendingLimits:
    """Give the limits of one message, and of the mailbox by hour and by day. No activity of the session."""
    return await services.sender.limits(token)
