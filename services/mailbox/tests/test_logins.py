"""The life of connections: however a mailbox is used, others get in; pauses that servers want are left."""

import asyncio
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mailbox_doubles import JEAN, PASSWORD, World, until

from mailbox_service.connections import Login
from mailbox_service.errors import MaildropBusy
from mailbox_service.listing import Wanted
from mailbox_service.maildrops import Access

TOTAL, GAP, IDLE, BUSY = 30.0, 2.0, 5.0, 5.0
STEPS = st.tuples(
    st.sampled_from(["list", "refresh", "read", "delete", "nothing"]),
    st.integers(0, 48).map(lambda eighths: eighths / 8),
)


@pytest.fixture
def world() -> World:
    """Make a maildrop of two messages."""
    world = World()
    world.deliver("a", "b")
    return world


async def use(world: World, access: Access, action: str) -> None:
    """Do one thing that a person does."""
    if action == "delete":
        await world.deletions.delete(access, (await world.uids(access))[:1])
    elif action == "read":
        await world.messages.raw(access, await world.newest(access))
    elif action != "nothing":
        await world.subjects(access, refresh=action == "refresh")


def spans(world: World) -> list[tuple[float, float]]:
    """Return from when to when the mailbox was held without a gap in which anybody else gets in."""
    merged: list[tuple[float, float]] = []
    for connection in sorted(world.server.connections, key=lambda each: each.opened):
        if merged and connection.opened < merged[-1][1] + GAP:
            merged[-1] = (merged[-1][0], connection.closed)
        else:
            merged.append((connection.opened, connection.closed))
    return merged


@settings(deadline=None, max_examples=40)
@given(st.lists(STEPS, min_size=10, max_size=40))
def test_however_it_is_used_a_mailbox_is_left_alone_in_time(steps: list[tuple[str, float]]) -> None:
    """It is held for thirty seconds at most, then not for two; nobody waits longer than that for it."""

    async def check() -> None:
        world = World()
        world.server.exclusive = True
        world.deliver(*(f"{number:02}" for number in range(60)))
        access = await world.access()
        for action, seconds in steps:
            using = asyncio.create_task(use(world, access, action))
            await world.clock.settle()
            if not using.done():
                await world.clock.advance(GAP)
            assert using.done()
            await using
            await world.clock.advance(seconds)
        await world.clock.advance(IDLE)
        assert world.server.holders(JEAN) == 0
        for start, end in spans(world):
            assert end - start <= TOTAL
        for one, other in pairwise(world.server.connections):
            assert other.opened >= one.closed

    asyncio.run(check())


async def test_refreshing_without_end_leaves_a_gap(world: World) -> None:
    """However often somebody refreshes: it is one hold over many connections."""
    access = await world.access()
    for _ in range(5):
        await world.subjects(access, refresh=True)
        await world.clock.advance(4.9)
    await world.subjects(access, refresh=True)
    await world.clock.advance(5.5)
    assert (world.server.holders(JEAN), world.server.count("LOGIN")) == (0, 6)
    refreshing = asyncio.create_task(world.subjects(access, refresh=True))
    await world.clock.settle()
    assert world.server.holders(JEAN) == 0
    await world.clock.advance(2)
    await refreshing


async def test_a_sign_in_does_not_wait_for_the_gap(world: World) -> None:
    """Somebody types a password then, and nothing is known of whose it is."""
    access = await world.access()
    for _ in range(7):
        await world.subjects(access, refresh=True)
        await world.clock.advance(4.5)
    assert world.server.holders(JEAN) == 0
    await world.sessions.open("s2", JEAN, Login(JEAN, PASSWORD))


async def test_holds_are_forgotten(world: World) -> None:
    """A process that lives long takes no memory for mailboxes that were left alone."""
    for number in range(50):
        world.deliver("a", mailbox=f"m{number}")
        await world.subjects(await world.access(f"s{number}", f"m{number}"))
        await world.clock.advance(8)
    assert len(world.maildrops._logins._holds) <= 2


