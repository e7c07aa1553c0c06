"""The auth service put together: the only place that knows every part of it."""

import re
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager

from fastapi import FastAPI
from redis.asyncio import Redis

from auth_service.clock import Clock, SystemClock
from auth_service.errors import (
    LoginRefused,
    MailboxInUse,
    MaildropBusy,
    MaildropsUnavailable,
    MailServerUnavailable,
    NotLocked,
    SessionEnded,
    TooManyAttempts,
    UnusableMailboxName,
)
from auth_service.lock_clients import parse_lock_clients
from auth_service.locks import Locks, LockStore
from auth_service.locks_redis import RedisLockStore
from auth_service.mailbox_client import MailboxClient
from auth_service.mailbox_kind import MailboxKind, MailboxKinds
from auth_service.mailbox_name import MailDomain
from auth_service.maildrops import Maildrops
from auth_service.routes import build_routes
from auth_service.routes_locks import build_lock_routes
from auth_service.sessions import SessionLimits, Sessions, SessionStore
from auth_service.sessions_redis import RedisSessionStore
from auth_service.settings import Settings
from auth_service.sign_in import SignIn, SignInPolicy
from auth_service.throttle import Throttle
from auth_service.throttle_redis import RedisThrottle
from auth_service.vault import Vault
from courriel_seal import KeyRing
from courriel_web.problems import Failure
from courriel_web.redis_connection import connect_redis
from courriel_web.service_app import build_service_app
from courriel_web.service_client import ServiceClient
from courriel_wire import Code

PROOF_SECONDS = 20
"""The longest a mail server may take to accept or refuse a password."""

FAILURES: Mapping[type[Exception], Failure] = {
    LoginRefused: Failure(401, Code.LOGIN_REFUSED, "The sign-in is refused"),
    MailboxInUse: Failure(
        409,
        Code.MAILBOX_IN_USE,
        "The mailbox is open elsewhere",
        members=("application", "since", "takeover"),
    ),
    UnusableMailboxName: Failure(422, Code.INVALID_REQUEST, "The request is not valid"),
    NotLocked: Failure(404, Code.NOT_LOCKED, "The mailbox is not locked"),
    TooManyAttempts: Failure(429, Code.TOO_MANY_ATTEMPTS, "Too many failed sign-ins"),
    MaildropBusy: Failure(503, Code.MAILDROP_BUSY, "Another program reads the mailbox"),
    MailServerUnavailable: Failure(503, Code.MAIL_SERVER_UNAVAILABLE, "The mail server does not answer"),
    MaildropsUnavailable: Failure(503, Code.SERVICE_UNAVAILABLE, "A part of the service does not answer"),
    SessionEnded: Failure(401, Code.SESSION_ENDED, "The session has ended", members=("reason",)),
}


def create_app(
    settings: Settings,
    *,
    store: SessionStore | None = None,
    lock_store: LockStore | None = None,
    throttle: Throttle | None = None,
    maildrops: Maildrops | None = None,
    clock: Clock | None = None,
) -> FastAPI:
    """Make the service; tests hand in adapters of their own, anything else is made from the settings."""
    redis = connect_redis(settings.redis_state_url.get_secret_value())
    mailbox = ServiceClient(
        settings.mailbox_url, name="auth", secret=settings.auth_secret, timeout_seconds=PROOF_SECONDS
    )
    store = store or RedisSessionStore(redis)
    maildrops = maildrops or MailboxClient(mailbox)
    vault = Vault(KeyRing.parse(settings.auth_keys.get_secret_value()))
    domain = MailDomain(settings.mail_domain)
    kinds = MailboxKinds(re.compile(settings.auth_functional_mailboxes))
    sign_in = SignIn(
        throttle=throttle or _throttle(settings, redis),
        maildrops=maildrops,
        store=store,
        vault=vault,
        domain=domain,
        kinds=kinds,
        clock=clock or SystemClock(),
        policy=_policy(settings),
    )

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            stack.push_async_callback(redis.aclose)
            await stack.enter_async_context(mailbox)
            yield

    app = build_service_app(
        "Courriel léger: auth",
        version="1",
        failures=FAILURES,
        checks={"redis-state": redis.ping},
        lifespan=lifespan,
    )
    callers = {
        "gateway": settings.gateway_secret,
        "mailbox": settings.mailbox_secret,
        "sender": settings.sender_secret,
        "directory": settings.directory_secret,
    }
    app.include_router(
        build_routes(sign_in, Sessions(store, maildrops, vault), domain, kinds, callers=callers)
    )
    locks = Locks(lock_store or RedisLockStore(redis), maildrops, domain, takeover=settings.auth_takeover)
    app.include_router(build_lock_routes(locks, parse_lock_clients(settings.auth_lock_clients)))
    return app


def _throttle(settings: Settings, redis: Redis) -> RedisThrottle:
    return RedisThrottle(
        redis,
        limit=settings.auth_sign_in_attempts,
        window_seconds=settings.auth_sign_in_window_seconds,
        attempt_seconds=2 * PROOF_SECONDS,
    )


def _policy(settings: Settings) -> SignInPolicy:
    absolute = settings.auth_absolute_seconds
    return SignInPolicy(
        refusal_seconds=settings.auth_refusal_seconds,
        takeover=settings.auth_takeover,
        limits={
            MailboxKind.PERSONAL: SessionLimits(settings.auth_idle_seconds, absolute),
            MailboxKind.FUNCTIONAL: SessionLimits(settings.auth_functional_idle_seconds, absolute),
        },
    )
