"""Reading the outbox of a mailbox from Redis. Nothing here changes an entry."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, cast

import structlog
from redis.asyncio import Redis

from courriel_seal import KeyRing, SealBroken
from sender_service import redis_keys
from sender_service.letter_sealed import open_letter
from sender_service.outbox import Entry, Listing, Stage, UnknownOutboxEntry

if TYPE_CHECKING:
    from collections.abc import Awaitable

log = structlog.get_logger(__name__)


class RedisEntries:
    """The entries that a mailbox may see."""

    def __init__(self, redis: Redis, keys: KeyRing) -> None:
        self._redis = redis
        self._keys = keys

    async def find(self, mailbox: str, entry_id: str) -> Entry:
        """See `Outbox.find`."""
        stored = await cast("Awaitable[dict[bytes, bytes]]", self._redis.hgetall(redis_keys.entry(entry_id)))
        if stored.get(b"owner") != redis_keys.owner(mailbox).encode():
            raise UnknownOutboxEntry
        entry = self._readable(entry_id, stored)
        if entry is None:
            raise UnknownOutboxEntry
        return entry

    async def find_by_key(self, mailbox: str, idempotency_key: str) -> Entry | None:
        """See `Outbox.find_by_key`."""
        key = redis_keys.idempotency(mailbox, idempotency_key)
        entry_id = cast("bytes | None", await self._redis.get(key))
        return None if entry_id is None else await self.find(mailbox, entry_id.decode())

    async def listing(self, mailbox: str, limit: int) -> Listing:
        """See `Outbox.entries`."""
        members = cast(
            "list[bytes]", await self._redis.zrange(redis_keys.visible(mailbox), 0, limit, desc=True)
        )
        ids = [member.decode() for member in members[:limit]]
        async with self._redis.pipeline(transaction=False) as step:
            for entry_id in ids:
                step.hgetall(redis_keys.entry(entry_id))
            answers = await step.execute()
        found = (
            self._readable(entry_id, stored) for entry_id, stored in zip(ids, answers, strict=True) if stored
        )
        newest_first = sorted(
            (entry for entry in found if entry), key=lambda entry: entry.created_at, reverse=True
        )
        return Listing(tuple(newest_first), truncated=len(members) > limit)

    def _readable(self, entry_id: str, stored: dict[bytes, bytes]) -> Entry | None:
        """Return the entry, or None (and log it) where no key opens it: one must not hide the others."""
        try:
            return self._entry(entry_id, stored)
        except SealBroken:
            log.warning("entry cannot be unsealed", entry=entry_id)
            return None

    def _entry(self, entry_id: str, stored: dict[bytes, bytes]) -> Entry:
        return Entry(
            id=entry_id,
            stage=Stage(stored[b"stage"].decode()),
            letter=open_letter(self._keys, entry_id, stored[b"sealed"]),
            created_at=_moment(stored[b"created"]),
            due_at=_moment(stored[b"due"]),
            attempts=int(stored[b"attempts"]),
            seen=b"seen" in stored,
        )


def _moment(milliseconds: bytes) -> datetime:
    return datetime.fromtimestamp(int(milliseconds) / 1000, UTC)
