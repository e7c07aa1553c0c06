"""The outbox in Redis: each step of an entry from stage to stage is a Lua script (outbox_scripts.py).

A small message is written by the accepting script itself. A large one is stored first, in chunks that expire
by themselves, and the script makes it stay: it never blocks Redis, and what was not accepted leaves nothing.
"""

from collections.abc import Mapping, Sequence
from typing import Any, cast

from redis.asyncio import Redis
from redis.exceptions import RedisError

from courriel_seal import KeyRing
from courriel_wire import ReportState
from sender_service import outbox_scripts, redis_keys
from sender_service.content_redis import CHUNK_OCTETS, RedisContent
from sender_service.entries_redis import RedisEntries
from sender_service.letter import Letter
from sender_service.letter_sealed import open_letter, seal_letter
from sender_service.outbox import (
    NOTHING_COUNTED,
    Acceptance,
    Claim,
    Depth,
    Entry,
    Listing,
    NotCancellable,
    Stage,
    UnknownOutboxEntry,
)
from sender_service.rates import Rates, Usage
from sender_service.rates_redis import RedisRates
from sender_service.uploads import UnknownAttachment

KEY_SECONDS = 86_400
VISIBLE_SECONDS = 86_400
ANNOUNCE_SECONDS = 2
REPLICATION_MS = 800
LOOKED_AT = 5000
"""As many entries are looked at to tell how long the oldest waits."""
AGAIN_SECONDS = 5
AGAIN_LONGEST_SECONDS = 60
LEASE_SECONDS = 15.0


class NotReplicated(RedisError):
    """Too few replicas have a message on disk in time: it is not promised, though it may still be sent.

    Who sends it again under its Idempotency-Key sends it once.
    """


