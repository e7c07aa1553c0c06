"""Sender's stores in memory, on a clock that a test moves.

They are held to the same suites as the real ones (``sender_port_suites.py``, ``sender_outbox_machine.py``).
Accepting consumes uploads, so both stand here, which makes this file longer than others.
"""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from sender_doubles import ManualClock

from courriel_wire import ReportState
from sender_service.letter import Letter
from sender_service.outbox import (
    NOTHING_COUNTED,
    Acceptance,
    Claim,
    ContentLost,
    Depth,
    Entry,
    Listing,
    NotCancellable,
    Stage,
    UnknownOutboxEntry,
)
from sender_service.rates import Rate, Rates, TooMuchSent, Usage
from sender_service.uploads import StoredUpload, UnknownAttachment, UnknownUpload, UploadQuotaExceeded

LEASE = 15.0
MANY = Rates(100, 1000, 1000, 10_000)
VISIBLE = 86_400.0


@dataclass
class _Record:
    owner: str
    entry: Entry
    content: bytes
    due: float
    first_due: float
    announce: float
    fence: int = 0
    lease: float = 0.0
    hints: int = 0
    ends: float = math.inf


class MemoryOutbox:
    """The Outbox in a dictionary; ``failure`` is raised by every call where it is set."""

    def __init__(self, clock: ManualClock, uploads: "MemoryUploads", rates: Rates = MANY) -> None:
        self.clock = clock
        self.failure: Exception | None = None
        self.records: dict[str, _Record] = {}
        self._uploads = uploads
        self._rates = rates.each()
        self._keys: dict[tuple[str, str], str] = {}
        self._outcomes: Counter[str] = Counter()

    async def accept(self, acceptance: Acceptance) -> str:
        """See the port."""
        self._now()
        key = (acceptance.mailbox, acceptance.idempotency_key)
        if acceptance.idempotency_key and key in self._keys:
            return self._keys[key]
        for upload in acceptance.uploads:
            if upload not in self._uploads.finished:
                raise UnknownAttachment(upload)
        await self.check_rates(acceptance.mailbox, len(acceptance.letter.recipients))
        now = self.clock.now
        wished = acceptance.due_at.timestamp() if acceptance.due_at else now
        due = max(wished, now)
        stage = Stage.HELD if due > now else Stage.QUEUED
        self.records[acceptance.id] = _Record(
            acceptance.mailbox,
            Entry(acceptance.id, stage, acceptance.letter, self.clock.instant(), self.clock.instant(due)),
            acceptance.content,
            due=due,
            first_due=due,
            announce=due if stage is Stage.HELD else now + 2,
        )
        if acceptance.idempotency_key:
            self._keys[key] = acceptance.id
        for upload in acceptance.uploads:
            await self._uploads.discard(acceptance.mailbox, upload)
        return acceptance.id

    async def check_rates(self, mailbox: str, recipients: int) -> None:
        """See the port."""
        for rate in self._rates:
            recent = self._recent(mailbox, rate)
            excess = sum(weight for _, weight in recent) - rate.limit
            excess += 1 if rate.counted == "messages" else recipients
            if excess > 0:
                left, waits = max(0, rate.limit - sum(weight for _, weight in recent)), float(rate.seconds)
                for at, weight in recent:
                    excess -= weight
                    if excess <= 0:
                        waits = at + rate.seconds - self.clock.now
                        break
                raise TooMuchSent(rate, left, waits)

    async def usage(self, mailbox: str) -> Usage:
        """See the port."""
        return Usage({rate: sum(weight for _, weight in self._recent(mailbox, rate)) for rate in self._rates})

    def _recent(self, mailbox: str, rate: Rate) -> list[tuple[float, int]]:
        """Return when each message was accepted, and what it counts, the oldest first."""
        entries = [each.entry for each in self.records.values() if each.owner == mailbox]
        return sorted(
            (entry.created_at.timestamp(), 1 if rate.counted == "messages" else len(entry.letter.recipients))
            for entry in entries
            if entry.created_at.timestamp() > self.clock.now - rate.seconds
        )

    async def find(self, mailbox: str, entry_id: str) -> Entry:
        """See the port."""
        self._now()
        record = self.records.get(entry_id)
        if record is None or record.owner != mailbox or record.ends <= self.clock.now:
            raise UnknownOutboxEntry
        return record.entry

    async def find_by_key(self, mailbox: str, idempotency_key: str) -> Entry | None:
        """See the port."""
        self._now()
        entry_id = self._keys.get((mailbox, idempotency_key))
        return None if entry_id is None else await self.find(mailbox, entry_id)

    async def entries(self, mailbox: str, limit: int) -> Listing:
        """See the port."""
        now = self._now()
        found = [each for each in self.records.values() if each.owner == mailbox and each.ends > now]
        latest = sorted(found, key=lambda each: each.ends, reverse=True)[:limit]
        newest_first = sorted((each.entry for each in latest), key=lambda e: e.created_at, reverse=True)
        return Listing(tuple(newest_first), truncated=len(found) > limit)

    async def cancel(self, mailbox: str, entry_id: str) -> None:
        """See the port."""
        entry = await self.find(mailbox, entry_id)
        if entry.stage is Stage.HELD:
            self._end(self.records[entry_id], Stage.CANCELLED)
        elif entry.stage is not Stage.CANCELLED:
            raise NotCancellable

    async def acknowledge(self, mailbox: str, entry_id: str) -> None:
        """See the port."""
        entry = await self.find(mailbox, entry_id)
        record = self.records[entry_id]
        if not entry.seen and entry.stage is Stage.DONE:
            record.ends = self.clock.now + VISIBLE
        record.entry = replace(entry, seen=True)

    async def due(self, limit: int) -> Sequence[str]:
        """See the port."""
        now = self._now()
        found = []
        for entry_id, record in self.records.items():
            if record.announce <= now and len(found) < limit:
                if record.entry.stage is Stage.HELD:
                    record.entry = replace(record.entry, stage=Stage.QUEUED)
                record.announce = now + min(60, 5 * 2**record.hints)
                record.hints += 1
                found.append(entry_id)
        return found

    async def claim(self, entry_id: str) -> Claim | None:
        """See the port."""
        now = self._now()
        record = self.records.get(entry_id)
        if record is None:
            return None
        stage = record.entry.stage
        waiting = stage in {Stage.HELD, Stage.QUEUED} and now >= record.due
        orphaned = stage is Stage.SENDING and now >= record.lease
        if not waiting and not orphaned:
            return None
        record.fence += 1
        record.hints = 0
        record.lease = record.announce = now + LEASE
        record.entry = replace(record.entry, stage=Stage.SENDING, attempts=record.entry.attempts + 1)
        entry = record.entry
        age, octets = now - record.first_due, len(record.content)
        return Claim(entry_id, record.fence, entry.letter, entry.attempts, age, 1, octets)

    async def claim_next(self) -> Claim | None:
        """See the port."""
        now = self._now()
        ready = [
            (record.due, entry_id)
            for entry_id, record in self.records.items()
            if (record.entry.stage in {Stage.HELD, Stage.QUEUED} and now >= record.due)
            or (record.entry.stage is Stage.SENDING and now >= record.lease and record.hints)
        ]
        return await self.claim(min(ready)[1]) if ready else None

    async def renew(self, claim: Claim) -> bool:
        """See the port."""
        record = self._ours(claim)
        if record:
            record.lease = record.announce = self.clock.now + LEASE
        return record is not None

    async def content(self, claim: Claim) -> bytes:
        """See the port."""
        self._now()
        if not self.records[claim.id].content:
            raise ContentLost
        return self.records[claim.id].content

    async def depth(self) -> Depth:
        """See the port."""
        now = self._now()
        ended = {Stage.DONE, Stage.CANCELLED}
        entries = [each for each in self.records.values() if each.entry.stage not in ended]
        ages = [now - each.first_due for each in entries if each.first_due < now]
        return Depth(len(entries), len(ages), max(ages, default=0.0), dict(self._outcomes))

    async def settle(
        self,
        claim: Claim,
        letter: Letter,
        retry_seconds: float | None,
        outcomes: Mapping[str, int] = NOTHING_COUNTED,
    ) -> bool:
        """See the port."""
        record = self._ours(claim)
        if record is None:
            return False
        self._outcomes.update(outcomes)
        record.entry = replace(record.entry, letter=letter)
        if retry_seconds is None:
            self._end(record, Stage.DONE)
        else:
            record.due = record.announce = self.clock.now + retry_seconds
            record.hints = 0
            record.entry = replace(record.entry, stage=Stage.QUEUED, due_at=self.clock.instant(record.due))
        return True

    def _ours(self, claim: Claim) -> _Record | None:
        self._now()
        record = self.records[claim.id]
        return record if record.entry.stage is Stage.SENDING and record.fence == claim.fence else None

    def _end(self, record: _Record, stage: Stage) -> None:
        record.entry = replace(record.entry, stage=stage)
        record.content = b""
        record.announce = math.inf
        if record.entry.report() is not ReportState.FAILED or stage is Stage.CANCELLED:
            record.ends = self.clock.now + VISIBLE

    def _now(self) -> float:
        if self.failure:
            raise self.failure
        return self.clock.now


