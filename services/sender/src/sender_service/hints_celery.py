"""The way to the workers: a Celery task that carries an entry's id and nothing else.

Celery is trusted with nothing (docs/adr/0003): it may lose, repeat or reorder. So: no results, no retries, no
ETA.
"""

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import quote

from celery import Celery

from courriel_web.redis_connection import SentinelService

TASK = "sender.deliver"
QUEUE = "outbox"
SOCKET_SECONDS = 2.0


def make_celery(broker_url: str) -> Celery:
    """Make the Celery application that API and worker share; connects to nothing yet."""
    url, options = _broker(broker_url)
    celery = Celery("sender", broker=url, set_as_current=False)
    celery.conf.update(
        accept_content=["json"],
        task_serializer="json",
        task_default_queue=QUEUE,
        task_acks_late=True,
        task_ignore_result=True,
        result_backend=None,
        worker_prefetch_multiplier=1,
        worker_pool="threads",
        worker_hijack_root_logger=False,
        worker_redirect_stdouts=False,
        worker_send_task_events=False,
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,
        broker_transport_options={
            "socket_connect_timeout": SOCKET_SECONDS,
            "socket_timeout": SOCKET_SECONDS,
            "retry_on_timeout": False,
            "max_retries": 1,
            **options,
        },
    )
    return celery


def _broker(url: str) -> tuple[str, dict[str, str]]:
    """Return the URL as Celery's transports want it, and their options; one URL a Sentinel.

    (https://docs.celeryq.dev/en/stable/getting-started/backends-and-brokers/redis.html)
    """
    behind = SentinelService.from_url(url)
    if behind is None:
        return url, {}
    secret = (
        f"{quote(behind.username, safe='')}:{quote(behind.password, safe='')}@" if behind.password else ""
    )
    urls = (f"sentinel://{secret}{host}:{port}/{behind.db}" for host, port in behind.sentinels)
    return ";".join(urls), {"master_name": behind.service}


class CeleryHints:
    """Implements `sender_service.announcements.Hints`: publishes from one thread of its own."""

    def __init__(self, celery: Celery) -> None:
        self._celery = celery
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="hints")

    async def publish(self, entry_ids: Sequence[str]) -> None:
        """See `Hints.publish`."""
        await asyncio.get_running_loop().run_in_executor(self._thread, self._publish, entry_ids)

    def _publish(self, entry_ids: Sequence[str]) -> None:
        with self._celery.producer_pool.acquire(block=True, timeout=SOCKET_SECONDS) as producer:
            for entry_id in entry_ids:
                self._celery.send_task(TASK, (entry_id,), producer=producer, retry=False, ignore_result=True)

    def close(self) -> None:
        """Let go of the broker; a publication under way is not waited for."""
        self._thread.shutdown(wait=False, cancel_futures=True)
        self._celery.close()
