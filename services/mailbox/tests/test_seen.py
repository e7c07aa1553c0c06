"""Seen marks: opening sets one, anybody may clear it, and none outlives its message."""

from collections.abc import AsyncIterator

import pytest
from httpx2 import AsyncClient
from mailbox_doubles import JEAN, Mail, World, letter
from mailbox_http import BEARER, client_of, problem, sign_in

from mailbox_service.errors import UnknownMessage
from mailbox_service.listing import Wanted
from mailbox_service.maildrops import Access

A, B = "YQ", "Yg"


@pytest.fixture
def world() -> World:
    """Make a maildrop of two messages."""
    world = World()
    world.deliver("a", "b")
    return world


async def seen(world: World, access: Access, *, refresh: bool = False) -> tuple[dict[str, bool], int]:
    """Return each message's mark, and how many have none."""
    page = await world.messages.page(access, Wanted(1, 50), refresh=refresh)
    return {row.uid: row.seen for row in page.rows}, page.unread


async def test_opening_marks_and_listing_does_not(world: World) -> None:
    """The opened message alone is seen, however often it is opened."""
    access = await world.access()
    assert await seen(world, access) == ({A: False, B: False}, 2)
    assert (await world.messages.open(access, A)).seen
    await world.messages.open(access, A)
    assert await seen(world, access) == ({A: True, B: False}, 1)
    assert world.seen_store.writes == 1


async def test_what_is_only_taken_along_is_not_seen(world: World) -> None:
    """A forwarded or saved message was not read."""
    access = await world.access()
    assert not (await world.messages.open(access, A, mark_seen=False)).seen
    await world.messages.raw(access, A)
    assert await seen(world, access) == ({A: False, B: False}, 2)


async def test_marks_are_set_and_cleared_by_hand(world: World) -> None:
    """One or several; of several, what is gone is left out."""
    access = await world.access()
    await world.seen.mark_one(access, A, seen=True)
    assert await seen(world, access) == ({A: True, B: False}, 1)
    await world.seen.mark_those(access, [A, B, "unknown"], seen=True)
    assert await seen(world, access) == ({A: True, B: True}, 0)
    await world.seen.mark_those(access, [A, B], seen=False)
    assert await seen(world, access) == ({A: False, B: False}, 2)
    with pytest.raises(UnknownMessage):
        await world.seen.mark_one(access, "unknown", seen=True)


async def test_marks_outlive_session_and_process_and_are_shared(world: World) -> None:
    """A colleague who opens the functional mailbox next sees them."""
    await world.messages.open(await world.access("s1"), A)
    world.restart()
    assert await seen(world, await world.access("s2")) == ({A: True, B: False}, 1)


async def test_a_message_that_is_gone_takes_its_mark_along(world: World) -> None:
    """Whether it went while this session looked, or before."""
    access = await world.access()
    await world.messages.open(access, A)
    await world.messages.open(access, B)
    del world.server.mailboxes[JEAN][0]
    await world.clock.advance(4)
    assert await seen(world, access, refresh=True) == ({B: True}, 0)
    assert len(world.seen_store.marks[JEAN]) == 1
    world.server.mailboxes[JEAN].clear()
    world.restart()
    await seen(world, await world.access("s2"))
    assert not world.seen_store.marks[JEAN]


async def test_an_old_uidl_on_a_new_message_is_unread(world: World) -> None:
    """Servers give a UIDL again; the size tells."""
    access = await world.access()
    await world.messages.open(access, A)
    world.server.mailboxes[JEAN][0] = Mail("a", letter("Une autre, plus longue"))
    await world.clock.advance(4)
    assert await seen(world, access, refresh=True) == ({A: False, B: False}, 2)
    assert await world.seen_store.of(JEAN) == frozenset()


async def test_a_held_deletion_is_not_counted(world: World) -> None:
    """What the list does not show is not unread."""
    access = await world.access()
    await seen(world, access)
    await world.deletions.hold(access, [A], 8)
    assert await seen(world, access) == ({B: False}, 1)


async def test_the_store_is_told_no_message(world: World) -> None:
    """A mark is no UIDL, and another one in each mailbox."""
    world.deliver("a", mailbox="marie.martin")
    await world.messages.open(await world.access(), A)
    await world.messages.open(await world.access("s2", "marie.martin"), A)
    (first,), (second,) = world.seen_store.marks.values()
    assert first != second
    assert first != b"a"
    assert A.encode() not in first


@pytest.fixture
async def client(world: World) -> AsyncIterator[AsyncClient]:
    """Serve it, signed in."""
    world.auth.sessions["s1"] = JEAN
    async for client in client_of(world):
        await sign_in(client)
        yield client


async def test_over_http(client: AsyncClient) -> None:
    """PUT for one, POST for several, and GET marks unless it is told not to."""
    assert (await client.get(f"/messages/{A}?mark_seen=0", headers=BEARER)).json()["seen"] is False
    assert (await client.get(f"/messages/{A}", headers=BEARER)).json()["seen"] is True
    told = (await client.get("/messages", headers=BEARER)).json()
    assert ([each["seen"] for each in told["messages"]], told["unread"]) == ([False, True], 1)
    assert (await client.put(f"/messages/{A}/seen", json={"seen": False}, headers=BEARER)).status_code == 204
    many = {"uids": [B], "seen": True}
    assert (await client.post("/messages/seen", json=many, headers=BEARER)).status_code == 204
    told = (await client.get("/messages", headers=BEARER)).json()
    assert [each["seen"] for each in told["messages"]] == [True, False]
    unknown = await client.put("/messages/bm9ib2R5/seen", json={"seen": True}, headers=BEARER)
    assert problem(unknown) == (404, "unknown-message")
    assert problem(await client.put(f"/messages/{A}/seen", json={}, headers=BEARER))[0] == 422
