"""What every Throttle must do; run against the double and against the real adapter.

A subclass gives the fixture ``bench``, whose time is moved by ``bench.pass_time``.
"""

from typing import Protocol

from auth_service.throttle import Admitted, Full, MustWait, Throttle


class ThrottleBench(Protocol):
    """A throttle under test, of 3 failures in 600 s, attempts at most 40 s long."""

    throttle: Throttle

    async def pass_time(self, seconds: int) -> None:
        """Let that much time pass for the throttle."""
        ...


class ThrottleSuite:
    """What a Throttle must do (3 failures in 600 s)."""

    async def fail(self, bench: ThrottleBench, name: str, *subjects: str) -> None:
        """Make one attempt that fails."""
        assert await bench.throttle.admit(name, subjects) == Admitted()
        await bench.throttle.settle(name, subjects, failed=True)

    async def test_failures_fill_a_subject(self, bench: ThrottleBench) -> None:
        """After the limit the answer says how long the oldest failure still counts."""
        await self.fail(bench, "1", "jean", "here")
        await bench.pass_time(100)
        await self.fail(bench, "2", "jean", "here")
        await self.fail(bench, "3", "jean", "here")
        refused = await bench.throttle.admit("4", ("jean", "elsewhere"))
        assert isinstance(refused, Full)
        assert 495 < refused.retry_after <= 500

    async def test_a_failure_counts_against_every_subject(self, bench: ThrottleBench) -> None:
        """Neither another name nor another address gives a fourth attempt."""
        for name in "123":
            await self.fail(bench, name, "jean", "here")
        assert isinstance(await bench.throttle.admit("4", ("jean", "there")), Full)
        assert isinstance(await bench.throttle.admit("4", ("marie", "here")), Full)
        assert await bench.throttle.admit("4", ("marie", "there")) == Admitted()

    async def test_the_window_slides(self, bench: ThrottleBench) -> None:
        """A place is free when the oldest failure is a window old, and only one."""
        await self.fail(bench, "1", "jean")
        await bench.pass_time(100)
        await self.fail(bench, "2", "jean")
        await self.fail(bench, "3", "jean")
        await bench.pass_time(499)
        assert isinstance(await bench.throttle.admit("4", ("jean",)), Full)
        await bench.pass_time(1)
        await self.fail(bench, "4", "jean")
        assert isinstance(await bench.throttle.admit("5", ("jean",)), Full)

    async def test_success_is_given_back(self, bench: ThrottleBench) -> None:
        """Only failures stay counted."""
        for name in "123456":
            assert await bench.throttle.admit(name, ("jean", "here")) == Admitted()
            await bench.throttle.settle(name, ("jean", "here"), failed=False)

    async def test_attempts_at_once_cannot_slip_past(self, bench: ThrottleBench) -> None:
        """Open attempts count; who comes on top of them waits for their outcome."""
        for name in "123":
            assert await bench.throttle.admit(name, ("jean",)) == Admitted()
        assert await bench.throttle.admit("4", ("jean",)) == MustWait()
        await bench.throttle.settle("1", ("jean",), failed=False)
        assert await bench.throttle.admit("4", ("jean",)) == Admitted()
        for name in "234":
            await bench.throttle.settle(name, ("jean",), failed=True)
        assert isinstance(await bench.throttle.admit("5", ("jean",)), Full)

    async def test_a_refused_attempt_counts_nowhere(self, bench: ThrottleBench) -> None:
        """One full subject does not fill the other."""
        for name in "123":
            await self.fail(bench, name, "jean")
        for name in "456789":
            assert isinstance(await bench.throttle.admit(name, ("here", "jean")), Full)
        assert await bench.throttle.admit("x", ("here", "marie")) == Admitted()

    async def test_an_attempt_of_a_dead_process_is_a_failure_in_the_end(self, bench: ThrottleBench) -> None:
        """It makes nobody wait longer than an attempt can take, and its place is free after the window."""
        for name in "123":
            await bench.throttle.admit(name, ("jean",))
        await bench.pass_time(30)
        assert await bench.throttle.admit("4", ("jean",)) == MustWait()
        await bench.pass_time(11)
        assert isinstance(await bench.throttle.admit("4", ("jean",)), Full)
        await bench.pass_time(559)
        assert await bench.throttle.admit("4", ("jean",)) == Admitted()

    async def test_admitting_again_after_a_lost_answer_counts_once(self, bench: ThrottleBench) -> None:
        """The same attempt sent twice takes one place."""
        for _ in range(5):
            assert await bench.throttle.admit("1", ("jean",)) == Admitted()
        for name in ("2", "3", "3", "1"):
            assert await bench.throttle.admit(name, ("jean",)) == Admitted()
        assert await bench.throttle.admit("4", ("jean",)) == MustWait()
