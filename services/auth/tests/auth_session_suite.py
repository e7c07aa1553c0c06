"""What every SessionStore must do; run against the doubles and against the real adapters.

A subclass gives the fixture ``bench``. Time is moved by ``bench.pass_time``: limits are long beside what a
test takes, so the real clock's own progress does not matter.
"""

import secrets
from datetime import timedelta
from typing import Protocol

from auth_service.locks import LockStore
from auth_service.sessions import Ended, Held, NewSession, Opened, Session, SessionLimits, SessionStore
from auth_service.tokens import digest_of

LIMITS = SessionLimits(idle=1000, absolute=5000, remembered=100_000)


class SessionBench(Protocol):
    """A store of sessions under test, and its time."""

    store: SessionStore

    async def pass_time(self, seconds: int) -> None:
        """Let that much time pass for the store."""
        ...


class LockBench(SessionBench, Protocol):
    """The same, and the locks that its sessions hold."""

    locks: LockStore

    async def lose_lock(self, mailbox: str) -> None:
        """Take a lock away behind everybody's back."""
        ...


def new_session(mailbox: str = "jean", application: str = "courriel-leger") -> NewSession:
    """Describe a session of ``mailbox`` that nobody opened yet; its digest begins with the mailbox's name."""
    return NewSession(
        sid=secrets.token_urlsafe(16),
        digest=f"{mailbox}-{secrets.token_hex(16)}",
        mailbox=mailbox,
        application=application,
        sealed_credential=b"\x00sealed\xff" + mailbox.encode(),
        sealed_client_address=b"\xfefrom " + application.encode(),
        limits=LIMITS,
    )


async def opened(bench: SessionBench, new: NewSession, *, takeover: bool = False) -> Opened:
    """Open ``new``, which must succeed."""
    answer = await bench.store.open(new, takeover=takeover)
    assert isinstance(answer, Opened)
    return answer


async def is_active(bench: SessionBench, new: NewSession) -> bool:
    """Tell whether ``new`` is active, without renewing it."""
    return isinstance(await bench.store.look(new.digest, activity=False), Session)


