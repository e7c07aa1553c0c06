"""HTTP ⇄ what may be sent, and how much of it is left. No decisions."""

from typing import Annotated

from fastapi import APIRouter, Depends

from courriel_wire import SendingLimits, SendingRate
from sender_service.limits import Limits
from sender_service.outbox import Outbox
from sender_service.routes_session import Session, SignedIn


def limits_router(limits: Limits, outbox: Outbox, signed_in: SignedIn) -> APIRouter:
    """Make the route of ``/limits``."""
    router = APIRouter(tags=["outbox"])

    @router.get("/limits")
    async def read_limits(session: Annotated[Session, Depends(signed_in)]) -> SendingLimits:
        """Tell what one message may be, and how much more this mailbox may send now."""
        usage = await outbox.usage(session.mailbox)
        return SendingLimits(
            recipients=limits.recipients,
            message_bytes=limits.message_octets,
            attachment_bytes=limits.attachment_octets,
            attachments=limits.attachments,
            forbidden_file_types=limits.forbidden_file_types,
            forbidden_domains=limits.forbidden_domains,
            allowed_domains=limits.allowed_domains,
            rates=tuple(
                SendingRate(
                    counted=rate.counted,
                    period_seconds=rate.seconds,
                    limit=rate.limit,
                    left=usage.left(rate),
                )
                for rate in usage.used
            ),
        )

    return router
