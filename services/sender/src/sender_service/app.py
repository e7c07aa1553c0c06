"""The only wiring of the sender's API: settings and adapters in, FastAPI application out."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress

from fastapi import FastAPI

from courriel_seal import KeyRing
from courriel_web.problems import Failure
from courriel_web.redis_connection import connect_redis
from courriel_web.service_app import build_service_app
from courriel_web.service_client import ServiceClient
from courriel_wire import Code
from sender_service.announcements import Announcements, Hints
from sender_service.auth_client import AuthClient, SessionEnded
from sender_service.composing import HtmlTooComplex, InvalidHeader, NotInARedirect
from sender_service.hints_celery import CeleryHints, make_celery
from sender_service.limits import (
    BadAddress,
    FileTypeNotAllowed,
    MessageTooLarge,
    NoRecipient,
    RecipientNotAllowed,
    TooManyAttachments,
    TooManyRecipients,
)
from sender_service.outbox import NotCancellable, Outbox, UnknownOutboxEntry
from sender_service.outbox_redis import RedisOutbox
from sender_service.rates import TooMuchSent
from sender_service.routes_limits import limits_router
from sender_service.routes_metrics import metrics_router
from sender_service.routes_outbox import outbox_router
from sender_service.routes_session import signed_in
from sender_service.routes_uploads import uploads_router
from sender_service.settings import Settings
from sender_service.submission import IdempotencyKeyReused, InvalidSendAt, Submissions
from sender_service.uploads import (
    UnknownAttachment,
    UnknownUpload,
    UploadInterrupted,
    UploadQuotaExceeded,
    Uploads,
    UploadTooLarge,
)
from sender_service.uploads_redis import RedisUploads

FAILURES: Mapping[type[Exception], Failure] = {
    SessionEnded: Failure(401, Code.SESSION_ENDED, "The session has ended", members=("reason",)),
    NoRecipient: Failure(422, Code.NO_RECIPIENT, "No recipient"),
    BadAddress: Failure(422, Code.INVALID_ADDRESS, "Not an address", members=("field", "position")),
    TooManyRecipients: Failure(
        422, Code.TOO_MANY_RECIPIENTS, "Too many recipients", members=("limit", "count")
    ),
    TooManyAttachments: Failure(
        422, Code.TOO_MANY_ATTACHMENTS, "Too many attachments", members=("limit", "count")
    ),
    MessageTooLarge: Failure(413, Code.MESSAGE_TOO_LARGE, "The message is too large", members=("limit",)),
    InvalidHeader: Failure(422, Code.INVALID_HEADER, "This cannot stand in a message", members=("field",)),
    HtmlTooComplex: Failure(422, Code.INVALID_REQUEST, "The HTML is too complex", members=("field",)),
    NotInARedirect: Failure(422, Code.INVALID_REQUEST, "A redirect changes nothing", members=("field",)),
    InvalidSendAt: Failure(422, Code.INVALID_REQUEST, "Not a time to send at", members=("field",)),
    IdempotencyKeyReused: Failure(409, Code.IDEMPOTENCY_KEY_REUSED, "The Idempotency-Key was used before"),
    RecipientNotAllowed: Failure(
        422, Code.RECIPIENT_NOT_ALLOWED, "This recipient is not allowed", members=("address",)
    ),
    FileTypeNotAllowed: Failure(
        422, Code.FILE_TYPE_NOT_ALLOWED, "This type of file is not allowed", members=("filename", "file_type")
    ),
    TooMuchSent: Failure(
        429,
        Code.TOO_MANY_MESSAGES,
        "Too many messages",
        members=("counted", "period_seconds", "limit", "left", "retry_after"),
    ),
    UnknownOutboxEntry: Failure(404, Code.UNKNOWN_OUTBOX_ENTRY, "No such message in the queue"),
    NotCancellable: Failure(409, Code.NOT_CANCELLABLE, "The message can no longer be cancelled"),
    UnknownUpload: Failure(404, Code.UNKNOWN_UPLOAD, "No such upload"),
    UnknownAttachment: Failure(422, Code.UNKNOWN_UPLOAD, "An attachment is missing", members=("upload",)),
    UploadTooLarge: Failure(413, Code.UPLOAD_TOO_LARGE, "The attachment is too large", members=("limit",)),
    UploadQuotaExceeded: Failure(
        413, Code.UPLOAD_QUOTA_EXCEEDED, "Too much waits to be sent", members=("limit",)
    ),
    UploadInterrupted: Failure(400, Code.INVALID_REQUEST, "The upload ended early"),
}
JSON_ALLOWANCE = 2
"""A submission's JSON may be this many times larger than the largest message: escapes and field names."""


def create_app(
    settings: Settings,
    *,
    outbox: Outbox | None = None,
    uploads: Uploads | None = None,
    hints: Hints | None = None,
    auth: AuthClient | None = None,
) -> FastAPI:
    """Make the application; adapters that are not given are the real ones."""
    redis = connect_redis(settings.redis_state_url.get_secret_value())
    keys = KeyRing.parse(settings.sender_keys.get_secret_value())
    outbox = outbox or RedisOutbox(
        redis, keys, rates=settings.rates(), replicas=settings.redis_state_replicas
    )
    uploads = uploads or RedisUploads(
        redis,
        keys,
        quota_octets=settings.sender_upload_quota_bytes,
        kept_seconds=settings.sender_upload_seconds,
    )
    celery_hints = CeleryHints(make_celery(settings.redis_state_url.get_secret_value()))
    announcements = Announcements(outbox, hints or celery_hints)
    auth_service = ServiceClient(
        settings.auth_url, name="sender", secret=settings.sender_secret, timeout_seconds=10.0
    )
    limits = settings.limits()

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        async with auth_service:
            announcing = asyncio.create_task(announcements.run())
            try:
                yield
            finally:
                announcing.cancel()
                with suppress(asyncio.CancelledError):
                    await announcing
                celery_hints.close()
                await redis.aclose()

    app = build_service_app(
        "Courriel léger: sender",
        version="0.1.0",
        failures=FAILURES,
        checks={"redis-state": redis.ping},
        lifespan=lifespan,
        body_octets=JSON_ALLOWANCE * settings.sender_max_message_bytes,
        other_body_octets={"/uploads": None},
    )
    session = signed_in(auth or AuthClient(auth_service))
    submissions = Submissions(
        outbox,
        uploads,
        limits=limits,
        mail_domain=settings.mail_domain,
        announce=announcements.announce,
    )
    app.include_router(outbox_router(submissions, outbox, session))
    app.include_router(uploads_router(uploads, session, limits))
    app.include_router(metrics_router(outbox))
    app.include_router(limits_router(limits, outbox, session))
    return app
