"""A session's end is an end: what auth allowed a moment before does not open the maildrop again."""

import asyncio

import pytest
from mailbox_doubles import JEAN, PASSWORD, World, until

from mailbox_service.connections import Login
from mailbox_service.errors import SessionEnded


@pytest.fixture
def world() -> World:
    """Make a maildrop of two messages."""
    world = World()
    world.deliver("a", "b")
    return world


async def test_a_request_that_auth_allowed_before_the_sign_out_does_not_reopen_the_maildrop(
    world: World,
) -> None:
    """Whether this process knew the session or not: no login is made, and nothing is remembered."""
    for sid, known in (("s1", True), ("s2", False)):
        access = await world.access(sid)
        if known:
            await world.subjects(access)
        logins = world.server.count("LOGIN")
        await world.sessions.end(sid)
        with pytest.raises(SessionEnded):
            await world.page(access, 1, 50)
        with pytest.raises(SessionEnded):
            world.maildrops.summaries(access)
        assert (world.server.holders(JEAN), world.server.count("LOGIN")) == (0, logins)
    assert world.maildrops._sessions == {}


async def test_a_deletion_under_way_at_the_sign_out_is_told(world: World) -> None:
    """QUIT was acknowledged: that the session has ended since does not hide it."""
    await world.sessions.open("s1", JEAN, Login(JEAN, PASSWORD))
    access = await world.access()
    uid = (await world.uids(access))[0]
    world.server.hold[JEAN] = asyncio.Event()
    await world.clock.advance(6)  # the connection ended: the deletion opens another
    deleting = asyncio.create_task(world.deletions.delete(access, [uid]))
    await until(lambda: world.server.holders(JEAN) == 1)
    ending = asyncio.create_task(world.sessions.end("s1"))
    await world.clock.settle()
    world.server.hold[JEAN].set()
    assert await deleting == {uid: "deleted"}
    await ending
    assert world.server.holders(JEAN) == 0
