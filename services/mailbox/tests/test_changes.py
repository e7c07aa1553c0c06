"""Changes: told as they happen, polled for without harm; closed windows free the mailbox."""

import asyncio
import json

import pytest
from mailbox_doubles import JEAN, World, until
from mailbox_http import BEARER, client_of, problem

from mailbox_service.changes import MAX_STREAMS, Change
from mailbox_service.errors import TooManyStreams
from mailbox_service.maildrops import Access


@pytest.fixture
def world() -> World:
    """Make a maildrop of two messages."""
    world = World()
    world.deliver("a", "b")
    return world


class Listener:
    """A stream that is being read."""

    def __init__(self, world: World, access: Access, since: str = "") -> None:
        self.told: list[Change] = []
        self._stream = world.changes.follow(access, world.auth.session(access.sid), since)
        self.task = asyncio.create_task(self._listen())

    async def _listen(self) -> None:
        async for change in self._stream:
            if change:
                self.told.append(change)

    async def leave(self) -> None:
        """Hang up."""
        self.task.cancel()
        await asyncio.wait([self.task])


async def test_what_comes_and_goes_is_told(world: World) -> None:
    """First how it stands, then what is new and what vanished, with counts."""
    access = await world.access()
    listener = Listener(world, access)
    await until(lambda: listener.told)
    first = listener.told[0]
    assert (first.new, first.vanished, first.total, first.unread) == ((), (), 2, 2)
    world.deliver("c")
    del world.server.mailboxes[JEAN][0]
    await world.clock.advance(30)
    change = listener.told[1]
    assert (change.new, change.vanished, change.total, change.unread) == (("Yw",), ("YQ",), 2, 2)
    assert len(listener.told) == 2


async def test_polls_slow_down_while_quiet_and_stop_when_nobody_listens(world: World) -> None:
    """From 15 s to 2 min; mail brings them back; they are no activity."""
    access = await world.access()
    world.auth.activity = 0
    listener = Listener(world, access)
    await until(lambda: listener.told)
    await world.clock.advance(60)
    assert world.server.count("LOGIN") == 3
    await world.clock.advance(1000)
    before = world.server.count("LOGIN")
    await world.clock.advance(1320)
    assert 10 <= world.server.count("LOGIN") - before <= 11
    world.deliver("c")
    while len(listener.told) < 2:
        await world.clock.advance(1)
    before = world.server.count("LOGIN")
    await world.clock.advance(60)
    assert world.server.count("LOGIN") - before == 2
    assert world.auth.activity == 0
    await listener.leave()
    before = world.server.count("LOGIN")
    await world.clock.advance(1000)
    assert world.server.count("LOGIN") == before


async def test_a_poll_leaves_the_maildrop_at_once(world: World) -> None:
    """And gives way to whoever holds it, without asking again."""
    listener = Listener(world, await world.access())
    await world.clock.settle()
    assert (world.server.count("LOGIN"), world.server.holders(JEAN)) == (1, 0)
    assert world.server.connections[0].quitted
    world.server.busy = True
    await world.clock.advance(30)
    assert world.server.count("LOGIN") == 2
    world.server.busy = False
    world.deliver("c")
    await world.clock.advance(60)
    assert listener.told[-1].new == ("Yw",)


async def test_a_poll_uses_what_a_person_just_asked_for(world: World) -> None:
    """No login of its own while the person's snapshot is young, and that connection stays theirs."""
    access = await world.access()
    await world.subjects(access)
    listener = Listener(world, access)
    await until(lambda: listener.told)
    assert (world.server.count("LOGIN"), world.server.holders(JEAN)) == (1, 1)


async def test_many_windows_are_one_poll(world: World) -> None:
    """Each of them is told everything from when it came; there is a limit to them."""
    access = await world.access()
    listeners = [Listener(world, access) for _ in range(MAX_STREAMS)]
    await until(lambda: all(each.told for each in listeners))
    assert world.server.count("LOGIN") == 1
    with pytest.raises(TooManyStreams):
        Listener(world, access)
    await listeners.pop().leave()
    listeners.append(Listener(world, access))
    await until(lambda: listeners[-1].told)
    world.deliver("c")
    await world.clock.advance(30)
    assert all(each.told[-1].new == ("Yw",) for each in listeners)


async def test_a_stream_goes_on_where_it_was(world: World) -> None:
    """Nothing is told twice; what happened in between is told as another state."""
    access = await world.access()
    first = Listener(world, access)
    await until(lambda: first.told)
    state = first.told[0].state
    await first.leave()
    again = Listener(world, access, since=state)
    await world.clock.advance(20)
    assert again.told == []
    await again.leave()
    world.restart()
    world.deliver("c")
    once_more = Listener(world, access, since=state)
    await until(lambda: once_more.told)
    assert (once_more.told[0].state != state, once_more.told[0].total) == (True, 3)


async def test_streams_end_with_their_session_and_with_the_process(world: World) -> None:
    """Sign-out, take-over, and a password that was changed; at a stop nothing hangs."""
    listener = Listener(world, await world.access())
    await until(lambda: listener.told)
    await world.sessions.end("s1")
    await until(listener.task.done)
    listener = Listener(world, await world.access("s2"))
    await until(lambda: listener.told)
    world.auth.password = "old"
    await world.clock.advance(30)
    assert listener.task.done()
    world.auth.password = world.server.password
    listener = Listener(world, await world.access("s3"))
    await until(lambda: listener.told)
    world.changes.close()
    await until(listener.task.done)


async def test_closed_windows_free_the_mailbox(world: World) -> None:
    """A minute after the last stream closed, the session is ended."""
    access = await world.access()
    listeners = [Listener(world, access) for _ in range(2)]
    await until(lambda: all(each.told for each in listeners))
    await listeners[0].leave()
    await world.clock.advance(300)
    assert world.auth.revoked == []
    await listeners[1].leave()
    await world.clock.advance(59)
    assert world.auth.revoked == []
    await world.clock.advance(2)
    assert world.auth.revoked == ["s1"]


async def test_who_comes_back_or_does_something_keeps_the_session(world: World) -> None:
    """Another page's stream, or any activity: then the minute begins anew."""
    access = await world.access()
    listener = Listener(world, access)
    await until(lambda: listener.told)
    await listener.leave()
    await world.clock.advance(50)
    listener = Listener(world, access)
    await world.clock.advance(100)
    await listener.leave()
    await world.clock.advance(30)
    await world.auth.introspect("s1")
    await world.clock.advance(40)
    assert world.auth.revoked == []
    await world.clock.advance(60)
    assert world.auth.revoked == ["s1"]


async def test_over_http(world: World) -> None:
    """One JSON object a line; asking for it is no activity, and needs a session."""
    world.auth.sessions["s1"] = JEAN
    async for client in client_of(world):
        assert problem(await client.get("/changes")) == (401, "sign-in-required")
        ended = asyncio.get_running_loop().call_later(1, world.auth.sessions.clear)
        world.auth.password = "changed"
        asking = asyncio.create_task(client.get("/changes", headers=BEARER))
        answer = await asking
        ended.cancel()
        assert answer.headers["Content-Type"] == "application/x-ndjson"
        assert [json.loads(line) for line in answer.text.splitlines() if line] == []
        assert world.auth.activity == 0
