"""The locks in Redis as the lock API sees them; the rules stand in ``lua/state.lua``.

Redis errors pass through (503).
"""

from redis.asyncio import Redis

from auth_service.instants_redis import MILLISECONDS, instant
from auth_service.locks import Acquired, Claimant, LockState, Renewed
from auth_service.scripts_redis import load_script
from auth_service.sessions import Held


class RedisLockStore:
    """The LockStore on the Redis of role ``state``; the client must answer in bytes."""

    def __init__(self, redis: Redis) -> None:
        self._tell = load_script(redis, "tell_lock")
        self._claim = load_script(redis, "claim_lock")
        self._release = load_script(redis, "release_lock")

    async def tell(self, mailbox: str) -> LockState | None:
        """Tell who holds a mailbox, None for nobody."""
        found = await self._tell(args=[mailbox])
        if not found:
            return None
        application, since, expires_at = found
        return LockState(application.decode(), instant(since), instant(expires_at))

    async def claim(
        self, mailbox: str, claimant: Claimant, *, ttl_seconds: int, takeover: bool
    ) -> Renewed | Acquired | Held:
        """Renew or acquire the lock, or take it over."""
        verdict, *answer = await self._claim(
            args=[
                mailbox,
                _holder(claimant),
                claimant.application,
                ttl_seconds * MILLISECONDS,
                int(takeover),
            ]
        )
        match verdict:
            case b"held":
                application, since = answer
                return Held(application.decode(), instant(since))
            case b"renewed":
                fence, expires_at = answer
                return Renewed(fence, instant(expires_at))
            case _:
                fence, expires_at, lost_sid, lost_application = answer
                return Acquired(
                    fence=fence,
                    expires_at=instant(expires_at),
                    lost_sid=lost_sid.decode() or None,
                    lost_application=lost_application.decode() or None,
                )

    async def release(self, mailbox: str, claimant: Claimant) -> bool:
        """Free the lock where the claimant has it."""
        return bool(await self._release(args=[mailbox, _holder(claimant)]))


def _holder(claimant: Claimant) -> str:
    """Name the holder as no session of ours (a sid has no colon) and no other webmail's (nor has a name)."""
    return f"{claimant.application}:{claimant.holder}"
