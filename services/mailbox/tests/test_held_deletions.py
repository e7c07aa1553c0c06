"""A held deletion hides its message, can be taken back, and is durable: it is carried out in the end."""

import asyncio

import pytest
from mailbox_doubles import JEAN, PASSWORD, World, letter, until

from mailbox_service.connections import Login
from mailbox_service.errors import SessionEnded, UnknownMessage

A, B, C = "YQ", "Yg", "Yw"


@pytest.fixture
def world() -> World:
    """Make a maildrop of three messages."""
    world = World()
    world.deliver("a", "b", "c")
    return world


async def test_a_held_deletion_hides_the_message_and_can_be_taken_back(world: World) -> None:
    """Within its time, nothing was done to the server."""
    access = await world.access()
    await world.subjects(access)
    due = await world.deletions.hold(access, [B], 8)
    assert (due - world.clock.now()).total_seconds() == 8
    page = await world.page(access, 1, 50)
    assert ([row.uid for row in page.rows], page.total) == ([C, A], 2)
    await world.clock.advance(7)
    await world.deletions.take_back(access, [B])
    await world.clock.advance(60)
    assert await world.subjects(access) == ["Lettre c", "Lettre b", "Lettre a"]


async def test_a_held_deletion_is_carried_out_when_due(world: World) -> None:
    """Nobody needs to call."""
    access = await world.access()
    await world.deletions.hold(access, [B], 8)
    await world.clock.advance(7.9)
    assert world.server.uidls() == ["a", "b", "c"]
    await world.clock.advance(0.2)
    assert world.server.uidls() == ["a", "c"]
    assert await world.held.of(JEAN) == []


async def test_what_was_carried_out_cannot_be_taken_back(world: World) -> None:
    """It is told; taking back twice what is still there is fine."""
    access = await world.access()
    await world.deletions.hold(access, [B], 8)
    await world.clock.advance(9)
    with pytest.raises(UnknownMessage):
        await world.deletions.take_back(access, [B])
    await world.deletions.take_back(access, [A])


async def test_a_held_deletion_survives_the_process(world: World) -> None:
    """Killed between hold and due time: the next use after that carries it out before it lists."""
    await world.deletions.hold(await world.access(), [B], 8)
    world.restart()
    access = await world.access()
    assert await world.subjects(access) == ["Lettre c", "Lettre a"]
    assert world.server.uidls() == ["a", "b", "c"]
    world.clock.seconds += 9
    assert await world.subjects(access) == ["Lettre c", "Lettre a"]
    assert world.server.uidls() == ["a", "c"]


async def test_the_first_use_after_a_restart_waits_for_what_is_held(world: World) -> None:
    """Once for each time it is due, however often the list is asked for; then nobody needs to call."""
    access = await world.access()
    await world.deletions.hold(access, [B], 8)
    await world.clock.advance(1)
    await world.deletions.hold(access, [C], 20)
    world.restart()
    for _ in range(3):
        assert await world.subjects(await world.access()) == ["Lettre a"]
    assert len(world.deletions._waiting) == 2
    await world.clock.advance(8)
    assert world.server.uidls() == ["a", "c"]
    await world.clock.advance(13)
    assert world.server.uidls() == ["a"]
    assert not world.deletions._waiting


async def test_a_sign_out_after_a_restart_carries_out_what_is_held(world: World) -> None:
    """The new process knows it from any use before."""
    access = await world.access()
    await world.deletions.hold(access, [B], 80)
    world.restart()
    await world.subjects(access)
    await world.sessions.end(access.sid)
    assert world.server.uidls() == ["a", "c"]


async def test_sign_in_carries_out_what_is_due(world: World) -> None:
    """The next opening comes after the process died."""
    await world.deletions.hold(await world.access(), [B], 8)
    world.restart()
    world.clock.seconds += 9
    await world.sessions.open("s2", JEAN, Login(JEAN, PASSWORD))
    await until(lambda: world.server.uidls() == ["a", "c"])


async def test_an_undo_never_outlives_its_session(world: World) -> None:
    """Killed between hold and due time: the next use after that carries it out, then lists."""
    await world.deletions.hold(await world.access("s1"), [B], 80)
    assert await world.subjects(await world.access("s2")) == ["Lettre c", "Lettre a"]
    assert world.server.uidls() == ["a", "c"]


async def test_a_sign_in_that_may_still_fail_does_not_end_anothers_undo(world: World) -> None:
    """The password is proved, the lock is not: a sign-in that is given up changes nothing."""
    first = await world.access("s1")
    await world.deletions.hold(first, [B], 80)
    await world.sessions.open("s2", JEAN, Login(JEAN, PASSWORD))
    await world.sessions.end("s2")
    await world.deletions.take_back(first, [B])
    assert world.server.uidls() == ["a", "b", "c"]


