"""One way to connect to Redis: short time-outs, so that a dead Redis is told at once and not waited for."""

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

CONNECT_SECONDS = 1.0
ANSWER_SECONDS = 2.0


def connect_redis(url: str) -> Redis:
    """Return a client for ``url``; values are bytes. Close it with ``aclose()``.

    A connection that went stale is replaced once (one retry); a server that is away raises
    ``redis.exceptions.RedisError`` within about a second.
    """
    return Redis.from_url(
        url,
        socket_connect_timeout=CONNECT_SECONDS,
        socket_timeout=ANSWER_SECONDS,
        retry=Retry(NoBackoff(), 1),
        health_check_interval=30,
    )
