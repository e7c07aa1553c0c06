"""One way to connect to Redis: short time-outs, so that a dead Redis is told at once and not waited for.

A URL names one server (``redis://``, ``rediss://``), or a service that Sentinels watch over:
``redis+sentinel://[user:password@]host[:26379],host…/service[/db]``. Cluster is not supported.
"""

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote, urlsplit

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.asyncio.sentinel import Sentinel, SentinelConnectionPool
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as RedisUnreachable

CONNECT_SECONDS = 1.0
ANSWER_SECONDS = 1.5
"""A loaded Redis answers sooner, its disk's time included; what takes longer hangs."""
CONNECTIONS = 64
"""Of one process to one Redis. Who finds all of them busy waits for one, ``ANSWER_SECONDS`` at most."""
SENTINEL_SCHEME = "redis+sentinel"
SENTINEL_PORT = 26379


@dataclass(frozen=True, slots=True)
class SentinelService:
    """A service that Sentinels watch over; the credential is the servers', "" for none."""

    sentinels: tuple[tuple[str, int], ...]
    service: str
    db: int = 0
    username: str = field(default="", repr=False)
    password: str = field(default="", repr=False)

    @classmethod
    def from_url(cls, url: str) -> "SentinelService | None":
        """Read a URL; None where it names one server. Raises ValueError, without quoting the URL."""
        if not url.startswith(f"{SENTINEL_SCHEME}://"):
            return None
        parts = urlsplit(url)
        credential, _, hosts = parts.netloc.rpartition("@")
        service, _, db = parts.path.strip("/").partition("/")
        username, _, password = credential.partition(":")
        if not service or not hosts or not (db or "0").isdecimal():
            raise ValueError("a Sentinel URL is redis+sentinel://host,host/service, or with /db after it")
        return cls(
            sentinels=tuple(_host(each) for each in hosts.split(",")),
            service=service,
            db=int(db or 0),
            username=unquote(username),
            password=unquote(password),
        )


def _host(text: str) -> tuple[str, int]:
    parts = urlsplit(f"//{text}")
    if not parts.hostname:
        raise ValueError("a Sentinel URL needs the host of each Sentinel")
    return parts.hostname, parts.port or SENTINEL_PORT


class _ClosingPool(SentinelConnectionPool):
    """Ends the connections to the Sentinels with its own."""

    async def disconnect(self, inuse_connections: bool = True) -> None:  # noqa: FBT001, FBT002 — its base's
        await super().disconnect(inuse_connections)
        for sentinel in self.sentinel_manager.sentinels:
            await sentinel.connection_pool.disconnect()


def connect_redis(url: str) -> Redis:
    """Return a client for ``url``; values are bytes. Close it with ``aclose()``.

    A connection that went stale is replaced once (one retry); a server that is away raises
    ``redis.exceptions.RedisError`` within about a second, one that hangs after ``ANSWER_SECONDS``: it is not
    asked again, which would load one that is only slow. What it was asked it may still do. Behind Sentinels
    it is whichever server is the primary now. Raises ValueError for a URL that is none.
    """
    options: dict[str, Any] = {
        "socket_connect_timeout": CONNECT_SECONDS,
        "socket_timeout": ANSWER_SECONDS,
        "retry": Retry(NoBackoff(), 1, supported_errors=(RedisUnreachable,)),
        "health_check_interval": 30,
    }
    if behind := SentinelService.from_url(url):
        watch = {"socket_connect_timeout": CONNECT_SECONDS, "socket_timeout": ANSWER_SECONDS}
        sentinel = Sentinel(behind.sentinels, sentinel_kwargs=watch)  # type: ignore[no-untyped-call]
        options |= {"db": behind.db, "username": behind.username or None, "password": behind.password or None}
        primary: Redis = sentinel.master_for(behind.service, connection_pool_class=_ClosingPool, **options)
        return primary
    pool = BlockingConnectionPool.from_url(
        url, max_connections=CONNECTIONS, timeout=ANSWER_SECONDS, **options
    )
    return Redis.from_pool(pool)
