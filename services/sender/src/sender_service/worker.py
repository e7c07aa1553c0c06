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
from celery.signals import setup_logging, worker_init, worker_shutdown, worker_shutting_down

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
PATROL_END_SECONDS = 60.0
"""A relay may take its time over the message under way; what is not over then, another repeats."""
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
        """Start the loop's thread, and look for what is due without hints."""
        self._thread.start()
        self._patrol = self._run(self._dispatch.patrol())

    def deliver(self, entry_id: str) -> None:
        """Follow a hint; return when nothing is due any more."""
        self._run(self._dispatch.work(entry_id)).result()

    def drain(self) -> None:
        """Begin nothing more; Celery waits for what is under way."""
        self._dispatch.stop()

    def stop(self) -> None:
        """Finish the patrol's delivery, and close what is open; called when no other delivery runs."""
        self.drain()
        try:
            self._patrol.result(PATROL_END_SECONDS)
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


def _drain(**_: object) -> None:
    engine.drain()


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
worker_shutting_down.connect(_drain)
worker_shutdown.connect(_stop)
celery.task(deliver, name=TASK)
