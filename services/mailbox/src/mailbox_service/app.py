"""The mailbox service put together: the only place that knows every part of it."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace

from fastapi import FastAPI

from courriel_pop3 import Limits as Pop3Limits
from courriel_pop3 import Server
from courriel_seal import KeyRing
from courriel_web.end_signal import calling_at_end_signal
from courriel_web.problems import Failure
from courriel_web.redis_connection import connect_redis
from courriel_web.service_app import build_service_app
from courriel_web.service_client import ServiceClient
from courriel_wire import Code
from mailbox_service.auth_client import AuthClient
from mailbox_service.callers import access_by, refreshing_access_by
from mailbox_service.changes import Changes, Pace
from mailbox_service.clock import Clock, SystemClock
from mailbox_service.connections import OpenMaildrop
from mailbox_service.deletions import Deletions, HeldDeletions
from mailbox_service.deletions_redis import RedisHeldDeletions
from mailbox_service.errors import (
    AuthUnavailable,
    CommandRefused,
    HeaderTooLarge,
    InvalidReplyTo,
    LeaseLost,
    LoginRefused,
    LoginTooSoon,
    MaildropBusy,
    MailServerUnavailable,
    MessageTooLarge,
    MessageUnreadable,
    SessionEnded,
    StateUnavailable,
    TooManyStreams,
    UnknownImage,
    UnknownMessage,
    UnknownPart,
)
from mailbox_service.inline_images import ImageStore, InlineImages
from mailbox_service.inline_images_redis import RedisImageStore
from mailbox_service.leases import Leases, LeaseStore
from mailbox_service.leases_redis import RedisLeaseStore
from mailbox_service.logins import Limits
from mailbox_service.mail_cache import CacheStore, MailCache
from mailbox_service.mail_cache_redis import RedisCacheStore
from mailbox_service.maildrop_pop3 import Pop3Maildrops
from mailbox_service.maildrops import Maildrops
from mailbox_service.message_headers import Headers
from mailbox_service.messages import Messages
from mailbox_service.preferences import Preferences, PreferenceStore
from mailbox_service.preferences_redis import RedisPreferenceStore
from mailbox_service.readers import Reader
from mailbox_service.reading_ahead import ReadingAhead
from mailbox_service.reading_pebble import ProcessReader
from mailbox_service.recollection import Recollection
from mailbox_service.routes_changes import change_routes
from mailbox_service.routes_deletions import deletion_routes
from mailbox_service.routes_inline import inline_routes
from mailbox_service.routes_messages import message_routes
from mailbox_service.routes_seen import seen_routes
from mailbox_service.routes_sessions import session_routes
from mailbox_service.routes_settings import settings_routes
from mailbox_service.seen import Seen, SeenStore
from mailbox_service.seen_redis import RedisSeenStore
from mailbox_service.sessions import Auth, Sessions
from mailbox_service.settings import Settings

MAIL_SERVER = "The mail server does not answer"
FAILURES: Mapping[type[Exception], Failure] = {
    LoginRefused: Failure(401, Code.LOGIN_REFUSED, "The mail server refuses this sign-in"),
    SessionEnded: Failure(401, Code.SESSION_ENDED, "The session has ended", members=("reason",)),
    MaildropBusy: Failure(503, Code.MAILDROP_BUSY, "Another program reads the mailbox"),
    LeaseLost: Failure(
        503, Code.MAILDROP_BUSY, "Another replica of the service opened the mailbox", retry_after=5
    ),
    LoginTooSoon: Failure(503, Code.MAILDROP_BUSY, "The mail server wants a pause between two openings"),
    MailServerUnavailable: Failure(503, Code.MAIL_SERVER_UNAVAILABLE, MAIL_SERVER, retry_after=10),
    CommandRefused: Failure(503, Code.MAIL_SERVER_UNAVAILABLE, MAIL_SERVER, retry_after=10),
    TooManyStreams: Failure(
        429, Code.TOO_MANY_STREAMS, "The session has too many event streams open", retry_after=30
    ),
    AuthUnavailable: Failure(
        503, Code.SERVICE_UNAVAILABLE, "A part of the service does not answer", retry_after=5
    ),
    HeaderTooLarge: Failure(503, Code.MAIL_SERVER_UNAVAILABLE, MAIL_SERVER, retry_after=10),
    StateUnavailable: Failure(
        503, Code.STATE_UNAVAILABLE, "The session store does not answer", retry_after=5
    ),
    UnknownMessage: Failure(404, Code.UNKNOWN_MESSAGE, "The message is not in the mailbox"),
    UnknownPart: Failure(404, Code.UNKNOWN_PART, "The message has no such part"),
    UnknownImage: Failure(404, Code.NOT_FOUND, "There is nothing here"),
    InvalidReplyTo: Failure(422, Code.INVALID_ADDRESS, "Not an address", members=("field",)),
    MessageTooLarge: Failure(
        413, Code.MESSAGE_TOO_LARGE, "The message is too large to be opened here", members=("limit",)
    ),
    MessageUnreadable: Failure(
        422, Code.MESSAGE_UNREADABLE, "The message cannot be taken apart; it can be saved as it is"
    ),
}


def create_app(
    settings: Settings,
    *,
    open_maildrop: OpenMaildrop | None = None,
    auth: Auth | None = None,
    held: HeldDeletions | None = None,
    image_store: ImageStore | None = None,
    preference_store: PreferenceStore | None = None,
    seen_store: SeenStore | None = None,
    lease_store: LeaseStore | None = None,
    cache_store: CacheStore | None = None,
    reader: Reader | None = None,
    clock: Clock | None = None,
) -> FastAPI:
    """Make the service; tests hand in adapters of their own, anything else is made from the settings."""
    state = connect_redis(settings.redis_state_url.get_secret_value())
    cache = connect_redis(settings.redis_cache_url.get_secret_value())
    auth_service = ServiceClient(settings.auth_url, name="mailbox", secret=settings.mailbox_secret)
    processes = ProcessReader(
        workers=settings.mailbox_parse_workers,
        seconds=settings.mailbox_parse_seconds,
        max_octets=settings.mailbox_max_message_bytes,
    )
    clock = clock or SystemClock()
    leases = Leases(lease_store or RedisLeaseStore(cache))
    opening = open_maildrop or Pop3Maildrops(_server(settings)).open
    maildrops = Maildrops(opening, clock, _limits(settings), leases)
    deletions = Deletions(maildrops, held or RedisHeldDeletions(state), clock)
    images = InlineImages(image_store or RedisImageStore(cache))
    preferences = Preferences(
        preference_store or RedisPreferenceStore(state),
        KeyRing.parse(settings.mailbox_keys.get_secret_value()),
    )
    seen = Seen(maildrops, seen_store or RedisSeenStore(state))
    mail_reader = reader or processes
    headers = Headers(mail_reader)
    recollection = Recollection(_mail_cache(cache_store or RedisCacheStore(cache), clock, settings))
    ahead = ReadingAhead(
        maildrops,
        headers,
        mail_reader,
        recollection,
        clock,
        rest_seconds=settings.mailbox_connection_seconds,
    )
    messages = Messages(
        maildrops=maildrops,
        deletions=deletions,
        reader=mail_reader,
        images=images,
        headers=headers,
        recollection=recollection,
        ahead=ahead,
        seen=seen,
        remote=KeyRing.of_secret(settings.gateway_secret.get_secret_value()),
        snapshot_seconds=settings.mailbox_snapshot_seconds,
        max_octets=settings.mailbox_max_message_bytes,
    )
    changes = Changes(maildrops, seen, clock, _pace(settings))
    sessions = Sessions(maildrops, deletions, messages, recollection, changes)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            stack.push_async_callback(cache.aclose)
            stack.push_async_callback(state.aclose)
            await stack.enter_async_context(auth_service)
            if reader is None:
                await stack.enter_async_context(processes)
            stack.push_async_callback(leases.close)
            stack.push_async_callback(maildrops.close)
            serving = asyncio.create_task(leases.serve(maildrops.let_go))
            stack.callback(serving.cancel)
            stack.push_async_callback(deletions.close)
            stack.push_async_callback(sessions.close)
            stack.push_async_callback(ahead.close)
            stack.callback(changes.close)
            stack.enter_context(calling_at_end_signal(changes.close))
            yield

    app = build_service_app(
        "Courriel léger: mailbox",
        version="1",
        failures=FAILURES,
        checks={"redis-state": state.ping},
        lifespan=lifespan,
    )
    app.include_router(session_routes(sessions, auth_secret=settings.auth_secret))
    auth = auth or AuthClient(auth_service)
    access = access_by(auth)
    app.include_router(message_routes(messages, access, refreshing_access_by(auth)))
    app.include_router(seen_routes(seen, access))
    app.include_router(change_routes(changes, auth, access_by(auth, activity=False)))
    app.include_router(deletion_routes(deletions, access))
    app.include_router(settings_routes(preferences, access))
    app.include_router(inline_routes(images, gateway_secret=settings.gateway_secret))
    return app


def _server(settings: Settings) -> Server:
    return replace(
        Server.from_url(settings.pop3_url, ca_file=settings.pop3_ca_file),
        forwarding=settings.pop3_client_address,
        connect_timeout=settings.pop3_connect_seconds,
        reply_timeout=settings.pop3_reply_seconds,
        limits=Pop3Limits(message=settings.mailbox_max_message_bytes),
    )


def _mail_cache(store: CacheStore, clock: Clock, settings: Settings) -> MailCache:
    server = _server(settings)
    return MailCache(store, clock, server=f"{server.host}:{server.port}", octets=settings.mailbox_cache_bytes)


def _limits(settings: Settings) -> Limits:
    return Limits(
        idle=settings.mailbox_idle_seconds,
        total=settings.mailbox_connection_seconds,
        gap=settings.mailbox_gap_seconds,
        busy=settings.mailbox_in_use_seconds,
    )


def _pace(settings: Settings) -> Pace:
    return Pace(
        poll=settings.mailbox_poll_seconds,
        quiet=settings.mailbox_quiet_poll_seconds,
        abandoned=settings.mailbox_abandoned_seconds,
    )
