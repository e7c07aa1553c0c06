"""A walk through what sessions of ours and another webmail do to the lock, beside a plain model of it.

Each step compares the store's answer with the model's. Whatever the steps: never two holders of one mailbox;
fences strictly grow; a session that once was not active never is again; nobody frees another's lock. The
steps are chosen by ``auth_lock_machine.py`` (hypothesis), or by plain chance where many walks are needed.

All instants of the model are multiples of ``GRAIN`` seconds: so long may a walk take on a real clock.
"""

from dataclasses import dataclass

from auth_session_suite import LIMITS, LockBench, new_session

from auth_service.locks import Claimant
from auth_service.sessions import Ended, Held, NewSession, Opened, Session

GRAIN = 20
CLAIMANTS = (Claimant("webmail", "a"), Claimant("webmail", "b"), Claimant("another-webmail", "a"))
TTLS = (GRAIN, LIMITS.idle // 2, LIMITS.idle)
SPANS = (GRAIN, LIMITS.idle // 2, LIMITS.idle - GRAIN, LIMITS.idle, LIMITS.absolute)


@dataclass
class Holder:
    """What the model knows of who holds a mailbox; another webmail may renew for ever."""

    owner: NewSession | Claimant
    fence: int
    until: float
    absolute: float = float("inf")


class LockWalk:
    """The model, and the steps; after any of them ``check`` must hold."""

    def __init__(self, bench: LockBench) -> None:
        self.bench = bench
        self.now = 0
        self.last_fence = 0
        self.holders: dict[str, Holder] = {}
        self.tombstones: dict[str, float] = {}
        self.known: list[NewSession] = []
        self.mailboxes: set[str] = set()
        self.dead: set[str] = set()

    def holder(self, mailbox: str) -> Holder | None:
        """Return who holds the mailbox now, by the model."""
        found = self.holders.get(mailbox)
        return found if found and self.now < found.until else None

    def holding(self, new: NewSession) -> Holder | None:
        """Return what the model knows of a session, if it holds its mailbox now."""
        holder = self.holder(new.mailbox)
        return holder if holder and holder.owner is new else None

    async def sign_in(self, mailbox: str, *, takeover: bool) -> NewSession:
        """Somebody wants the mailbox here."""
        new = new_session(mailbox)
        before = self.holder(mailbox)
        answer = await self.bench.store.open(new, takeover=takeover)
        self.known.append(new)
        if before and not takeover:
            assert isinstance(answer, Held)
            assert answer.application == before.owner.application
            return new
        assert isinstance(answer, Opened)
        owner = before.owner if before else None
        assert answer.lost_sid == (owner.sid if isinstance(owner, NewSession) else None)
        assert answer.lost_application == (owner.application if owner else None)
        ends = self.now + LIMITS.absolute
        self.acquired(mailbox, Holder(new, answer.fence, min(self.now + LIMITS.idle, ends), ends))
        return new

    async def claim(self, mailbox: str, claimant: Claimant, ttl: int, *, takeover: bool) -> None:
        """Another webmail wants the mailbox, or wants to keep it."""
        before = self.holder(mailbox)
        answer = await self.bench.locks.claim(mailbox, claimant, ttl_seconds=ttl, takeover=takeover)
        if before and before.owner == claimant:
            assert not isinstance(answer, Held)
            assert answer.fence == before.fence
            before.until = self.now + ttl
        elif before and not takeover:
            assert isinstance(answer, Held)
            assert answer.application == before.owner.application
        else:
            assert not isinstance(answer, Held)
            self.acquired(mailbox, Holder(claimant, answer.fence, self.now + ttl))

    def acquired(self, mailbox: str, holder: Holder) -> None:
        """Note in the model that the mailbox has changed hands."""
        before = self.holder(mailbox)
        if before and isinstance(before.owner, NewSession):
            self.tombstones[before.owner.digest] = before.absolute
        assert holder.fence > self.last_fence
        self.last_fence = holder.fence
        self.holders[mailbox] = holder
        self.mailboxes.add(mailbox)

    async def act(self, new: NewSession) -> None:
        """Somebody does something with a session, alive or not."""
        self.compare(new, await self.bench.store.look(new.digest, activity=True))
        if holder := self.holding(new):
            holder.until = min(self.now + LIMITS.idle, holder.absolute)

    async def stay(self, new: NewSession, times: int) -> None:
        """Somebody acts again and again, each time just before the idle limit."""
        for _ in range(times):
            await self.pass_time(LIMITS.idle - GRAIN)
            await self.act(new)

    async def sign_out(self, new: NewSession) -> None:
        """End a session, or end it once more."""
        holding = self.holding(new)
        await self.bench.store.close(new.digest)
        self.tombstones.pop(new.digest, None)
        if holding:
            del self.holders[new.mailbox]

    async def release(self, mailbox: str, claimant: Claimant) -> None:
        """Another webmail's session ends, whether it has the lock or not."""
        holder = self.holder(mailbox)
        await self.bench.locks.release(mailbox, claimant)
        if holder and holder.owner == claimant:
            del self.holders[mailbox]

    async def sign_in_again(self, new: NewSession) -> None:
        """Send the holder's own sign-in a second time, as if its answer had been lost."""
        if holder := self.holding(new):
            answer = await self.bench.store.open(new, takeover=True)
            assert isinstance(answer, Opened)
            assert answer.fence == holder.fence

    async def lose_lock(self, mailbox: str) -> None:
        """Take a lock away, by whatever hand."""
        await self.bench.lose_lock(mailbox)
        self.holders.pop(mailbox, None)

    async def pass_time(self, seconds: int) -> None:
        """Let time pass, and some sessions with it."""
        await self.bench.pass_time(seconds)
        self.now += seconds

    async def check(self) -> None:
        """Look at every session there ever was, and at every lock."""
        holders = dict.fromkeys(self.mailboxes, 0)
        for new in self.known:
            answer = await self.bench.store.look(new.digest, activity=False)
            if isinstance(answer, Session):
                assert new.digest not in self.dead, "a session came back to life"
                holders[new.mailbox] += 1
            else:
                self.dead.add(new.digest)
            self.compare(new, answer)
        for mailbox in self.mailboxes:
            told = await self.bench.locks.tell(mailbox)
            holder = self.holder(mailbox)
            if told and told.application in {claimant.application for claimant in CLAIMANTS}:
                holders[mailbox] += 1
            assert holders[mailbox] <= 1, "two hold one mailbox"
            assert (told.application if told else None) == (holder.owner.application if holder else None)

    def compare(self, new: NewSession, answer: Session | Ended) -> None:
        """Compare the answer to a look at a session with the model's."""
        if holder := self.holding(new):
            assert isinstance(answer, Session)
            assert (answer.sid, answer.fence) == (new.sid, holder.fence)
        elif self.now < self.tombstones.get(new.digest, 0):
            assert answer is Ended.TAKEN_OVER
        else:
            assert answer is Ended.UNKNOWN
