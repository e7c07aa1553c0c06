"""The doubles keep the ports' promises, so that what is tested on them is worth something."""

from dataclasses import dataclass

import pytest
from auth_doubles import ManualClock, MemoryThrottle
from auth_lock_machine import LockMachine
from auth_lock_suite import LockStoreSuite
from auth_session_suite import LockBench, SessionStoreSuite
from auth_store_double import MemoryStore
from auth_throttle_suite import ThrottleBench, ThrottleSuite
from hypothesis import settings


@dataclass
class MemoryBench:
    """The double of sessions and locks."""

    clock: ManualClock
    store: MemoryStore

    @property
    def locks(self) -> MemoryStore:
        """The same dictionaries."""
        return self.store

    async def lose_lock(self, mailbox: str) -> None:
        """Forget it."""
        self.store.locks.pop(mailbox, None)

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


class TestMemoryStore(SessionStoreSuite, LockStoreSuite):
    """The dictionaries."""

    @pytest.fixture
    def bench(self) -> LockBench:
        """Make empty ones."""
        clock = ManualClock()
        return MemoryBench(clock, MemoryStore(clock))


class TestMemoryThrottle(ThrottleSuite):
    """The dictionaries."""

    @pytest.fixture
    def bench(self) -> ThrottleBench:
        """Make empty ones."""
        clock = ManualClock()
        return MemoryThrottleBench(clock, MemoryThrottle(clock))


class MemoryLockMachine(LockMachine):
    """Random interleavings on the dictionaries."""

    async def make_bench(self) -> LockBench:
        """Make empty ones."""
        clock = ManualClock()
        return MemoryBench(clock, MemoryStore(clock))


TestMemoryLock = MemoryLockMachine.TestCase
TestMemoryLock.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
