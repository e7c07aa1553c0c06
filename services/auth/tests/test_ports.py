"""The doubles keep the ports' promises, so that what is tested on them is worth something."""

from dataclasses import dataclass

import pytest
from auth_doubles import ManualClock, MemorySessionStore, MemoryThrottle
from auth_lock_machine import LockMachine
from auth_session_suite import SessionBench, SessionStoreSuite
from auth_throttle_suite import ThrottleBench, ThrottleSuite
from hypothesis import settings


@dataclass
class MemorySessionBench:
    """The double of the session store."""

    clock: ManualClock
    store: MemorySessionStore

    async def pass_time(self, seconds: int) -> None:
        """Move the clock."""
        self.clock.now += seconds


@dataclass
class MemoryThrottleBench:
    """The double of the throttle."""

    clock: ManualClock
    throttle: MemoryThrottle

    async def pass_time(self, seconds: int) -> None:
        """Move the clock."""
        self.clock.now += seconds


class TestMemorySessionStore(SessionStoreSuite):
    """The dictionary."""

    @pytest.fixture
    def bench(self) -> SessionBench:
        """Make an empty one."""
        clock = ManualClock()
        return MemorySessionBench(clock, MemorySessionStore(clock))


class TestMemoryThrottle(ThrottleSuite):
    """The dictionaries."""

    @pytest.fixture
    def bench(self) -> ThrottleBench:
        """Make empty ones."""
        clock = ManualClock()
        return MemoryThrottleBench(clock, MemoryThrottle(clock))


class MemoryLockMachine(LockMachine):
    """Random interleavings on the dictionary."""

    async def make_bench(self) -> SessionBench:
        """Make an empty one."""
        clock = ManualClock()
        return MemorySessionBench(clock, MemorySessionStore(clock))


TestMemoryLock = MemoryLockMachine.TestCase
TestMemoryLock.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
