"""Entry point of the workers: `celery -A sender_service.worker worker --pool threads`.

One event loop a process, in a thread of its own, so that SMTP connections outlive a task; the pool's threads
only wait for it. A task's failure is logged and forgotten: the outbox, not Celery, knows what is still to be
done.
"""

import asyncio
import socket
from collections.abc import Coroutine
from concurrent.futures import Future
from threading import Thread
from typing import Any

import structlog
from celery.signals import setup_logging, worker_init, worker_shutdown

from courriel_seal import KeyRing
from courriel_web.logs import configure_logs
from courriel_web.redis_connection import connect_redis
from sender_service.delivery import RetryPolicy
from sender_service.delivery_smtp import SmtpRelay
from sender_service.dispatch import Dispatch
from sender_service.hints_celery import TASK, make_celery
from sender_service.outbox_redis import LEASE_SECONDS, RedisOutbox
from sender_service.relays import Relays
from sender_service.report import Reporter
from sender_service.settings import Settings

CLOSE_SECONDS = 5.0
log = structlog.get_logger(__name__)


class Engine:
    """The loop of a worker process, and what lives on it."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._loop = asyncio.new_event_loop()
        self._thread = Thread(target=self._loop.run_forever, name="deliveries", daemon=True)
        self._redis = connect_redis(settings.redis_state_url.get_secret_value())
        self._relays = [
            SmtpRelay(
                server,
                hostname=socket.gethostname(),
                connections=settings.smtp_connections,
                reply_seconds=settings.smtp_reply_seconds,
            )
            for server in settings.relays()
        ]
        outbox = RedisOutbox(
            self._redis,
            KeyRing.parse(settings.sender_keys.get_secret_value()),
            rates=settings.rates(),
        )
        retries = RetryPolicy(
            window=settings.sender_retry_window_seconds, first=settings.sender_retry_first_seconds
        )
        self._dispatch = Dispatch(
            outbox,
            Relays(self._relays),
            retries,
            Reporter(settings.mail_domain),
            settings.limits(),
            lease_seconds=LEASE_SECONDS,
        )

    def start(self) -> None:
        """Start the loop's thread."""
        self._thread.start()

    def deliver(self, entry_id: str) -> None:
        """Try to deliver one entry; return when the attempt is over."""
        self._run(self._dispatch.deliver(entry_id)).result()

    def stop(self) -> None:
        """Close what is open; called when no delivery runs any more."""
        try:
            self._run(self._close()).result(CLOSE_SECONDS)
        finally:
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(CLOSE_SECONDS)

    async def _close(self) -> None:
        for relay in self._relays:
            await relay.aclose()
        await self._redis.aclose()

    def _run(self, work: Coroutine[Any, Any, None]) -> Future[None]:
        return asyncio.run_coroutine_threadsafe(work, self._loop)


settings = Settings()
celery = make_celery(settings.redis_state_url.get_secret_value())
engine = Engine(settings)


def _configure_logs(**_: object) -> None:
    """Keep Celery from laying its own logging over ours."""
    configure_logs("sender-worker", settings.log_level)


def _start(**_: object) -> None:
    engine.start()


def _stop(**_: object) -> None:
    engine.stop()


def deliver(entry_id: str) -> None:
    """Follow one hint."""
    try:
        engine.deliver(entry_id)
    except Exception as error:  # noqa: BLE001 — the lease runs out, and the outbox gives the entry to another
        log.warning("attempt failed", entry=entry_id, error=type(error).__name__)


setup_logging.connect(_configure_logs)
worker_init.connect(_start)
worker_shutdown.connect(_stop)
celery.task(deliver, name=TASK)
