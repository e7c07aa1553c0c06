"""``/api/events``: what happens, as it happens (server-sent events)."""

from typing import Annotated

from fastapi import APIRouter, Header, Request
from fastapi.responses import StreamingResponse

from courriel_web.live_response import LiveResponse
from courriel_wire import Code
from gateway_service.browser_session import ApiToken
from gateway_service.openapi import MAILDROP_PROBLEMS, SECURED, problems
from gateway_service.services import UsesServices

router = APIRouter(prefix="/api", tags=["Events"])
MEDIA_TYPE = "text/event-stream"
DESCRIPTION = (
    "Events `messages` (MaildropChange), `delivery` (OutboxEntry), `session-warning` (SessionWarning) and "
    "`session-ended` (SessionEnd), each with an id"
)


@router.get(
    "/events",
    summary="Follow what happens",
    operation_id="follow_events",
    openapi_extra=SECURED,
    response_class=StreamingResponse,
    responses=problems(*MAILDROP_PROBLEMS, Code.TOO_MANY_STREAMS)
    | {200: {"description": DESCRIPTION, "content": {MEDIA_TYPE: {"schema": {"type": "string"}}}}},
)
async def follow_events(
    request: Request,
    token: ApiToken,
    services: UsesServices,
    last_event_id: Annotated[str, Header(max_length=64)] = "",
) -> LiveResponse:
    """Tell new and vanished messages, deliveries, and the session's coming and actual end.

    It is no activity. A browser that comes back sends `Last-Event-ID`, and is told what is different now.
    When the last stream of a session has closed and nothing else is heard of it for a minute, it is ended.
    """
    text = await request.app.state.events.open(services, token, last_event_id)
    # a proxy that collects an answer before it passes it on would make a stream pointless
    return LiveResponse(text, MEDIA_TYPE, X_Accel_Buffering="no")
