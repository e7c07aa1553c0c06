"""The lock's properties over random interleavings of sign-in, take-over, activity, sign-out and expiry.

Whatever happens: never two active sessions of one mailbox; fences strictly grow; a session that once was not
active never is again; ending a session frees nobody else's lock. And each answer is what a plain model says.
"""

import asyncio
from dataclasses import dataclass

from auth_session_suite import LIMITS, SessionBench, new_session
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, rule

from auth_service.sessions import Ended, Held, NewSession, Opened, Session

MAILBOXES = st.sampled_from(["jean", "marie"])
SPANS = st.sampled_from([1, LIMITS.idle // 2, LIMITS.idle - 1, LIMITS.idle, LIMITS.absolute])


@dataclass
class Holder:
    """What the model knows of a session."""

    new: NewSession
    fence: int
    until: int
    absolute: int


class LockMachine(RuleBasedStateMachine):
    """Several would-be holders of two mailboxes; a subclass makes the bench."""

    sessions = Bundle("sessions")

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.bench = self.runner.run(self.make_bench())
        self.now = 0
        self.last_fence = 0
        self.holders: dict[str, Holder] = {}
        self.tombstones: dict[str, int] = {}
        self.known: list[NewSession] = []
        self.dead: set[str] = set()

    async def make_bench(self) -> SessionBench:
        """Make an empty store."""
        raise NotImplementedError

    async def close_bench(self) -> None:
        """Let go of what ``make_bench`` opened."""

    def teardown(self) -> None:
        """End the loop of this example."""
        self.runner.run(self.close_bench())
        self.runner.close()

    def holder(self, mailbox: str) -> Holder | None:
        """Return who holds the mailbox now, by the model."""
        found = self.holders.get(mailbox)
        return found if found and self.now < found.until else None

    @rule(target=sessions, mailbox=MAILBOXES, takeover=st.booleans())
    def sign_in(self, mailbox: str, takeover: bool) -> NewSession:  # noqa: FBT001 — hypothesis names it
        """Somebody wants the mailbox."""
        new = new_session(mailbox)
        before = self.holder(mailbox)
        answer = self.runner.run(self.bench.store.open(new, takeover=takeover))
        self.known.append(new)
        if before and not takeover:
            assert isinstance(answer, Held)
            return new
        assert isinstance(answer, Opened)
        assert answer.fence > self.last_fence
        assert answer.lost_sid == (before.new.sid if before else None)
        if before:
            self.tombstones[before.new.digest] = before.absolute
        self.last_fence = answer.fence
        ends = self.now + LIMITS.absolute
        self.holders[mailbox] = Holder(new, answer.fence, min(self.now + LIMITS.idle, ends), ends)
        return new

    @rule(new=sessions)
    def act(self, new: NewSession) -> None:
        """Somebody does something with a session, alive or not."""
        answer = self.runner.run(self.bench.store.look(new.digest, activity=True))
        self.check(new, answer)
        holder = self.holder(new.mailbox)
        if holder and holder.new is new:
            holder.until = min(self.now + LIMITS.idle, holder.absolute)

    @rule(new=consumes(sessions))
    def sign_out(self, new: NewSession) -> None:
        """End a session, or end it once more."""
        holder = self.holder(new.mailbox)
        self.runner.run(self.bench.store.close(new.digest))
        self.tombstones.pop(new.digest, None)
        if holder and holder.new is new:
            del self.holders[new.mailbox]

    @rule(new=sessions)
    def sign_in_again_after_a_lost_answer(self, new: NewSession) -> None:
        """Send the holder's own opening a second time."""
        holder = self.holder(new.mailbox)
        if holder and holder.new is new:
            answer = self.runner.run(self.bench.store.open(new, takeover=True))
            assert isinstance(answer, Opened)
            assert answer.fence == holder.fence

    @rule(seconds=SPANS)
    def pass_time(self, seconds: int) -> None:
        """Let time pass, and some sessions with it."""
        self.runner.run(self.bench.pass_time(seconds))
        self.now += seconds

    @invariant()
    def one_active_session_a_mailbox(self) -> None:
        """Look at every session there ever was."""
        active: dict[str, int] = {}
        for new in self.known:
            answer = self.runner.run(self.bench.store.look(new.digest, activity=False))
            self.check(new, answer)
            if isinstance(answer, Session):
                assert new.digest not in self.dead, "a session came back to life"
                active[new.mailbox] = active.get(new.mailbox, 0) + 1
            else:
                self.dead.add(new.digest)
        assert all(count == 1 for count in active.values()), "two sessions hold one mailbox"

    def check(self, new: NewSession, answer: Session | Ended) -> None:
        """Compare an answer with the model's."""
        holder = self.holder(new.mailbox)
        if holder and holder.new is new:
            assert isinstance(answer, Session)
            assert (answer.sid, answer.fence) == (new.sid, holder.fence)
        elif self.now < self.tombstones.get(new.digest, 0):
            assert answer is Ended.TAKEN_OVER
        else:
            assert answer is Ended.UNKNOWN
