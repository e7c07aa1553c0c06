"""What every adapter of a port must do: run on the doubles here, on the real ones in tests/integration."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Protocol

import pytest

from mailbox_service.connections import Login, Maildrop, OpenMaildrop
from mailbox_service.deletions import Held, HeldDeletions
from mailbox_service.errors import LoginRefused, MaildropBusy, MailServerUnavailable
from mailbox_service.inline_images import ImageStore
from mailbox_service.leases import LeaseStore
from mailbox_service.mail_cache import CacheStore
from mailbox_service.preferences import PreferenceStore
from mailbox_service.seen import SeenStore
from mailbox_service.summaries import Proof

DUE = datetime(2026, 11, 23, 8, tzinfo=UTC)
RELEASE_SECONDS = 10.0
"""Within which a server frees the maildrop of a session that ended."""
FIRST = b"Subject: 1\r\nFrom: a@b.example\r\n\r\n.dot\r\nBody 1\r\n"
SECOND = b"Subject: 2\r\n\r\nBody 2\r\n.\r\n..\r\nend\r\n"


class MaildropBench(Protocol):
    """A POP3 server with an empty maildrop, and how to open it."""

    login: Login
    open: OpenMaildrop
    deliver: Callable[[bytes], Awaitable[None]]


class MaildropSuite:
    """What a Maildrop must do."""

    @pytest.fixture
    async def maildrop(self, bench: MaildropBench) -> AsyncIterator[Maildrop]:
        """Open a maildrop of two messages."""
        await bench.deliver(FIRST)
        await bench.deliver(SECOND)
        maildrop = await bench.open(bench.login)
        yield maildrop
        maildrop.close()

    async def test_the_listing_has_numbers_sizes_and_unique_ids(self, maildrop: Maildrop) -> None:
        """Octets as the server counts them, in the order of arrival."""
        entries = await maildrop.listing()
        assert [(entry.number, entry.size) for entry in entries] == [(1, len(FIRST)), (2, len(SECOND))]
        assert len({entry.uidl for entry in entries}) == 2

    async def test_unique_ids_are_the_same_the_next_time(
        self, maildrop: Maildrop, bench: MaildropBench
    ) -> None:
        """They are what a message is known by over connections."""
        entries = await maildrop.listing()
        await maildrop.quit()
        again = await bench.open(bench.login)
        assert await again.listing() == entries
        await again.quit()

    async def test_headers_come_by_number_without_body(self, maildrop: Maildrop) -> None:
        """Only those asked for."""
        headers = await maildrop.headers([2, 1])
        assert {number: header.strip() for number, header in headers.items()} == {
            2: b"Subject: 2",
            1: b"Subject: 1\r\nFrom: a@b.example",
        }
        assert await maildrop.headers([]) == {}

    async def test_a_message_comes_octet_by_octet(self, maildrop: Maildrop) -> None:
        """Dots at the beginning of lines included."""
        assert await maildrop.retrieve(2) == SECOND
        assert await maildrop.retrieve(1) == FIRST

    async def test_only_quit_deletes(self, maildrop: Maildrop, bench: MaildropBench) -> None:
        """A dropped connection deletes nothing, an answered QUIT what was marked."""
        assert await maildrop.delete([1]) == frozenset()
        maildrop.close()
        again = await reopened(bench)
        assert len(await again.listing()) == 2
        assert await again.delete([1]) == frozenset()
        await again.quit()
        last = await reopened(bench)
        assert [entry.size for entry in await last.listing()] == [len(SECOND)]
        await last.quit()

    async def test_a_session_is_a_snapshot(self, maildrop: Maildrop, bench: MaildropBench) -> None:
        """What arrives meanwhile appears at the next login."""
        await bench.deliver(FIRST)
        assert len(await maildrop.listing()) == 2
        await maildrop.quit()
        again = await reopened(bench)
        assert len(await again.listing()) == 3
        await again.quit()

    async def test_an_ended_connection_is_of_no_use(self, maildrop: Maildrop) -> None:
        """It says so, and is closed without harm."""
        await maildrop.quit()
        with pytest.raises(MailServerUnavailable):
            await maildrop.listing()
        maildrop.close()

    async def test_a_wrong_password_is_refused(self, bench: MaildropBench) -> None:
        """As is a user name that cannot be sent."""
        for login in (Login(bench.login.username, "wrong"), Login("nobody", "x"), Login("a\r\nDELE 1", "x")):
            with pytest.raises(LoginRefused):
                await bench.open(login)


async def reopened(bench: MaildropBench) -> Maildrop:
    """Log in again, once the server has let the last session go."""
    async with asyncio.timeout(RELEASE_SECONDS):
        while True:
            with contextlib.suppress(MaildropBusy):
                return await bench.open(bench.login)


class HeldDeletionsSuite:
    """What HeldDeletions must do."""

    async def test_what_is_added_is_returned_whole(self, held: HeldDeletions) -> None:
        """With its time, session and proof, over mailboxes of any name."""
        first = Held("YQ", "s1", DUE, Proof(12, "abc"))
        second = Held("Yg~2", "s1", DUE + timedelta(seconds=0.25), None)
        await held.add("jean é", [first, second])
        assert sorted(await held.of("jean é"), key=lambda each: each.due) == [first, second]
        assert await held.of("marie") == []

    async def test_the_same_uid_is_replaced(self, held: HeldDeletions) -> None:
        """One message is held once."""
        await held.add("jean", [Held("YQ", "s1", DUE, None)])
        await held.add("jean", [Held("YQ", "s2", DUE, None)])
        assert [each.sid for each in await held.of("jean")] == ["s2"]

    async def test_what_is_removed_is_gone(self, held: HeldDeletions) -> None:
        """Unknown uids are fine; others stay."""
        await held.add("jean", [Held("YQ", "s1", DUE, None), Held("Yg", "s1", DUE, None)])
        await held.remove("jean", ["YQ", "unknown"])
        assert [each.uid for each in await held.of("jean")] == ["Yg"]


class SeenStoreSuite:
    """What a SeenStore must do."""

    async def test_marks_are_kept_by_mailbox(self, store: SeenStore) -> None:
        """Octets of any kind; unknown ones may be removed."""
        await store.add("jean é", {b"\x00\xff", b"b"})
        await store.add("jean é", {b"c"})
        await store.remove("jean é", {b"b", b"unknown"})
        assert await store.of("jean é") == {b"\x00\xff", b"c"}
        assert await store.of("marie") == frozenset()


class LeaseStoreSuite:
    """What a LeaseStore must do."""

    async def test_one_replica_has_a_lease_at_a_time(self, store: LeaseStore) -> None:
        """It renews it for whatever it holds; a give-back that is late gives nothing back."""
        assert await store.take("k", "r1", "h1", 60)
        assert not await store.take("k", "r2", "h", 60)
        assert await store.take("k", "r1", "h2", 60)
        assert await store.take("other", "r2", "h", 60)
        await store.release("k", "r1", "h1")
        assert not await store.take("k", "r2", "h", 60)
        await store.release("k", "r1", "h2")
        assert await store.take("k", "r2", "h", 60)

    async def test_who_asks_is_heard(self, store: LeaseStore) -> None:
        """By all that listen at that moment."""
        listening = store.asked()
        hearing = asyncio.ensure_future(anext(listening))
        async with asyncio.timeout(10):
            while not hearing.done():
                await store.ask("k", "r1")
                await asyncio.wait([hearing], timeout=0.01)
        assert await hearing == ("k", "r1")


class PreferenceStoreSuite:
    """What a PreferenceStore must do."""

    async def test_the_last_value_is_returned(self, store: PreferenceStore) -> None:
        """By its key; octets of any kind."""
        await store.put("a", b"\x00\xff")
        await store.put("b", b"b")
        await store.put("a", b"\xff")
        assert (await store.get("a"), await store.get("b"), await store.get("c")) == (b"\xff", b"b", None)


class CacheStoreSuite:
    """What a CacheStore must do."""

    async def test_values_are_found_by_shelf_and_name(self, store: CacheStore) -> None:
        """Octets of any kind; what is put again is replaced, what is not there is not."""
        await store.put("jean", "a", b"old", octets=100)
        await store.put("jean", "a", b"\x00\xff", octets=100)
        await store.put("jean", "b", b"b", octets=100)
        await store.put("marie", "a", b"hers", octets=100)
        assert (await store.get("jean", "a"), await store.get("jean", "c")) == (b"\x00\xff", None)
        assert sorted(await store.all("jean")) == [b"\x00\xff", b"b"]
        assert await store.names("jean") >= {"a", "b"}
        assert (await store.all("nobody"), await store.get("nobody", "a")) == ([], None)

    async def test_a_shelf_is_bounded_and_its_oldest_go(self, store: CacheStore) -> None:
        """A value put again is young again; another shelf has its own bound."""
        for name in ("a", "b", "c", "a", "d"):
            await store.put("jean", name, name.encode() * 10, octets=30)
        await store.put("marie", "a", b"x" * 30, octets=30)
        assert sorted(await store.all("jean")) == [b"a" * 10, b"c" * 10, b"d" * 10]
        await store.put("jean", "too large", b"x" * 31, octets=30)
        assert await store.all("jean") == []
        assert len(await store.all("marie")) == 1

    async def test_a_shelf_is_cleared(self, store: CacheStore) -> None:
        """It may be filled again."""
        await store.put("jean", "a", b"a" * 30, octets=30)
        await store.clear("jean")
        assert await store.all("jean") == []
        await store.put("jean", "b", b"b" * 30, octets=30)
        assert await store.all("jean") == [b"b" * 30]


class ImageStoreSuite:
    """What an ImageStore must do."""

    async def test_values_are_kept_by_key(self, store: ImageStore) -> None:
        """Octets of any kind."""
        await store.put({"a": b"\x00\xff", "b": b""}, 60)
        assert (await store.get("a"), await store.get("b"), await store.get("c")) == (b"\x00\xff", b"", None)
