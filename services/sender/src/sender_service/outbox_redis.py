"""The outbox in Redis: sealed letters and messages, and Lua steps (outbox_scripts.py) between their stages.

A small message is written by the accepting script itself. A large one is stored first, in chunks that expire
by themselves, and the script makes it stay: it never blocks Redis, and what was not accepted leaves nothing.
"""

import json
from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any, cast

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from courriel_seal import KeyRing, SealBroken
from courriel_wire import RecipientState, ReportState
from sender_service import outbox_scripts, redis_keys
from sender_service.outbox import (
    NOTHING_COUNTED,
    Acceptance,
    Claim,
    ContentLost,
    Depth,
    Entry,
    Letter,
    Listing,
    NotCancellable,
    Recipient,
    Reporting,
    Stage,
    UnknownOutboxEntry,
)
from sender_service.rates import Rates, TooMuchSent, Usage
from sender_service.uploads import UnknownAttachment

CHUNK_OCTETS = 256 * 1024
CHUNKS_AT_ONCE = 4
UNACCEPTED_SECONDS = 600
KEY_SECONDS = 86_400
VISIBLE_SECONDS = 86_400
ANNOUNCE_SECONDS = 2
REPLICATION_MS = 800
LOOKED_AT = 5000
"""As many entries are looked at to tell how long the oldest waits."""
AGAIN_SECONDS = 5
AGAIN_LONGEST_SECONDS = 60
LEASE_SECONDS = 15.0
_LETTER = "outbox-letter"
_CONTENT = "outbox-content"
log = structlog.get_logger(__name__)


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
        self._rates = rates.each()
        self._replicas = replicas
        self._lease_ms = int(lease_seconds * 1000)
        self._check_rates = redis.register_script(outbox_scripts.CHECK_RATES)
        self._usage = redis.register_script(outbox_scripts.USAGE)
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
        content = redis_keys.content(acceptance.id)
        chunks, only_chunk = 1, b""
        if len(acceptance.content) <= CHUNK_OCTETS:
            only_chunk = self._sealed_chunk(acceptance, 0)
        else:
            chunks = await self._store_content(acceptance)
        status, value = await self._run_accept(acceptance, chunks, only_chunk)
        if status == b"accepted":
            return acceptance.id
        if not only_chunk:
            await self._redis.unlink(content)
        if status == b"earlier":
            return value.decode()
        if status == b"limit":
            raise self._too_much(value)
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
            self._seal(acceptance.id, acceptance.letter),
            chunks,
            due_ms,
            len(acceptance.letter.recipients),
            KEY_SECONDS * 1000,
            ANNOUNCE_SECONDS * 1000,
            only_chunk,
            len(acceptance.uploads),
            *acceptance.uploads,
            *self._rate_arguments(),
        ]
        if not self._replicas:
            return cast("tuple[bytes, bytes]", tuple(await self._accept(keys=keys, args=args)))
        # On one connection: WAITAOF waits for what this connection wrote (https://redis.io/commands/waitaof/).
        async with self._redis.pipeline(transaction=False) as step:
            await self._accept(keys=keys, args=args, client=step)
            step.execute_command("WAITAOF", 1, self._replicas, REPLICATION_MS)
            answer, (_, replicas) = await step.execute()
        if answer[0] == b"accepted" and replicas < self._replicas:
            raise NotReplicated
        return cast("tuple[bytes, bytes]", tuple(answer))

    async def _store_content(self, acceptance: Acceptance) -> int:
        """Write the sealed chunks, which expire unless they are accepted; return their number."""
        key = redis_keys.content(acceptance.id)
        starts = range(0, len(acceptance.content), CHUNK_OCTETS)
        for first in range(0, len(starts), CHUNKS_AT_ONCE):
            chunks = {
                str(index): self._sealed_chunk(acceptance, index)
                for index in range(first, min(first + CHUNKS_AT_ONCE, len(starts)))
            }
            async with self._redis.pipeline(transaction=True) as step:
                step.hset(key, mapping=cast("Any", chunks))
                step.expire(key, UNACCEPTED_SECONDS)
                await step.execute()
        return len(starts)

    async def check_rates(self, mailbox: str, recipients: int) -> None:
        """See `Outbox.check_rates`."""
        refusal = await self._check_rates(
            keys=[redis_keys.recent(mailbox)], args=[recipients, *self._rate_arguments()]
        )
        if refusal:
            raise self._too_much(refusal)

    def _rate_arguments(self) -> list[str | int]:
        return [value for rate in self._rates for value in (rate.counted, rate.seconds * 1000, rate.limit)]

    def _too_much(self, refusal: bytes) -> TooMuchSent:
        index, left, retry_ms = map(int, refusal.split())
        return TooMuchSent(self._rates[index], left, retry_ms / 1000)

    async def usage(self, mailbox: str) -> Usage:
        """See `Outbox.usage`."""
        used = await self._usage(
            keys=[redis_keys.recent(mailbox)],
            args=[value for rate in self._rates for value in (rate.counted, rate.seconds * 1000)],
        )
        return Usage(dict(zip(self._rates, used, strict=True)))

    def _sealed_chunk(self, acceptance: Acceptance, index: int) -> bytes:
        chunk = acceptance.content[index * CHUNK_OCTETS : (index + 1) * CHUNK_OCTETS]
        return self._keys.seal(chunk, purpose=_CONTENT, context=f"{acceptance.id}:{index}".encode())

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

    async def entries(self, mailbox: str, limit: int) -> Listing:
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
        letter = self._open(entry_id, sealed)
        return Claim(entry_id, fence, letter, attempts, age_ms / 1000, chunks, chunks * CHUNK_OCTETS)

    async def renew(self, claim: Claim) -> bool:
        """See `Outbox.renew`."""
        keys = [redis_keys.entry(claim.id), redis_keys.DUE]
        return bool(await self._renew(keys=keys, args=[claim.id, claim.fence, self._lease_ms]))

    async def content(self, claim: Claim) -> bytes:
        """See `Outbox.content`."""
        key = redis_keys.content(claim.id)
        plain = bytearray()
        for first in range(0, claim.chunks, CHUNKS_AT_ONCE):
            indices = range(first, min(first + CHUNKS_AT_ONCE, claim.chunks))
            sealed = await cast(
                "Awaitable[list[bytes | None]]", self._redis.hmget(key, list(map(str, indices)))
            )
            for index, chunk in zip(indices, sealed, strict=True):
                try:
                    plain += self._keys.open(
                        chunk or b"", purpose=_CONTENT, context=f"{claim.id}:{index}".encode()
                    )
                except SealBroken as error:
                    raise ContentLost from error
        return bytes(plain)

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
                    self._seal(claim.id, letter),
                    -1 if retry_seconds is None else int(retry_seconds * 1000),
                    redis_keys.VISIBLE_PREFIX,
                    VISIBLE_SECONDS * 1000,
                    int(letter.reporting.state is ReportState.FAILED),
                    *(value for counted in outcomes.items() for value in counted),
                ],
            )
        )

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
            letter=self._open(entry_id, stored[b"sealed"]),
            created_at=_moment(stored[b"created"]),
            due_at=_moment(stored[b"due"]),
            attempts=int(stored[b"attempts"]),
            seen=b"seen" in stored,
        )

    def _seal(self, entry_id: str, letter: Letter) -> bytes:
        return self._keys.seal(
            json.dumps(asdict(letter)).encode(), purpose=_LETTER, context=entry_id.encode()
        )

    def _open(self, entry_id: str, sealed: bytes) -> Letter:
        plain = json.loads(self._keys.open(sealed, purpose=_LETTER, context=entry_id.encode()))
        recipients = tuple(
            Recipient(**{**each, "state": RecipientState(each["state"])}) for each in plain.pop("recipients")
        )
        reporting = plain.pop("reporting", None)
        if reporting:
            plain["reporting"] = Reporting(**{**reporting, "state": ReportState(reporting["state"])})
        return Letter(**plain, recipients=recipients)


def _moment(milliseconds: bytes) -> datetime:
    return datetime.fromtimestamp(int(milliseconds) / 1000, UTC)
