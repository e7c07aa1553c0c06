"""What every LockStore must do beside the SessionStore it shares the locks with.

A subclass gives the fixture ``bench``. Time is moved by ``bench.pass_time``, see ``auth_session_suite.py``.
"""

from datetime import timedelta

from auth_session_suite import LIMITS, LockBench, is_active, new_session, opened

from auth_service.locks import Acquired, Claimant, Renewed
from auth_service.sessions import Ended, Held, Opened

TTL = 300
WEBMAIL = Claimant("webmail", "session-é")


async def acquired(bench: LockBench, claimant: Claimant = WEBMAIL, *, takeover: bool = False) -> Acquired:
    """Let ``claimant`` acquire jean's mailbox, which must succeed."""
    answer = await bench.locks.claim("jean", claimant, ttl_seconds=TTL, takeover=takeover)
    assert isinstance(answer, Acquired)
    return answer


async def claimed(bench: LockBench, claimant: Claimant = WEBMAIL) -> Renewed | Acquired | Held:
    """Let ``claimant`` ask for jean's mailbox without taking it over."""
    return await bench.locks.claim("jean", claimant, ttl_seconds=TTL, takeover=False)


class LockStoreSuite:
    """What a LockStore must do."""

    async def test_a_free_mailbox_is_acquired_and_told(self, bench: LockBench) -> None:
        """Nobody lost it; who has it, since when and until when can be told."""
        assert await bench.locks.tell("jean") is None
        answer = await acquired(bench)
        assert (answer.lost_sid, answer.lost_application) == (None, None)
        told = await bench.locks.tell("jean")
        assert told
        assert (told.application, told.expires_at) == ("webmail", answer.expires_at)
        assert told.expires_at - told.since == timedelta(seconds=TTL)
        assert await bench.locks.tell("marie") is None

    async def test_a_session_of_ours_is_told(self, bench: LockBench) -> None:
        """By its application, until its idle limit."""
        await opened(bench, new_session(application="courriel-leger"))
        told = await bench.locks.tell("jean")
        assert told
        assert told.application == "courriel-leger"
        assert told.expires_at - told.since == timedelta(seconds=LIMITS.idle)

    async def test_the_holder_renews(self, bench: LockBench) -> None:
        """Its number stays, its time begins anew, and so on for ever."""
        first = await acquired(bench)
        for _ in range(3):
            await bench.pass_time(TTL - 20)
            again = await claimed(bench)
            assert isinstance(again, Renewed)
            assert again.fence == first.fence

    async def test_a_crashed_holder_is_free_within_its_ttl(self, bench: LockBench) -> None:
        """Not before; then for sessions as for webmails, and it has lost its number."""
        first = await acquired(bench)
        await bench.pass_time(TTL - 20)
        assert isinstance(await bench.store.open(new_session(), takeover=False), Held)
        await bench.pass_time(20)
        assert await bench.locks.tell("jean") is None
        again = await acquired(bench)
        assert again.fence > first.fence
        await bench.pass_time(TTL)
        assert isinstance(await bench.store.open(new_session(), takeover=False), Opened)

    async def test_nobody_else_gets_a_held_mailbox(self, bench: LockBench) -> None:
        """Neither a session of ours, nor another one of the same webmail, nor another webmail's."""
        await acquired(bench)
        refusals = [
            await bench.store.open(new_session(), takeover=False),
            await claimed(bench, Claimant("webmail", "another")),
            await claimed(bench, Claimant("another", WEBMAIL.holder)),
        ]
        for refused in refusals:
            assert isinstance(refused, Held)
            assert refused.application == "webmail"

    async def test_a_webmail_is_told_of_our_session(self, bench: LockBench) -> None:
        """And the session goes on."""
        new = new_session(application="courriel-leger")
        await opened(bench, new)
        refused = await claimed(bench)
        assert isinstance(refused, Held)
        assert refused.application == "courriel-leger"
        assert await is_active(bench, new)

    async def test_a_webmail_takes_our_session_over(self, bench: LockBench) -> None:
        """The session is told so, and cannot free the mailbox any more."""
        new = new_session(application="courriel-leger")
        before = await opened(bench, new)
        answer = await acquired(bench, takeover=True)
        assert (answer.lost_sid, answer.lost_application) == (new.sid, "courriel-leger")
        assert answer.fence > before.fence
        assert await bench.store.look(new.digest, activity=True) is Ended.TAKEN_OVER
        await bench.store.close(new.digest)
        assert isinstance(await claimed(bench), Renewed)

    async def test_our_session_takes_a_webmail_over(self, bench: LockBench) -> None:
        """Which learns it when it renews next, and cannot free the mailbox any more."""
        await acquired(bench)
        new = new_session()
        answer = await opened(bench, new, takeover=True)
        assert (answer.lost_sid, answer.lost_application) == (None, "webmail")
        assert isinstance(await claimed(bench), Held)
        assert await bench.locks.release("jean", WEBMAIL) is False
        assert await is_active(bench, new)

    async def test_a_webmail_takes_another_over(self, bench: LockBench) -> None:
        """None of ours lost anything."""
        await acquired(bench)
        answer = await acquired(bench, Claimant("another", "x"), takeover=True)
        assert (answer.lost_sid, answer.lost_application) == (None, "webmail")
        assert isinstance(await claimed(bench), Held)

    async def test_a_released_mailbox_is_free_at_once(self, bench: LockBench) -> None:
        """Releasing it again, or one that never was held, is fine."""
        await acquired(bench)
        assert await bench.locks.release("jean", WEBMAIL) is True
        assert await bench.locks.release("jean", WEBMAIL) is False
        assert await bench.locks.tell("jean") is None

    async def test_only_the_holder_frees_a_mailbox(self, bench: LockBench) -> None:
        """Not another session of the same webmail, not another webmail, nobody by our session's id."""
        await acquired(bench)
        for other in (Claimant("webmail", "another"), Claimant("another", WEBMAIL.holder)):
            assert await bench.locks.release("jean", other) is False
        assert isinstance(await claimed(bench), Renewed)
        new = new_session()
        await opened(bench, new, takeover=True)
        assert await bench.locks.release("jean", Claimant("", new.sid)) is False
        assert await is_active(bench, new)