async def test_sign_out_carries_out_what_the_session_holds(world: World) -> None:
    """At once, before its time."""
    await world.sessions.open("s1", JEAN, Login(JEAN, PASSWORD))
    await world.deletions.hold(await world.access("s1"), [B], 80)
    await world.sessions.end("s1")
    assert world.server.uidls() == ["a", "c"]
    assert world.server.holders(JEAN) == 0


async def test_sign_out_leaves_what_another_session_holds(world: World) -> None:
    """Each session's undo is its own."""
    first, second = await world.access("s1"), await world.access("s2")
    await world.deletions.hold(first, [A], 80)
    await world.deletions.hold(second, [B], 80)
    await world.sessions.end("s2")
    assert world.server.uidls() == ["a", "c"]
    await world.deletions.take_back(first, [A])


async def test_sign_out_succeeds_while_the_mail_server_is_away(world: World) -> None:
    """What is held stays stored for the next opening."""
    await world.deletions.hold(await world.access("s1"), [B], 80)
    world.server.down = True
    await world.sessions.end("s1")
    assert [held.uid for held in await world.held.of(JEAN)] == [B]


async def test_a_due_deletion_is_tried_again_while_the_server_is_away(world: World) -> None:
    """It happens once the server is back."""
    await world.deletions.hold(await world.access(), [B], 8)
    world.server.down = True
    await world.clock.advance(20)
    world.server.down = False
    await world.clock.advance(60)
    assert world.server.uidls() == ["a", "c"]


async def test_trying_again_ends_with_the_session(world: World) -> None:
    """Once auth says that the session has ended, the next opening carries it out."""
    await world.deletions.hold(await world.access(), [B], 8)
    world.auth.sessions.clear()
    await world.clock.advance(600)
    assert world.clock.sleeping == 0
    assert [held.uid for held in await world.held.of(JEAN)] == [B]


async def test_a_refused_held_deletion_shows_the_message_again(world: World) -> None:
    """It is not hidden for ever, and not tried for ever."""
    world.server.refuse_dele = {2}
    access = await world.access()
    await world.deletions.hold(access, [B], 8)
    await world.clock.advance(9)
    assert await world.subjects(access) == ["Lettre c", "Lettre b", "Lettre a"]


async def test_deleting_at_once_what_is_held_forgets_the_holding(world: World) -> None:
    """Nothing is left to be carried out later."""
    access = await world.access()
    await world.deletions.hold(access, [B], 80)
    assert await world.deletions.delete(access, [B]) == {B: "deleted"}
    assert await world.held.of(JEAN) == []


async def test_taking_back_waits_for_what_is_being_carried_out(world: World) -> None:
    """A message is never both deleted and said to be taken back."""
    access = await world.access()
    await world.deletions.hold(access, [B], 8)
    world.server.hold[JEAN] = asyncio.Event()
    await world.clock.advance(9)
    await until(lambda: world.server.count("LIST"))
    taking_back = asyncio.create_task(world.deletions.take_back(access, [B]))
    await world.clock.settle()
    world.server.hold[JEAN].set()
    with pytest.raises(UnknownMessage):
        await taking_back
    assert world.server.uidls() == ["a", "c"]


async def test_a_held_deletion_whose_end_nobody_knows_is_tried_again(world: World) -> None:
    """Its QUIT was lost and the server is away: the next use finishes it."""
    access = await world.access()
    await world.subjects(access)
    await world.deletions.hold(access, [B], 8)
    await world.clock.advance(4)
    await world.subjects(access)
    world.server.lose_quit = "before"
    world.server.vanish_at_quit = True
    await world.clock.advance(4.5)
    assert [held.uid for held in await world.held.of(JEAN)] == [B]
    world.server.down, world.server.lose_quit, world.server.vanish_at_quit = False, "", False
    assert await world.subjects(access) == ["Lettre c", "Lettre a"]
    assert world.server.uidls() == ["a", "c"]


async def test_a_held_deletion_never_deletes_another_message(world: World) -> None:
    """What was shown is remembered with it, over a restart too."""
    access = await world.access()
    await world.subjects(access)
    await world.deletions.hold(access, [B], 8)
    world.restart()
    world.server.mailboxes[JEAN][1].raw = letter("Un autre message")
    world.clock.seconds += 9
    assert "Un autre message" in await world.subjects(access)


async def test_a_session_that_ended_cannot_hold_connections_open(world: World) -> None:
    """Where auth refuses the credential the call is refused, and nothing stays open."""
    access = await world.access()
    world.auth.sessions.clear()
    with pytest.raises(SessionEnded):
        await world.deletions.delete(access, [A])
    assert world.server.holders(JEAN) == 0
