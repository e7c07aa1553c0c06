"""Held deletions in Redis state: one hash a mailbox, uid to JSON.

The key holds a SHA-256 of the mailbox's name, so that a list of keys is no list of people. UIDLs, sizes and
digests of headers tell nothing of a message to whoever has not the message itself, and are stored as they
are. There is no TTL: what a person deleted must not come back because nobody signed in for a while.
"""

import hashlib
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import cast

from pydantic import BaseModel
from redis.asyncio import Redis

from mailbox_service.deletions import Held
from mailbox_service.summaries import Proof

PREFIX = "mailbox:held:"


class _Stored(BaseModel):
    """The JSON of one held deletion."""

    sid: str
    due: datetime
    size: int | None = None
    digest: str | None = None


class RedisHeldDeletions:
    """HeldDeletions on Redis state. Every method raises RedisError when it does not answer."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    async def add(self, mailbox: str, held: Sequence[Held]) -> None:
        """Store, in one command: all or nothing."""
        await self._redis.hset(_key(mailbox), mapping={each.uid: _dump(each) for each in held})

    async def of(self, mailbox: str) -> list[Held]:
        """Return all of the mailbox."""
        # the connection does not decode
        stored = cast("dict[bytes, bytes]", await self._redis.hgetall(_key(mailbox)))
        return [_load(uid.decode(), value) for uid, value in stored.items()]

    async def remove(self, mailbox: str, uids: Iterable[str]) -> None:
        """Forget; unknown uids are fine."""
        await self._redis.hdel(_key(mailbox), *uids)


def _key(mailbox: str) -> str:
    return PREFIX + hashlib.sha256(mailbox.encode()).hexdigest()


def _dump(held: Held) -> str:
    size, digest = (held.proof.size, held.proof.digest) if held.proof else (None, None)
    return _Stored(sid=held.sid, due=held.due, size=size, digest=digest).model_dump_json()


def _load(uid: str, value: bytes) -> Held:
    stored = _Stored.model_validate_json(value)
    proof = None
    if stored.size is not None and stored.digest is not None:
        proof = Proof(stored.size, stored.digest)
    return Held(uid, stored.sid, stored.due, proof)