class RedisOutbox:
    """Implements `sender_service.outbox.Outbox`."""

    def __init__(
        self,
        redis: Redis,
        keys: KeyRing,
        *,
        rates: Rates,
        lease_seconds: float = LEASE_SECONDS,
        replicas: int = 0,
    ) -> None:
        """With `replicas`, a message is accepted once so many have it on disk."""
        self._redis = redis
        self._keys = keys
        self._rates = RedisRates(redis, rates)
        self._content = RedisContent(redis, keys)
        self._entries = RedisEntries(redis, keys)
        self._replicas = replicas
        self._lease_ms = int(lease_seconds * 1000)
        self._accept = redis.register_script(outbox_scripts.ACCEPT)
        self._cancel = redis.register_script(outbox_scripts.CANCEL)
        self._acknowledge = redis.register_script(outbox_scripts.ACKNOWLEDGE)
        self._due = redis.register_script(outbox_scripts.DUE)
        self._claim = redis.register_script(outbox_scripts.CLAIM)
        self._claim_next = redis.register_script(outbox_scripts.CLAIM_NEXT)
        self._renew = redis.register_script(outbox_scripts.RENEW)
        self._depth = redis.register_script(outbox_scripts.DEPTH)
        self._settle = redis.register_script(outbox_scripts.SETTLE)

    async def accept(self, acceptance: Acceptance) -> str:
        """See `Outbox.accept`."""
        chunks, only_chunk = 1, b""
        if len(acceptance.content) <= CHUNK_OCTETS:
            only_chunk = self._content.sealed_chunk(acceptance.id, acceptance.content, 0)
        else:
            chunks = await self._content.store(acceptance.id, acceptance.content)
        status, value = await self._run_accept(acceptance, chunks, only_chunk)
        if status == b"accepted":
            return acceptance.id
        if not only_chunk:
            await self._content.erase(acceptance.id)
        if status == b"earlier":
            return value.decode()
        if status == b"limit":
            raise self._rates.refusal(value)
        if status == b"no-upload":
            raise UnknownAttachment(acceptance.uploads[int(float(value))])
        raise RedisError("the content expired before it was accepted")

    async def _run_accept(
        self, acceptance: Acceptance, chunks: int, only_chunk: bytes
    ) -> tuple[bytes, bytes]:
        mailbox = acceptance.mailbox
        due_ms = 0 if acceptance.due_at is None else int(acceptance.due_at.timestamp() * 1000)
        key = acceptance.idempotency_key
        keys = [
            redis_keys.entry(acceptance.id),
            redis_keys.content(acceptance.id),
            redis_keys.DUE,
            redis_keys.READY,
            redis_keys.visible(mailbox),
            redis_keys.recent(mailbox),
            redis_keys.idempotency(mailbox, key) if key else "",
            redis_keys.upload_quota(mailbox),
        ]
        for upload in acceptance.uploads:
            keys += [redis_keys.upload(upload), redis_keys.upload_chunks(upload)]
        args = [
            acceptance.id,
            redis_keys.owner(mailbox),
            seal_letter(self._keys, acceptance.id, acceptance.letter),
            chunks,
            due_ms,
            len(acceptance.letter.recipients),
            KEY_SECONDS * 1000,
            ANNOUNCE_SECONDS * 1000,
            only_chunk,
            len(acceptance.uploads),
            *acceptance.uploads,
            *self._rates.arguments(),
        ]
        return cast("tuple[bytes, bytes]", tuple(await self._durably(keys, args)))

    async def _durably(self, keys: list[str], args: list[Any]) -> list[bytes]:
        """Run the accepting script; where there are replicas, wait for their disks. Raises NotReplicated."""
        if not self._replicas:
            return cast("list[bytes]", await self._accept(keys=keys, args=args))
        # On one connection: WAITAOF waits for what this connection wrote (https://redis.io/commands/waitaof/).
        async with self._redis.pipeline(transaction=False) as step:
            await self._accept(keys=keys, args=args, client=step)
            step.execute_command("WAITAOF", 1, self._replicas, REPLICATION_MS)
            answer, (_, replicas) = await step.execute()
        if answer[0] == b"accepted" and replicas < self._replicas:
            raise NotReplicated
        return cast("list[bytes]", answer)

    async def check_rates(self, mailbox: str, recipients: int) -> None:
        """See `Outbox.check_rates`."""
        await self._rates.check(mailbox, recipients)

    async def usage(self, mailbox: str) -> Usage:
        """See `Outbox.usage`."""
        return await self._rates.usage(mailbox)

    async def find(self, mailbox: str, entry_id: str) -> Entry:
        """See `Outbox.find`."""
        return await self._entries.find(mailbox, entry_id)

    async def find_by_key(self, mailbox: str, idempotency_key: str) -> Entry | None:
        """See `Outbox.find_by_key`."""
        return await self._entries.find_by_key(mailbox, idempotency_key)

    async def entries(self, mailbox: str, limit: int) -> Listing:
        """See `Outbox.entries`."""
        return await self._entries.listing(mailbox, limit)

    async def cancel(self, mailbox: str, entry_id: str) -> None:
        """See `Outbox.cancel`."""
        stage = await self._cancel(
            keys=[
                redis_keys.entry(entry_id),
                redis_keys.content(entry_id),
                redis_keys.DUE,
                redis_keys.READY,
                redis_keys.visible(mailbox),
            ],
            args=[entry_id, redis_keys.owner(mailbox), VISIBLE_SECONDS * 1000],
        )
        if stage == b"unknown":
            raise UnknownOutboxEntry
        if stage != Stage.CANCELLED.encode():
            raise NotCancellable

    async def acknowledge(self, mailbox: str, entry_id: str) -> None:
        """See `Outbox.acknowledge`."""
        known = await self._acknowledge(
            keys=[redis_keys.entry(entry_id), redis_keys.visible(mailbox)],
            args=[entry_id, redis_keys.owner(mailbox), VISIBLE_SECONDS * 1000],
        )
        if not known:
            raise UnknownOutboxEntry

    async def due(self, limit: int) -> Sequence[str]:
        """See `Outbox.due`."""
        ids = await self._due(
            keys=[redis_keys.DUE, redis_keys.READY],
            args=[limit, redis_keys.ENTRY_PREFIX, AGAIN_SECONDS * 1000, AGAIN_LONGEST_SECONDS * 1000],
        )
        return [entry_id.decode() for entry_id in ids]

    async def claim(self, entry_id: str) -> Claim | None:
        """See `Outbox.claim`."""
        keys = [redis_keys.entry(entry_id), redis_keys.DUE, redis_keys.READY]
        return self._claimed(await self._claim(keys=keys, args=[entry_id, self._lease_ms]))

    async def claim_next(self) -> Claim | None:
        """See `Outbox.claim_next`."""
        return self._claimed(
            await self._claim_next(
                keys=[redis_keys.DUE, redis_keys.READY], args=[redis_keys.ENTRY_PREFIX, self._lease_ms]
            )
        )

    def _claimed(self, answer: list[Any] | None) -> Claim | None:
        if answer is None:
            return None
        name, fence, attempts, sealed, chunks, age_ms = answer
        entry_id = name.decode()
        letter = open_letter(self._keys, entry_id, sealed)
        return Claim(entry_id, fence, letter, attempts, age_ms / 1000, chunks, chunks * CHUNK_OCTETS)

    async def renew(self, claim: Claim) -> bool:
        """See `Outbox.renew`."""
        keys = [redis_keys.entry(claim.id), redis_keys.DUE]
        return bool(await self._renew(keys=keys, args=[claim.id, claim.fence, self._lease_ms]))

    async def content(self, claim: Claim) -> bytes:
        """See `Outbox.content`."""
        return await self._content.read(claim.id, claim.chunks)

    async def depth(self) -> Depth:
        """See `Outbox.depth`."""
        entries, waiting, oldest_ms, counted = await self._depth(
            keys=[redis_keys.DUE, redis_keys.OUTCOMES], args=[redis_keys.ENTRY_PREFIX, LOOKED_AT]
        )
        pairs = zip(counted[::2], counted[1::2], strict=True)
        outcomes = {name.decode(): int(count) for name, count in pairs}
        return Depth(entries, waiting, oldest_ms / 1000, outcomes)

    async def settle(
        self,
        claim: Claim,
        letter: Letter,
        retry_seconds: float | None,
        outcomes: Mapping[str, int] = NOTHING_COUNTED,
    ) -> bool:
        """See `Outbox.settle`."""
        return bool(
            await self._settle(
                keys=[
                    redis_keys.entry(claim.id),
                    redis_keys.content(claim.id),
                    redis_keys.DUE,
                    redis_keys.READY,
                    redis_keys.OUTCOMES,
                ],
                args=[
                    claim.id,
                    claim.fence,
                    seal_letter(self._keys, claim.id, letter),
                    -1 if retry_seconds is None else int(retry_seconds * 1000),
                    redis_keys.VISIBLE_PREFIX,
                    VISIBLE_SECONDS * 1000,
                    int(letter.reporting.state is ReportState.FAILED),
                    *(value for counted in outcomes.items() for value in counted),
                ],
            )
        )
