"""What is deleted is what was shown, once the server said so; what is held is durable."""

from collections.abc import Callable

import pytest
from mailbox_doubles import JEAN, Mail, World, letter

from courriel_wire import DeleteOutcome
from mailbox_service.errors import MailServerUnavailable, UnknownMessage

A, B, C = "YQ", "Yg", "Yw"


@pytest.fixture
def world() -> World:
    """Make a maildrop of three messages."""
    world = World()
    world.deliver("a", "b", "c")
    return world


async def test_a_deletion_is_acknowledged_by_quit(world: World) -> None:
    """When delete returns, the server has carried it out."""
    access = await world.access()
    await world.subjects(access)
    assert await world.deletions.delete(access, [A, C]) == {A: "deleted", C: "deleted"}
    assert world.server.uidls() == ["b"]
    assert world.server.commands[-3:] == ["DELE 1", "DELE 3", "QUIT"]


async def test_the_list_after_a_deletion_is_new(world: World) -> None:
    """QUIT ended the connection, so the next list logs in anew."""
    access = await world.access()
    await world.subjects(access)
    await world.deletions.delete(access, [C])
    world.deliver("d")
    assert await world.subjects(access) == ["Lettre d", "Lettre b", "Lettre a"]


async def test_a_message_that_is_gone_is_told(world: World) -> None:
    """In bulk it is an outcome; alone it is unknown only where this session was never shown it."""
    access = await world.access()
    await world.subjects(access)
    world.server.mailboxes[JEAN].pop(0)
    await world.clock.advance(6)
    assert await world.deletions.delete(access, [A, B]) == {A: "gone", B: "deleted"}
    await world.subjects(access)
    world.server.mailboxes[JEAN].clear()
    await world.clock.advance(6)
    assert await world.deletions.delete_one(access, C) == "gone"
    with pytest.raises(UnknownMessage):
        await world.deletions.delete_one(access, "bmV2ZXI")


async def test_a_message_of_another_size_under_the_same_uidl_is_not_deleted(world: World) -> None:
    """A server that gives an old UIDL to a new message does not make us delete what nobody saw."""
    access = await world.access()
    await world.subjects(access)
    world.server.mailboxes[JEAN][0].raw = letter("Un autre message")
    await world.clock.advance(6)
    assert await world.deletions.delete(access, [A]) == {A: "changed"}
    assert world.server.uidls() == ["a", "b", "c"]


async def test_another_message_of_the_same_size_is_not_deleted_but_shown(world: World) -> None:
    """A UIDL given anew costs nobody a message, however often it is asked; the next list reads it anew."""
    access = await world.access()
    await world.subjects(access)
    world.server.mailboxes[JEAN][0].raw = letter("Lettre x")
    await world.clock.advance(6)
    for _ in range(2):
        assert await world.deletions.delete(access, [A]) == {A: "changed"}
    assert world.server.uidls() == ["a", "b", "c"]
    assert await world.subjects(access) == ["Lettre c", "Lettre b", "Lettre x"]
    assert await world.deletions.delete(access, [A]) == {A: "deleted"}


async def test_a_message_that_goes_by_another_uidl_now_is_not_gone(world: World) -> None:
    """A server that makes its UIDLs anew at each login keeps the message, so nobody is told it is gone."""
    world.server.name = lambda mail, _number, login: f"{mail.uidl}{login}"
    access = await world.access()
    uids = await world.uids(access)
    world.server.mailboxes[JEAN].pop()
    await world.clock.advance(6)
    assert list((await world.deletions.delete(access, uids)).values()) == ["changed", "changed", "gone"]
    assert world.server.uidls() == ["a", "b"]


@pytest.mark.parametrize(
    ("lost", "outcome"), [("before", DeleteOutcome.FAILED), ("after", DeleteOutcome.DELETED)]
)
@pytest.mark.parametrize(
    "name",
    [lambda _mail, number, _login: str(number), lambda mail, _number, login: f"{mail.uidl}{login}"],
    ids=["by position", "anew at each login"],
)
async def test_an_unanswered_quit_over_uidls_that_move(
    world: World, name: Callable[[Mail, int, int], str], lost: str, outcome: DeleteOutcome
) -> None:
    """What became of a message is seen by its header where its UIDL says nothing."""
    world.server.name = name
    access = await world.access()
    uids = await world.uids(access)
    world.server.lose_quit = lost
    assert await world.deletions.delete(access, uids[:2]) == dict.fromkeys(uids[:2], outcome)
    assert len(world.server.uidls()) == (3 if outcome is DeleteOutcome.FAILED else 1)