class SessionStoreSuite:
    """What a SessionStore must do."""

    async def test_an_opened_session_is_told_whole(self, bench: SessionBench) -> None:
        """Looking at a session gives what was opened, bytes included."""
        new = new_session("jéan")
        fence = (await opened(bench, new)).fence
        found = await bench.store.look(new.digest, activity=False)
        assert isinstance(found, Session)
        assert (found.sid, found.mailbox, found.fence) == (new.sid, "jéan", fence)
        assert found.idle == LIMITS.idle
        assert found.sealed_credential == new.sealed_credential

    async def test_a_held_mailbox_is_not_opened_twice(self, bench: SessionBench) -> None:
        """The second session learns who holds the lock and since when, and leaves no trace."""
        first, second = new_session(application="webmail"), new_session()
        await opened(bench, first)
        refused = await bench.store.open(second, takeover=False)
        assert isinstance(refused, Held)
        assert refused.application == "webmail"
        assert refused.since.tzinfo
        assert await is_active(bench, first)
        assert await bench.store.look(second.digest, activity=False) is Ended.UNKNOWN

    async def test_mailboxes_do_not_know_each_other(self, bench: SessionBench) -> None:
        """Locks are one for each mailbox."""
        first, second = new_session("jean"), new_session("marie")
        await opened(bench, first)
        await opened(bench, second)
        assert await is_active(bench, first)
        assert await is_active(bench, second)

    async def test_a_takeover_ends_the_other_session(self, bench: SessionBench) -> None:
        """The loser is told that it was taken over, and its credential is gone with its record."""
        first, second = new_session(application="webmail"), new_session()
        await opened(bench, first)
        answer = await opened(bench, second, takeover=True)
        assert (answer.lost_sid, answer.lost_application) == (first.sid, "webmail")
        assert await bench.store.look(first.digest, activity=True) is Ended.TAKEN_OVER
        assert await is_active(bench, second)

    async def test_the_takeover_of_a_free_mailbox_is_a_sign_in(self, bench: SessionBench) -> None:
        """Nobody lost anything."""
        answer = await opened(bench, new_session(), takeover=True)
        assert (answer.lost_sid, answer.lost_application) == (None, None)

    async def test_the_loser_is_told_until_its_absolute_limit(self, bench: SessionBench) -> None:
        """What is left of a session that lost is bounded in life, too."""
        first, second = new_session(), new_session()
        await opened(bench, first)
        await opened(bench, second, takeover=True)
        await bench.pass_time(LIMITS.absolute - 1)
        assert await bench.store.look(first.digest, activity=False) is Ended.TAKEN_OVER
        await bench.pass_time(1)
        assert await bench.store.look(first.digest, activity=False) is Ended.UNKNOWN

    async def test_fences_grow_over_all_mailboxes(self, bench: SessionBench) -> None:
        """Each acquisition has a greater number than all before it."""
        fences = [
            (await opened(bench, new_session(name), takeover=True)).fence
            for name in ("a", "b", "a", "c", "b")
        ]
        assert fences == sorted(set(fences))

    async def test_a_closed_session_frees_its_mailbox_at_once(self, bench: SessionBench) -> None:
        """The next sign-in needs no take-over."""
        first = new_session()
        await opened(bench, first)
        await bench.store.close(first.digest)
        assert await bench.store.look(first.digest, activity=True) is Ended.UNKNOWN
        await opened(bench, new_session())

    async def test_closing_a_lost_session_frees_nobody_elses_lock(self, bench: SessionBench) -> None:
        """A late sign-out of the loser does not harm the winner."""
        first, second = new_session(), new_session()
        await opened(bench, first)
        await opened(bench, second, takeover=True)
        await bench.store.close(first.digest)
        assert await is_active(bench, second)
        assert isinstance(await bench.store.open(new_session(), takeover=False), Held)

    async def test_closing_what_never_was_is_fine(self, bench: SessionBench) -> None:
        """Signing out twice is signing out."""
        await bench.store.close(digest_of("nothing"))

    async def test_an_idle_session_ends(self, bench: SessionBench) -> None:
        """Session and lock end together, at the idle limit."""
        first = new_session()
        await opened(bench, first)
        await bench.pass_time(LIMITS.idle - 1)
        assert isinstance(await bench.store.open(new_session(), takeover=False), Held)
        await bench.pass_time(1)
        assert await bench.store.look(first.digest, activity=True) is Ended.UNKNOWN
        await opened(bench, new_session())

    async def test_activity_renews_session_and_lock(self, bench: SessionBench) -> None:
        """A session that is used outlives the idle limit, and still keeps others out."""
        first = new_session()
        await opened(bench, first)
        for _ in range(3):
            await bench.pass_time(LIMITS.idle - 1)
            assert isinstance(await bench.store.look(first.digest, activity=True), Session)
        assert isinstance(await bench.store.open(new_session(), takeover=False), Held)

    async def test_looking_without_activity_renews_nothing(self, bench: SessionBench) -> None:
        """A poll keeps no session alive."""
        first = new_session()
        await opened(bench, first)
        await bench.pass_time(LIMITS.idle - 1)
        assert await is_active(bench, first)
        await bench.pass_time(1)
        assert not await is_active(bench, first)

    async def test_no_activity_goes_beyond_the_absolute_limit(self, bench: SessionBench) -> None:
        """The answer says when the session ends, and there it ends."""
        first = new_session()
        await opened(bench, first)
        step = LIMITS.idle - 100
        for _ in range(5):
            await bench.pass_time(step)
            found = await bench.store.look(first.digest, activity=True)
        assert isinstance(found, Session)
        await bench.pass_time(LIMITS.absolute - 5 * step - 1)
        again = await bench.store.look(first.digest, activity=True)
        assert isinstance(again, Session)
        # The time moved on for both: what counts is that renewing added nothing to what was left.
        assert again.expires_at - found.expires_at < timedelta(seconds=LIMITS.idle)
        await bench.pass_time(1)
        assert await bench.store.look(first.digest, activity=True) is Ended.UNKNOWN

    async def test_the_last_sign_in_is_told_at_the_next(self, bench: SessionBench) -> None:
        """The first opening has no predecessor; a refused one leaves no mark; a closed one does."""
        first, second = new_session(application="one"), new_session(application="two")
        assert (await opened(bench, first)).last is None
        await bench.store.open(new_session(application="refused"), takeover=False)
        last = (await opened(bench, second, takeover=True)).last
        assert last
        assert last.sealed_client_address == first.sealed_client_address
        await bench.store.close(second.digest)
        last = (await opened(bench, new_session())).last
        assert last
        assert last.sealed_client_address == second.sealed_client_address

    async def test_the_last_sign_in_is_forgotten_in_time(self, bench: SessionBench) -> None:
        """Nothing about people is kept for good."""
        await opened(bench, new_session())
        await bench.pass_time(LIMITS.remembered)
        assert (await opened(bench, new_session())).last is None

    async def test_opening_again_after_a_lost_answer_changes_nothing(self, bench: SessionBench) -> None:
        """The very same session sent twice keeps its fence, and nobody lost it."""
        new = new_session()
        first = await opened(bench, new)
        again = await opened(bench, new, takeover=True)
        assert (again.fence, again.lost_sid, again.lost_application) == (first.fence, None, None)
        assert await is_active(bench, new)
