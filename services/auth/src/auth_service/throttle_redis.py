"""The throttle's counts in Redis: a sorted set of attempts a subject, changed by one Lua script a step.

It lets nobody in where Redis is away: its errors pass through (503 state-unavailable).

The library ``limits`` would not do: it counts one subject at a time, by the client's clock where its window
slides, and where it does not, it can give back only by lending to the next window.
"""

from collections.abc import Sequence

from redis.asyncio import Redis

from auth_service.scripts_redis import load_script
from auth_service.throttle import Admitted, Full, MustWait

MILLISECONDS = 1000


class RedisThrottle:
    """The Throttle on the Redis of role ``state``.

    ``limit`` failures a ``window_seconds`` and subject; an attempt that was not settled after
    ``attempt_seconds`` (its process died) no longer keeps others waiting, but counts as a failure.
    """

    def __init__(self, redis: Redis, *, limit: int, window_seconds: int, attempt_seconds: int) -> None:
        self._admit = load_script(redis, "admit_attempt")
        self._settle = load_script(redis, "settle_attempt")
        self._limits = [limit, window_seconds * MILLISECONDS, attempt_seconds * MILLISECONDS]

    async def admit(self, attempt: str, subjects: Sequence[str]) -> Admitted | MustWait | Full:
        """Count the attempt against every subject, or against none."""
        verdict, milliseconds = await self._admit(args=[attempt, *self._limits, *subjects])
        match verdict:
            case b"admitted":
                return Admitted()
            case b"wait":
                return MustWait()
            case _:
                return Full(retry_after=milliseconds / MILLISECONDS)

    async def settle(self, attempt: str, subjects: Sequence[str], *, failed: bool) -> None:
        """Keep the attempt as a failure, or give it back."""
        await self._settle(args=[attempt, int(failed), *subjects])
