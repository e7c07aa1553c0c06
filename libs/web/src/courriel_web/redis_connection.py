"""One way to connect to Redis: short time-outs, so that a dead Redis is told at once and not waited for."""

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

CONNECT_SECONDS = 1.0
ANSWER_SECONDS = 2.0
CONNECTIONS = 64
"""Of one process to one Redis. Who finds all of them busy waits for one, ``ANSWER_SECONDS`` at most."""


def connect_redis(url: str) -> Redis:
    """Return a client for ``url``; values are bytes. Close it with ``aclose()``.

    A connection that went stale is replaced once (one retry); a server that is away raises
    ``redis.exceptions.RedisError`` within about a second.
    """
    pool = BlockingConnectionPool.from_url(
        url,
        max_connections=CONNECTIONS,
        timeout=ANSWER_SECONDS,
        socket_connect_timeout=CONNECT_SECONDS,
        socket_timeout=ANSWER_SECONDS,
        retry=Retry(NoBackoff(), 1),
        health_check_interval=30,
    )
    return Redis.from_pool(pool)
