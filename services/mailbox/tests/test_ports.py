"""The doubles keep the ports' promises, so that what is tested on them is worth something."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import pytest
from mailbox_doubles import (
    JEAN,
    PASSWORD,
    FakeCacheStore,
    FakeHeldDeletions,
    FakeImageStore,
    FakeLeaseStore,
    FakePreferenceStore,
    FakeSeenStore,
    FakeServer,
    Mail,
)
from mailbox_port_suites import (
    CacheStoreSuite,
    HeldDeletionsSuite,
    ImageStoreSuite,
    LeaseStoreSuite,
    MaildropBench,
    MaildropSuite,
    PreferenceStoreSuite,
    SeenStoreSuite,
)

from mailbox_service.connections import Login, OpenMaildrop
from mailbox_service.deletions import HeldDeletions
from mailbox_service.inline_images import ImageStore
from mailbox_service.leases import LeaseStore
from mailbox_service.mail_cache import CacheStore
from mailbox_service.preferences import PreferenceStore
from mailbox_service.seen import SeenStore


@dataclass
class FakeBench:
    """The double of a POP3 server."""

    login: Login
    open: OpenMaildrop
    deliver: Callable[[bytes], Awaitable[None]]


class TestFakeMaildrop(MaildropSuite):
    """The lists in memory."""

    @pytest.fixture
    def bench(self) -> MaildropBench:
        """Make an empty maildrop."""
        server = FakeServer()
        mails = server.mailboxes[JEAN]

        async def deliver(raw: bytes) -> None:
            mails.append(Mail(f"u{len(mails)}", raw))

        return FakeBench(Login(JEAN, PASSWORD), server.open, deliver)


class TestFakeHeldDeletions(HeldDeletionsSuite):
    """The dictionary."""

    @pytest.fixture
    def held(self) -> HeldDeletions:
        """Make an empty one."""
        return FakeHeldDeletions()


class TestFakeImageStore(ImageStoreSuite):
    """The dictionary."""

    @pytest.fixture
    def store(self) -> ImageStore:
        """Make an empty one."""
        return FakeImageStore()


class TestFakeCacheStore(CacheStoreSuite):
    """The dictionaries."""

    @pytest.fixture
    def store(self) -> CacheStore:
        """Make an empty one."""
        return FakeCacheStore()


class TestFakePreferenceStore(PreferenceStoreSuite):
    """The dictionary."""

    @pytest.fixture
    def store(self) -> PreferenceStore:
        """Make an empty one."""
        return FakePreferenceStore()


class TestFakeSeenStore(SeenStoreSuite):
    """The sets."""

    @pytest.fixture
    def store(self) -> SeenStore:
        """Make an empty one."""
        return FakeSeenStore()


class TestFakeLeaseStore(LeaseStoreSuite):
    """The dictionary."""

    @pytest.fixture
    def store(self) -> LeaseStore:
        """Make an empty one."""
        return FakeLeaseStore()
