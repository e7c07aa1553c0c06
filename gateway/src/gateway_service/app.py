"""The gateway's wiring: routes, clients, middleware and problems meet here, and nowhere else."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from fastapi import FastAPI

from courriel_seal import KeyRing
from courriel_web.end_signal import calling_at_end_signal
from courriel_web.problems import Failure
from courriel_web.service_app import build_service_app
from courriel_web.service_client import ServiceClient
from courriel_wire import Code
from gateway_service import (
    routes_api_directory,
    routes_api_events,
    routes_api_locks,
    routes_api_messages,
    routes_api_outbox,
    routes_api_session,
    routes_api_settings,
    routes_pages_directory,
    routes_pages_files,
    routes_pages_forwarding,
    routes_pages_images,
    routes_pages_messages,
    routes_pages_outbox,
    routes_pages_session,
    routes_pages_session_end,
    routes_pages_settings,
    routes_pages_writing,
    static_files,
)
from gateway_service.auth_client import AuthClient, LockClient
from gateway_service.directory_client import DirectoryClient
from gateway_service.errors import (
    CrossSiteRequest,
    MalformedForm,
    OneMessageOnly,
    SessionEnded,
    TooManyAttachments,
    UnknownFile,
    UnknownMessage,
    UnknownOutboxEntry,
    UnknownPart,
)
from gateway_service.events import EventStreams, Pace
from gateway_service.languages import SpeaksLanguage
from gateway_service.mailbox_client import MailboxClient
from gateway_service.multipart import MAX_FIELDS_OCTETS
from gateway_service.openapi import install_openapi
from gateway_service.pages import Pages
from gateway_service.problem_pages import install_problem_pages
from gateway_service.remote_images import ImageSource, RemoteImages
from gateway_service.remote_images_http import HttpImageSource
from gateway_service.secure_headers import SecureHeaders
from gateway_service.sender_client import SenderClient
from gateway_service.services import Auth, Directory, Locks, Mailbox, Sender, Services
from gateway_service.settings import Settings

VERSION = "0.1.0"
CALL_SECONDS = 60.0
TRANSFER_SECONDS = 3600.0
DIRECTORY_SECONDS = 10.0
"""A page with a letter in it waits for the directory: not long."""

FAILURES: Mapping[type[Exception], Failure] = {
    SessionEnded: Failure(401, Code.SESSION_ENDED, "The session has ended", members=("reason",)),
    CrossSiteRequest: Failure(
        403, Code.CROSS_SITE_REQUEST, "With the cookie, this call must come from our own pages"
    ),
    UnknownMessage: Failure(404, Code.UNKNOWN_MESSAGE, "There is no such message"),
    UnknownPart: Failure(404, Code.UNKNOWN_PART, "The message has no such part"),
    UnknownOutboxEntry: Failure(404, Code.UNKNOWN_OUTBOX_ENTRY, "There is no such entry"),
    UnknownFile: Failure(404, Code.NOT_FOUND, "There is nothing here"),
    MalformedForm: Failure(422, Code.INVALID_REQUEST, "The request is not valid"),
    OneMessageOnly: Failure(422, Code.INVALID_REQUEST, "That takes one message at a time"),
    TooManyAttachments: Failure(422, Code.TOO_MANY_ATTACHMENTS, "Too many attachments"),
}
ROUTERS = (
    routes_api_session.router,
    routes_api_messages.router,
    routes_api_events.router,
    routes_api_outbox.router,
    routes_api_directory.router,
    routes_api_settings.router,
    routes_api_locks.router,
    routes_pages_session.router,
    routes_pages_session_end.router,
    routes_pages_messages.router,
    routes_pages_files.router,
    routes_pages_images.router,
    routes_pages_writing.router,
    routes_pages_forwarding.router,
    routes_pages_directory.router,
    routes_pages_outbox.router,
    routes_pages_settings.router,
    static_files.router,
)


def create_app(
    settings: Settings,
    *,
    auth: Auth | None = None,
    locks: Locks | None = None,
    mailbox: Mailbox | None = None,
    sender: Sender | None = None,
    directory: Directory | None = None,
    images: ImageSource | None = None,
) -> FastAPI:
    """Make the application; services that are not given are reached by HTTP, as ``settings`` say."""
    auth_calls, mailbox_calls, sender_calls = (
        _client(settings, url) for url in (settings.auth_url, settings.mailbox_url, settings.sender_url)
    )
    # Without our credential, and with connections of its own: a crowd of lock calls keeps no sign-in waiting.
    lock_calls = ServiceClient(settings.auth_url, timeout_seconds=CALL_SECONDS)
    directory_calls = _client(settings, settings.directory_url, DIRECTORY_SECONDS)
    mailbox_transfers = _client(settings, settings.mailbox_url, TRANSFER_SECONDS)
    sender_transfers = _client(settings, settings.sender_url, TRANSFER_SECONDS)
    mailbox_streams = _client(settings, settings.mailbox_url, TRANSFER_SECONDS, connections=0)
    events = EventStreams(Pace())

    internet = HttpImageSource()

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        async with (
            internet,
            auth_calls,
            lock_calls,
            mailbox_calls,
            sender_calls,
            directory_calls,
            mailbox_transfers,
            sender_transfers,
            mailbox_streams,
        ):
            with calling_at_end_signal(events.close):
                yield

    # No readiness checks: with a service down, the gateway still has plain words to say about it.
    app = build_service_app(
        "Courriel léger",
        version=VERSION,
        failures=FAILURES,
        checks={},
        lifespan=lifespan,
        trust_request_id=False,
        openapi_url="/api/openapi.json",
        # JSON is held whole, some twenty times as large, before anybody knows who sent it.
        other_body_octets=dict.fromkeys(
            ("/api/uploads", "/compose", "/compose/directory", "/compose/undo"), settings.max_upload_octets
        )
        | {"/api/outbox": min(MAX_FIELDS_OCTETS, settings.max_upload_octets)},
    )
    app.state.settings = settings
    app.state.pages = Pages(settings)
    app.state.remote_images = (
        RemoteImages(images or internet, KeyRing.of_secret(settings.gateway_secret.get_secret_value()))
        if settings.remote_images
        else None
    )
    app.state.events = events
    app.state.services = Services(
        auth=auth or AuthClient(auth_calls),
        locks=locks or LockClient(lock_calls),
        mailbox=mailbox or MailboxClient(mailbox_calls, mailbox_transfers, mailbox_streams),
        sender=sender or SenderClient(sender_calls, sender_transfers),
        directory=directory or DirectoryClient(directory_calls),
    )
    for router in ROUTERS:
        app.include_router(router)
    install_problem_pages(app)
    install_openapi(app, settings)
    app.add_middleware(SecureHeaders, secure=settings.secure)
    app.add_middleware(SpeaksLanguage)
    return app


def _client(
    settings: Settings, url: str, seconds: float = CALL_SECONDS, connections: int = 256
) -> ServiceClient:
    return ServiceClient(
        url,
        name="gateway",
        secret=settings.gateway_secret,
        timeout_seconds=seconds,
        connections=connections,
    )