class MemoryUploads:
    """The Uploads in dictionaries."""

    def __init__(self, quota: int = 10_000_000) -> None:
        self.failure: Exception | None = None
        self.chunks: dict[str, dict[int, bytes]] = {}
        self.finished: dict[str, StoredUpload] = {}
        self._owners: dict[str, str] = {}
        self.quota = quota

    async def append(self, mailbox: str, upload_id: str, index: int, chunk: bytes, total: int) -> None:
        """See the port."""
        if self.failure:
            raise self.failure
        others = sum(
            len(part)
            for other, parts in self.chunks.items()
            if self._owners[other] == mailbox and other != upload_id
            for part in parts.values()
        )
        if others + total > self.quota:
            raise UploadQuotaExceeded(self.quota)
        self._owners[upload_id] = mailbox
        self.chunks.setdefault(upload_id, {})[index] = chunk

    async def finish(self, upload: StoredUpload) -> None:
        """See the port."""
        self.finished[upload.id] = upload

    async def discard(self, mailbox: str, upload_id: str) -> bool:
        """See the port."""
        if self._owners.get(upload_id) != mailbox:
            return False
        del self._owners[upload_id], self.chunks[upload_id]
        self.finished.pop(upload_id, None)
        return True

    async def find(self, mailbox: str, upload_id: str) -> StoredUpload:
        """See the port."""
        if self._owners.get(upload_id) != mailbox or upload_id not in self.finished:
            raise UnknownUpload
        return self.finished[upload_id]

    async def content(self, upload: StoredUpload) -> bytes:
        """See the port."""
        if upload.id not in self.chunks:
            raise UnknownUpload
        return b"".join(self.chunks[upload.id][index] for index in range(upload.chunks))
