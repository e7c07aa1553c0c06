"""Leases: two replicas that both must have a maildrop get it in turn, and nothing is deleted without one."""

import asyncio
from collections.abc import AsyncIterator
from typing import TypeVar

import pytest
from mailbox_doubles import JEAN, PASSWORD, World, until

from courriel_wire import DeleteOutcome
from mailbox_service.connections import Login
from mailbox_service.errors import LoginRefused, MaildropBusy

Result = TypeVar("Result")


@pytest.fixture
def world() -> World:
    """Make a maildrop of two messages, at a server that allows one session."""
    world = World()
    world.server.exclusive = True
    world.deliver("a", "b")
    return world


@pytest.fixture
async def other(world: World) -> AsyncIterator[World]:
    """Make another replica, on the same server, store and clock; both listen to each other."""
    other = World()
    other.server, other.auth, other.clock, other.lease_store = (
        world.server,
        world.auth,
        world.clock,
        world.lease_store,
    )
    other.restart()
    serving = [
        asyncio.create_task(each.maildrops._logins._leases.serve(each.maildrops.let_go))
        for each in (world, other)
    ]
    await until(lambda: len(world.lease_store.listeners) == 2)
    yield other
    for task in serving:
        task.cancel()


async def answered(world: World, asking: asyncio.Task[Result]) -> Result:
    """Let time pass until a call is answered."""
    for _ in range(60):
        await world.clock.settle()
        if asking.done():
            break
        await world.clock.advance(0.1)
    return await asking


async def test_requests_that_alternate_between_replicas_all_work(world: World, other: World) -> None:
    """Whoever has the maildrop lets go when it is asked, with QUIT, after what it is doing."""
    access = await world.access()
    for replica in (world, other) * 5:
        asking = asyncio.create_task(replica.subjects(access, refresh=True))
        assert await answered(world, asking) == ["Lettre b", "Lettre a"]
        await world.clock.advance(3)
    ended = [connection for connection in world.server.connections if not connection.alive]
    assert len(ended) >= 9
    assert all(connection.quitted for connection in ended)


async def test_a_sign_in_at_another_replica_gets_in(world: World, other: World) -> None:
    """With the right password: a wrong one asks nobody for anything."""
    await world.subjects(await world.access())
    wrong = asyncio.create_task(other.sessions.open("s2", JEAN, Login(JEAN, "wrong")))
    with pytest.raises(LoginRefused):
        await answered(world, wrong)
    assert world.server.connections[0].alive
    right = asyncio.create_task(other.sessions.open("s2", JEAN, Login(JEAN, PASSWORD)))
    await answered(world, right)
    assert world.server.connections[0].quitted


async def test_a_lease_is_given_back(world: World, other: World) -> None:
    """With the last connection; also after a refusal."""
    await world.subjects(await world.access())
    assert len(world.lease_store.held) == 1
    await world.clock.advance(6)
    assert world.lease_store.held == {}
    with pytest.raises(LoginRefused):
        await other.sessions.open("s2", JEAN, Login(JEAN, "wrong"))
    await world.clock.settle()
    assert world.lease_store.held == {}


async def test_nothing_is_deleted_without_the_lease(world: World) -> None:
    """The connection is dropped without QUIT; the deletion is done again when the lease is back."""
    access = await world.access()
    uids = await world.uids(access)
    world.lease_store.lose()
    deleting = asyncio.create_task(world.deletions.delete(access, uids[:1]))
    await until(lambda: world.server.count("DELE") == 1)
    await world.clock.settle()
    assert world.server.uidls() == ["a", "b"]
    assert not world.server.connections[0].quitted
    world.lease_store.held.clear()
    assert await answered(world, deleting) == {uids[0]: DeleteOutcome.DELETED}
    assert world.server.uidls() == ["b"]
    assert world.server.commands.count("QUIT") == 1


async def test_a_replica_that_does_not_let_go_is_waited_for_within_a_bound(world: World) -> None:
    """Then it is told as what it is: the maildrop is busy, and ours is not left open."""
    access = await world.access()
    world.lease_store.held = dict.fromkeys([await key_of(world)], ("another", ""))
    asking = asyncio.create_task(world.subjects(access))
    with pytest.raises(MaildropBusy):
        await answered(world, asking)
    assert world.server.holders(JEAN) == 0


async def key_of(world: World) -> str:
    """Return the store's key of the mailbox."""
    await world.maildrops._logins._leases.take(JEAN)
    (key,) = world.lease_store.held
    return key


async def test_a_lease_that_is_lost_drops_the_connection(world: World) -> None:
    """When it is to be renewed, at the latest: without QUIT."""
    access = await world.access()
    await world.subjects(access)
    world.lease_store.lose()
    await world.clock.settle()
    await world.clock.advance(4)
    assert [(each.alive, each.quitted) for each in world.server.connections] == [(False, False)]
    world.lease_store.held.clear()
    assert await world.subjects(access, refresh=True) == ["Lettre b", "Lettre a"]


async def test_without_the_store_nobody_is_kept_from_anything(world: World) -> None:
    """The cache may vanish: that costs no request."""
    world.lease_store.away = True
    access = await world.access()
    uids = await world.uids(access)
    assert await world.deletions.delete(access, uids[:1]) == {uids[0]: DeleteOutcome.DELETED}


async def test_a_lease_costs_no_waiting(world: World) -> None:
    """It is taken while the login is under way: once a connection, and once before a deletion."""
    access = await world.access()
    await world.subjects(access)
    assert world.lease_store.calls == 1
