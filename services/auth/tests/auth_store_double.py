"""The SessionStore and the LockStore in dictionaries, on a clock that a test moves."""

from dataclasses import dataclass
from datetime import UTC, datetime

from auth_doubles import ManualClock

from auth_service.locks import Acquired, Claimant, LockState, Renewed
from auth_service.sessions import Ended, Held, LastOpening, NewSession, Opened, Session


@dataclass
class _Lock:
    holder: str | Claimant
    application: str
    fence: int
    since: datetime
    until: float
    digest: str | None = None


@dataclass
class _Record:
    new: NewSession
    fence: int
    absolute: float
    taken_over: bool = False


class MemoryStore:
    """Sessions and locks; ``failure`` breaks all of it."""

    def __init__(self, clock: ManualClock) -> None:
        self.records: dict[str, _Record] = {}
        self.locks: dict[str, _Lock] = {}
        self.last: dict[str, LastOpening] = {}
        self.failure: Exception | None = None
        self._clock = clock
        self._fence = 0

    async def open(self, new: NewSession, *, takeover: bool) -> Opened | Held:
        """See SessionStore."""
        lock = self._lock(new.mailbox)
        if lock and lock.holder == new.sid:
            return Opened(fence=lock.fence)
        if lock and not takeover:
            return Held(lock.application, lock.since)
        lost_sid, lost_application = self._displace(lock)
        ends = self._clock.now + new.limits.absolute
        until = min(self._clock.now + new.limits.idle, ends)
        fence = self._acquire(new.mailbox, new.sid, new.application, until, new.digest)
        self.records[new.digest] = _Record(new, fence, ends)
        last = self.last.get(new.mailbox)
        if last and self._clock.now >= last.at.timestamp() + new.limits.remembered:
            last = None
        self.last[new.mailbox] = LastOpening(self._clock.instant(), new.sealed_client_address)
        return Opened(fence=fence, lost_sid=lost_sid, lost_application=lost_application, last=last)

    async def look(self, digest: str, *, activity: bool) -> Session | Ended:
        """See SessionStore."""
        self._fail()
        record = self.records.get(digest)
        if record and record.taken_over and self._clock.now < record.absolute:
            return Ended.TAKEN_OVER
        lock = self._lock_of(record)
        if not record or not lock:
            return Ended.UNKNOWN
        if activity:
            lock.until = min(self._clock.now + record.new.limits.idle, record.absolute)
        return Session(
            sid=record.new.sid,
            mailbox=record.new.mailbox,
            fence=record.fence,
            idle=record.new.limits.idle,
            expires_at=datetime.fromtimestamp(lock.until, UTC),
            sealed_credential=record.new.sealed_credential,
        )

    async def close(self, digest: str) -> None:
        """See SessionStore."""
        self._fail()
        record = self.records.pop(digest, None)
        if record and self._lock_of(record):
            del self.locks[record.new.mailbox]

    async def tell(self, mailbox: str) -> LockState | None:
        """See LockStore."""
        lock = self._lock(mailbox)
        if not lock:
            return None
        return LockState(lock.application, lock.since, datetime.fromtimestamp(lock.until, UTC))

    async def claim(
        self, mailbox: str, claimant: Claimant, *, ttl_seconds: int, takeover: bool
    ) -> Renewed | Acquired | Held:
        """See LockStore."""
        until = self._clock.now + ttl_seconds
        ends = datetime.fromtimestamp(until, UTC)
        lock = self._lock(mailbox)
        if lock and lock.holder == claimant:
            lock.until = until
            return Renewed(lock.fence, ends)
        if lock and not takeover:
            return Held(lock.application, lock.since)
        lost_sid, lost_application = self._displace(lock)
        fence = self._acquire(mailbox, claimant, claimant.application, until)
        return Acquired(fence, ends, lost_sid, lost_application)

    async def release(self, mailbox: str, claimant: Claimant) -> bool:
        """See LockStore."""
        lock = self._lock(mailbox)
        if not lock or lock.holder != claimant:
            return False
        del self.locks[mailbox]
        return True

    def _acquire(
        self, mailbox: str, holder: str | Claimant, application: str, until: float, digest: str | None = None
    ) -> int:
        self._fence += 1
        self.locks[mailbox] = _Lock(holder, application, self._fence, self._clock.instant(), until, digest)
        return self._fence

    def _displace(self, lock: _Lock | None) -> tuple[str | None, str | None]:
        record = self.records.get(lock.digest or "") if lock else None
        if record:
            record.taken_over = True
        return (record.new.sid if record else None, lock.application if lock else None)

    def _lock(self, mailbox: str) -> _Lock | None:
        self._fail()
        lock = self.locks.get(mailbox)
        return lock if lock and self._clock.now < lock.until else None

    def _lock_of(self, record: _Record | None) -> _Lock | None:
        lock = self._lock(record.new.mailbox) if record and not record.taken_over else None
        return lock if lock and record and lock.fence == record.fence else None

    def _fail(self) -> None:
        if self.failure:
            raise self.failure