async def test_what_a_server_notes_in_a_header_changes_nothing(world: World) -> None:
    """A message that was read is the one that was shown."""
    raw = letter("Lue", extra="X-UIDL: 1\r\n")
    world.server.mailboxes[JEAN][0].raw = raw
    access = await world.access()
    await world.subjects(access)
    world.server.mailboxes[JEAN][0].raw = letter("Lue", extra="X-UIDL: 1\r\nStatus: RO\r\n")
    await world.clock.advance(6)
    assert await world.deletions.delete(access, [A]) == {A: "deleted"}


async def test_repeated_uidls_are_told_apart_by_their_headers() -> None:
    """The second of two messages with one UIDL is deleted, and not the one that took its place."""
    world = World()
    world.deliver("a", raw=letter("Un"))
    world.deliver("a", raw=letter("2e"))
    world.deliver("a", raw=letter("3e"))
    access = await world.access()
    await world.subjects(access)
    assert await world.deletions.delete(access, [f"{A}~2"]) == {f"{A}~2": "deleted"}
    assert await world.deletions.delete(access, [f"{A}~2"]) == {f"{A}~2": "changed"}
    assert await world.subjects(access) == ["3e", "Un"]


async def test_a_repeated_uidl_that_moved_is_not_deleted() -> None:
    """Another client deleted the first of three: what stands under the second's uid now is the third."""
    world = World()
    for subject in ("1er", "2nd", "3me"):
        world.deliver("a", raw=letter(subject))
    access = await world.access()
    await world.subjects(access)
    del world.server.mailboxes[JEAN][0]
    await world.clock.advance(6)
    assert await world.deletions.delete(access, [f"{A}~2", A]) == {f"{A}~2": "changed", A: "changed"}
    assert len(world.server.uidls()) == 2


async def test_a_refused_dele_is_failed_and_the_others_are_deleted(world: World) -> None:
    """One refusal does not stop the rest."""
    world.server.refuse_dele = {2}
    access = await world.access()
    assert await world.deletions.delete(access, [A, B]) == {A: "deleted", B: "failed"}
    assert world.server.uidls() == ["b", "c"]


@pytest.mark.parametrize(
    ("lost", "outcome"), [("before", DeleteOutcome.FAILED), ("after", DeleteOutcome.DELETED)]
)
async def test_an_unanswered_quit_is_looked_into(world: World, lost: str, outcome: DeleteOutcome) -> None:
    """Log in again, compare, report what became of the message."""
    world.server.lose_quit = lost
    access = await world.access()
    assert await world.deletions.delete(access, [A]) == {A: outcome}
    assert ("a" in world.server.uidls()) is (outcome is DeleteOutcome.FAILED)


async def test_a_refused_quit_is_looked_into(world: World) -> None:
    """-ERR to QUIT says that some are still there; the server is asked which."""
    world.server.refuse_quit = True
    assert await world.deletions.delete(await world.access(), [A, B]) == {A: "failed", B: "failed"}


async def test_an_unanswered_quit_over_repeated_uidls_is_counted() -> None:
    """Uids of repeated UIDLs move when one goes, so copies are counted."""
    world = World()
    world.deliver("a", raw=letter("Un"))
    world.deliver("a", raw=letter("2e"))
    access = await world.access()
    await world.subjects(access)
    world.server.lose_quit = "after"
    assert await world.deletions.delete(access, [A]) == {A: "deleted"}


async def test_what_nobody_can_tell_is_unknown(world: World) -> None:
    """QUIT was not answered, and the server is away: nothing is guessed."""
    access = await world.access()
    await world.subjects(access)
    world.server.lose_quit = "before"
    world.server.vanish_at_quit = True
    assert await world.deletions.delete(access, [A]) == {A: "unknown"}


async def test_nothing_is_deleted_when_the_server_is_away(world: World) -> None:
    """Before QUIT a lost connection is an error, not an outcome."""
    access = await world.access()
    world.server.down = True
    with pytest.raises(MailServerUnavailable):
        await world.deletions.delete(access, [A])
    assert world.server.uidls() == ["a", "b", "c"]