class TestLoginDelay:
    """A server that wants 60 s between logins (RFC 2449 section 6.5)."""

    @pytest.fixture
    async def access(self, world: World) -> Access:
        """Let a session list its mailbox."""
        world.server.login_delay = 60
        access = await world.access()
        await world.subjects(access)
        return access

    async def test_a_refresh_is_answered_from_the_snapshot(self, world: World, access: Access) -> None:
        """On the connection at hand, and after its end; ``as_of`` says of when; then anew."""
        as_of = (await world.messages.page(access, Wanted(1, 50))).as_of
        world.deliver("c")
        for _ in range(5):
            await world.clock.advance(11)
            page = await world.messages.page(access, Wanted(1, 50), refresh=True)
            assert ([row.uid for row in page.rows], page.as_of) == (["Yg", "YQ"], as_of)
        assert world.server.count("LOGIN") == 1
        await world.clock.advance(6)
        page = await world.messages.page(access, Wanted(1, 50), refresh=True)
        assert (page.total, page.as_of > as_of) == (3, True)

    async def test_the_connection_lives_its_whole_time(self, world: World, access: Access) -> None:
        """Nobody else could log in either, so that a message is still read when it was idle for long."""
        await world.clock.advance(25)
        assert (await world.messages.raw(access, "YQ")).startswith(b"From: Marie")
        await world.clock.advance(6)
        assert world.server.holders(JEAN) == 0

    async def test_what_needs_the_server_is_told_when_to_come_back(
        self, world: World, access: Access
    ) -> None:
        """It is waited for within bounds only."""
        await world.clock.advance(40)
        with pytest.raises(MaildropBusy) as busy:
            await world.messages.raw(access, "YQ")
        assert busy.value.retry_after == 21
        await world.clock.advance(16)
        reading = asyncio.create_task(world.messages.raw(access, "YQ"))
        await world.clock.advance(5)
        assert (await reading).startswith(b"From: Marie")

    async def test_what_was_deleted_is_not_remembered(self, world: World, access: Access) -> None:
        """The list after a deletion is that of before, without the message."""
        await world.deletions.delete(access, ["YQ"])
        assert await world.subjects(access) == ["Lettre b"]
        assert world.server.count("LOGIN") == 1


async def test_in_use_is_waited_out_within_a_bound(world: World) -> None:
    """A call of an open session asks again for five seconds; then it is told, with when to come back."""
    world.server.busy = True
    access = await world.access()
    listing = asyncio.create_task(world.subjects(access))
    await world.clock.settle()
    await world.clock.advance(4)
    world.server.busy = False
    await world.clock.advance(0.3)
    assert len(await listing) == 2
    await world.clock.advance(6)
    world.server.busy = True
    listing = asyncio.create_task(world.subjects(access, refresh=True))
    await world.clock.settle()
    await world.clock.advance(BUSY)
    with pytest.raises(MaildropBusy) as busy:
        await listing
    assert busy.value.retry_after > 0


async def test_people_are_served_before_background_work(world: World) -> None:
    """In the order of asking, each among themselves, however early background work asked."""
    access = await world.access()
    world.server.hold[JEAN] = asyncio.Event()
    served: list[str] = []

    async def ask(name: str, *, background: bool) -> None:
        lend = world.maildrops.lend_kept if background else world.maildrops.lend
        await lend(access, lambda connection: connection.snapshot())
        served.append(name)

    first = asyncio.create_task(ask("first", background=False))
    await until(lambda: world.server.count("LIST"))
    names = ["b1", "p1", "b2", "p2", "b3", "p3"]
    asking = [asyncio.create_task(ask(name, background=name < "c")) for name in names]
    await world.clock.settle()
    asking[1].cancel()
    world.server.hold[JEAN].set()
    await asyncio.wait([first, *asking])
    assert served == ["first", "p2", "p3", "b1", "b2", "b3"]
