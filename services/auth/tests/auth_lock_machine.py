"""The lock's properties over interleavings that hypothesis chooses, and makes short where one breaks them.

What holds, and what each step does, stands in ``auth_lock_walk.py``.
"""

import asyncio

from auth_lock_walk import CLAIMANTS, SPANS, TTLS, LockWalk
from auth_session_suite import LockBench
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, rule

from auth_service.locks import Claimant
from auth_service.sessions import NewSession

MAILBOXES = st.sampled_from(["jean", "marie"])


class LockMachine(RuleBasedStateMachine):
    """Several would-be holders of two mailboxes; a subclass makes the bench."""

    sessions = Bundle("sessions")

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.walk = LockWalk(self.runner.run(self.make_bench()))

    async def make_bench(self) -> LockBench:
        """Make an empty store."""
        raise NotImplementedError

    async def close_bench(self) -> None:
        """Let go of what ``make_bench`` opened."""

    def teardown(self) -> None:
        """End the loop of this example."""
        self.runner.run(self.close_bench())
        self.runner.close()

    @rule(target=sessions, mailbox=MAILBOXES, takeover=st.booleans())
    def sign_in(self, mailbox: str, takeover: bool) -> NewSession:  # noqa: FBT001 — hypothesis names it
        """Somebody wants the mailbox here."""
        return self.runner.run(self.walk.sign_in(mailbox, takeover=takeover))

    @rule(
        mailbox=MAILBOXES,
        claimant=st.sampled_from(CLAIMANTS),
        ttl=st.sampled_from(TTLS),
        takeover=st.booleans(),
    )
    def claim(self, mailbox: str, claimant: Claimant, ttl: int, takeover: bool) -> None:  # noqa: FBT001
        """Another webmail wants the mailbox, or wants to keep it."""
        self.runner.run(self.walk.claim(mailbox, claimant, ttl, takeover=takeover))

    @rule(mailbox=MAILBOXES, claimant=st.sampled_from(CLAIMANTS))
    def release(self, mailbox: str, claimant: Claimant) -> None:
        """Another webmail's session ends."""
        self.runner.run(self.walk.release(mailbox, claimant))

    @rule(new=sessions)
    def act(self, new: NewSession) -> None:
        """Somebody does something with a session, alive or not."""
        self.runner.run(self.walk.act(new))

    @rule(new=sessions, times=st.integers(2, 6))
    def stay(self, new: NewSession, times: int) -> None:
        """Somebody acts again and again: six times are beyond the absolute limit."""
        self.runner.run(self.walk.stay(new, times))

    @rule(new=consumes(sessions))
    def sign_out(self, new: NewSession) -> None:
        """End a session."""
        self.runner.run(self.walk.sign_out(new))

    @rule(new=sessions)
    def sign_in_again_after_a_lost_answer(self, new: NewSession) -> None:
        """Send the holder's own opening a second time."""
        self.runner.run(self.walk.sign_in_again(new))

    @rule(mailbox=MAILBOXES)
    def lose_lock(self, mailbox: str) -> None:
        """Take a lock away."""
        self.runner.run(self.walk.lose_lock(mailbox))

    @rule(seconds=st.sampled_from(SPANS))
    def pass_time(self, seconds: int) -> None:
        """Let time pass."""
        self.runner.run(self.walk.pass_time(seconds))

    @invariant()
    def one_holder_a_mailbox(self) -> None:
        """Nobody holds a mailbox that another holds, and everything is as the model says."""
        self.runner.run(self.walk.check())
