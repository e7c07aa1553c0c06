"""Sessions and their locks in Redis: one Lua script a step, so that they change together or not at all.

The rules and the names of the keys stand in ``lua/state.lua``. Redis errors pass through (503).
"""

from redis.asyncio import Redis

from auth_service.instants_redis import MILLISECONDS, instant
from auth_service.scripts_redis import load_script
from auth_service.sessions import Ended, Held, LastOpening, NewSession, Opened, Session


class RedisSessionStore:
    """The SessionStore on the Redis of role ``state``; the client must answer in bytes."""

    def __init__(self, redis: Redis) -> None:
        self._open = load_script(redis, "open_session")
        self._look = load_script(redis, "look_session")
        self._close = load_script(redis, "close_session")

    async def open(self, new: NewSession, *, takeover: bool) -> Opened | Held:
        """Acquire the lock, or take it over, and create the session."""
        verdict, *answer = await self._open(
            args=[
                new.sid,
                new.digest,
                new.mailbox,
                new.application,
                new.limits.idle * MILLISECONDS,
                new.limits.absolute * MILLISECONDS,
                int(takeover),
                new.sealed_credential,
                new.sealed_client_address,
                new.limits.remembered * MILLISECONDS,
            ]
        )
        if verdict == b"held":
            application, since = answer
            return Held(application=application.decode(), since=instant(since))
        fence, lost_sid, lost_application, last_at, last_from = answer
        return Opened(
            fence=fence,
            lost_sid=lost_sid.decode() or None,
            lost_application=lost_application.decode() or None,
            last=LastOpening(instant(last_at), last_from) if last_at else None,
        )

    async def look(self, digest: str, *, activity: bool) -> Session | Ended:
        """Tell the session, and renew it with its lock."""
        verdict, *answer = await self._look(args=[digest, int(activity)])
        if verdict != b"active":
            return Ended(verdict.decode())
        sid, mailbox, fence, idle, expires_at, sealed = answer
        return Session(
            sid=sid.decode(),
            mailbox=mailbox.decode(),
            fence=fence,
            idle=idle // MILLISECONDS,
            expires_at=instant(expires_at),
            sealed_credential=sealed,
        )

    async def close(self, digest: str) -> None:
        """End the session, and free the lock where it still holds it."""
        await self._close(args=[digest])
