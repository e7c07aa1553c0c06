"""Connections are lent in turn, live for a while, and are ended with QUIT."""

import asyncio

import pytest
from mailbox_doubles import JEAN, MARIE, PASSWORD, FakeMaildrop, World, until

from mailbox_service.connections import Login
from mailbox_service.errors import LoginRefused, MaildropBusy, MailServerUnavailable, SessionEnded
from mailbox_service.maildrops import MAX_ENDED, REFUSAL_SECONDS

LOGIN = Login(JEAN, PASSWORD)


@pytest.fixture
def world() -> World:
    """Make a maildrop of two messages, and another of one."""
    world = World()
    world.deliver("a", "b")
    world.deliver("m", mailbox=MARIE)
    return world


async def test_the_connection_of_the_sign_in_serves_the_list(world: World) -> None:
    """One login for a sign-in and the list that follows; auth is not asked for the credential."""
    await world.sessions.open("s1", JEAN, LOGIN)
    access = await world.access()
    assert await world.subjects(access) == ["Lettre b", "Lettre a"]
    assert (world.server.count("LOGIN"), world.server.count("LIST"), world.auth.credentials_asked) == (
        1,
        1,
        0,
    )


async def test_the_newest_page_is_read_before_anybody_asks(world: World) -> None:
    """After the sign-in the headers are there already: the list costs the server nothing."""
    await world.sessions.open("s1", JEAN, LOGIN)
    await until(lambda: world.server.count("TOP") == 2)
    await world.clock.settle()
    before = list(world.server.commands)
    assert len(await world.subjects(await world.access())) == 2
    assert world.server.commands == before


async def test_a_wrong_password_is_refused_and_nothing_is_kept(world: World) -> None:
    """A refusal leaves neither session nor connection."""
    with pytest.raises(LoginRefused):
        await world.sessions.open("s1", JEAN, Login(JEAN, "wrong"))
    assert world.server.holders(JEAN) == 0


async def test_a_wrong_password_does_not_wait_for_whoever_has_the_mailbox(world: World) -> None:
    """While a long operation has the mailbox's turn, a wrong password is refused and disturbs nothing."""
    access = await world.access()
    world.server.hold[JEAN] = asyncio.Event()
    listing = asyncio.create_task(world.subjects(access))
    await until(lambda: world.server.count("LIST"))
    with pytest.raises(LoginRefused):
        await world.sessions.open("s2", JEAN, Login(JEAN, "wrong"))
    world.server.hold[JEAN].set()
    assert await listing == ["Lettre b", "Lettre a"]


async def test_an_unused_connection_ends_with_quit(world: World) -> None:
    """Five seconds after its last use, and not before."""
    access = await world.access()
    await world.subjects(access)
    await world.clock.advance(4)
    await world.subjects(access)
    await world.clock.advance(4.9)
    assert world.server.holders(JEAN) == 1
    await world.clock.advance(0.2)
    assert [connection.quitted for connection in world.server.connections] == [True]


async def test_a_connection_that_came_into_use_while_its_end_waited_lives_on(world: World) -> None:
    """A long operation over the idle limit is use, and the next call finds the connection."""
    access = await world.access()
    world.server.hold[JEAN] = asyncio.Event()
    listing = asyncio.create_task(world.subjects(access))
    await until(lambda: world.server.count("LIST"))
    await world.clock.advance(8)
    world.server.hold[JEAN].set()
    await listing
    await world.clock.advance(1)
    assert world.server.holders(JEAN) == 1


async def test_a_connection_in_use_ends_after_its_time(world: World) -> None:
    """Thirty seconds in all, however busy it is: after the gap the next call logs in anew."""
    access = await world.access()
    for _ in range(10):
        await world.subjects(access)
        await world.clock.advance(3)
    assert world.server.connections[0].quitted
    asking = asyncio.create_task(world.subjects(access))
    await world.clock.advance(1.9)
    assert world.server.count("LOGIN") == 1
    await world.clock.advance(0.1)
    assert await asking == ["Lettre b", "Lettre a"]
    assert world.server.count("LOGIN") == 2


async def test_a_refresh_logs_in_again_unless_the_snapshot_is_fresh(world: World) -> None:
    """Within three seconds the snapshot is good enough; after that mail delivered since appears."""
    access = await world.access()
    await world.subjects(access)
    world.deliver("c")
    await world.clock.advance(2)
    assert await world.subjects(access, refresh=True) == ["Lettre b", "Lettre a"]
    await world.clock.advance(1)
    assert await world.subjects(access, refresh=True) == ["Lettre c", "Lettre b", "Lettre a"]
    assert world.server.connections[0].quitted


async def test_paging_does_not_log_in_again(world: World) -> None:
    """Pages are of one snapshot while its connection lives."""
    access = await world.access()
    await world.page(access, 1, 1)
    world.deliver("c")
    page = await world.page(access, 2, 1)
    assert ([row.summary.subject for row in page.rows], page.total) == (["Lettre a"], 2)
    assert world.server.count("LOGIN") == 1


async def test_operations_on_one_mailbox_are_served_in_order(world: World) -> None:
    """The turn is fair: who asked first is served first."""
    access = await world.access()
    served = []

    async def ask(name: int) -> None:
        await world.maildrops.lend(access, lambda connection: connection.snapshot())
        served.append(name)

    await asyncio.gather(*(ask(name) for name in range(20)))
    assert served == list(range(20))


async def test_another_mailbox_never_waits(world: World) -> None:
    """While one mailbox's server answer hangs, another mailbox is listed."""
    slow, other = await world.access("s1", JEAN), await world.access("s2", MARIE)
    world.server.hold[JEAN] = asyncio.Event()
    hanging = asyncio.create_task(world.subjects(slow))
    await until(lambda: world.server.count("LIST"))
    assert await world.subjects(other) == ["Lettre m"]
    assert not hanging.done()
    world.server.hold[JEAN].set()
    await hanging


async def test_a_second_session_gets_in_where_the_server_allows_one_only(world: World) -> None:
    """What holds it is our own connection of the same login: it gives way before the server has to say so."""
    world.server.exclusive = True
    await world.subjects(await world.access("s1"))
    await world.sessions.open("s2", JEAN, LOGIN)
    assert [connection.quitted for connection in world.server.connections] == [True, False]
    assert world.server.count("LOGIN") == 2


@pytest.mark.parametrize("answers_after", [0.0, 2.0])
async def test_a_wrong_password_does_not_end_the_connection_of_whoever_has_the_mailbox(
    world: World, answers_after: float
) -> None:
    """However long a server takes to refuse (Dovecot: two seconds), the connection at hand lives on."""
    world.server.exclusive = True
    access = await world.access("s1")
    await world.subjects(access)
    at_once = world.server.open

    async def open_later(login: Login) -> FakeMaildrop:
        if answers_after:
            await world.clock.sleep(answers_after)
        return await at_once(login)

    world.maildrops._logins._open_maildrop = open_later
    opening = asyncio.create_task(world.sessions.open("s2", JEAN, Login(JEAN, "wrong")))
    await world.clock.settle()
    await world.clock.advance(answers_after)
    with pytest.raises(LoginRefused):
        await opening
    await world.clock.advance(1)
    await world.subjects(access)
    assert world.server.commands.count("QUIT") == 0
    assert [connection.alive for connection in world.server.connections] == [True]


async def test_another_right_password_gets_in_where_the_server_allows_one_only(world: World) -> None:
    """The password was changed just now: the connection at hand gives way when the server says [IN-USE]."""
    world.server.exclusive = True
    await world.subjects(await world.access("s1"))
    world.server.password = "changed"
    await world.sessions.open("s2", JEAN, Login(JEAN, "changed"))
    assert [connection.quitted for connection in world.server.connections] == [True, False]


async def test_a_server_that_waits_for_its_lock_is_helped(world: World) -> None:
    """Dovecot answers another right password after 11 s of waiting: past a refusal's time we give way."""
    await world.subjects(await world.access("s1"))
    world.server.password = "changed"
    at_once = world.server.open

    async def open_when_free(login: Login) -> FakeMaildrop:
        while world.server.holders(JEAN):
            await world.clock.sleep(0.1)
        return await at_once(login)

    world.maildrops._logins._open_maildrop = open_when_free
    opening = asyncio.create_task(world.sessions.open("s2", JEAN, Login(JEAN, "changed")))
    await world.clock.settle()
    await world.clock.advance(REFUSAL_SECONDS - 0.1)
    assert world.server.connections[0].alive
    await world.clock.advance(0.2)
    await opening
    assert [connection.quitted for connection in world.server.connections] == [True, False]


async def test_a_late_word_of_the_servers_lock_is_worth_one_more_try(world: World) -> None:
    """[IN-USE] comes after the bound, because of a connection of our own: that one can be ended."""
    world.server.exclusive = True
    await world.subjects(await world.access("s1"))
    at_once = world.server.open

    async def refuse_late(login: Login) -> FakeMaildrop:
        try:
            return await at_once(login)
        except MaildropBusy:
            world.clock.seconds += 11
            raise

    world.maildrops._logins._open_maildrop = refuse_late
    world.server.password = "changed"
    await world.sessions.open("s2", JEAN, Login(JEAN, "changed"))
    assert world.server.connections[0].quitted


async def test_a_session_gets_back_in_where_the_server_allows_one_only(world: World) -> None:
    """The connection of a sign-in that came to nothing does not stand in the way of the first session."""
    world.server.exclusive = True
    first = await world.access("s1")
    await world.subjects(first)
    await world.sessions.open("s2", JEAN, LOGIN)
    assert await world.subjects(first) == ["Lettre b", "Lettre a"]
    assert world.server.holders(JEAN) == 1


async def test_a_second_session_waits_for_what_the_first_is_doing(world: World) -> None:
    """Where the server allows one only, the right password waits for the mailbox's turn, then gets in."""
    world.server.exclusive = True
    first = await world.access("s1")
    world.server.hold[JEAN] = asyncio.Event()
    listing = asyncio.create_task(world.subjects(first))
    await until(lambda: world.server.count("LIST"))
    opening = asyncio.create_task(world.sessions.open("s2", JEAN, LOGIN))
    await world.clock.settle()
    world.server.hold[JEAN].set()
    assert await listing == ["Lettre b", "Lettre a"]
    await opening
    assert world.server.connections[0].quitted


async def test_a_server_slow_to_say_busy_is_not_asked_twice(world: World) -> None:
    """Dovecot takes ten seconds over it: the bound counts from the first try."""
    world.server.busy = True
    slow = world.server.open

    async def open_slowly(login: Login) -> FakeMaildrop:
        world.clock.seconds += 10
        return await slow(login)

    world.maildrops._logins._open_maildrop = open_slowly
    world.server.commands.clear()
    with pytest.raises(MaildropBusy):
        await world.sessions.open("s1", JEAN, LOGIN)
    assert world.server.count("LOGIN") == 1


async def test_a_maildrop_held_elsewhere_is_asked_for_again_within_bounds(world: World) -> None:
    """Five seconds of trying, then it is told; a maildrop freed meanwhile is opened."""
    world.server.busy = True
    opening = asyncio.create_task(world.sessions.open("s1", JEAN, LOGIN))
    await until(lambda: world.clock.sleeping)
    await world.clock.advance(6)
    with pytest.raises(MaildropBusy):
        await opening
    opening = asyncio.create_task(world.sessions.open("s1", JEAN, LOGIN))
    await until(lambda: world.clock.sleeping)
    world.server.busy = False
    await world.clock.advance(1)
    await opening


async def test_a_kept_connection_that_died_is_replaced(world: World) -> None:
    """Servers close idle connections; the person does not notice."""
    access = await world.access()
    await world.subjects(access)
    world.server.connections[0].alive = False
    assert (await world.messages.raw(access, "YQ")).startswith(b"From: Marie")
    assert world.server.count("LOGIN") == 2


async def test_a_server_that_is_away_is_told(world: World) -> None:
    """Neither swallowed nor tried for ever."""
    world.server.down = True
    with pytest.raises(MailServerUnavailable):
        await world.subjects(await world.access())


async def test_a_password_changed_meanwhile_ends_the_session(world: World) -> None:
    """Only a new sign-in helps."""
    access = await world.access()
    world.auth.password = "old"
    with pytest.raises(SessionEnded):
        await world.subjects(access)


async def test_sign_out_frees_the_maildrop_and_is_idempotent(world: World) -> None:
    """QUIT was answered when it returns; an unknown session is fine."""
    await world.sessions.open("s1", JEAN, LOGIN)
    await world.sessions.end("s1")
    assert world.server.connections[0].quitted
    assert world.server.holders(JEAN) == 0
    await world.sessions.end("s1")
    await world.sessions.end("never heard of")


async def test_sign_out_waits_for_what_is_read_in_advance(world: World) -> None:
    """A sign-in that the lock refuses ends with QUIT too, not with a connection cut off."""
    world.server.hold[JEAN] = asyncio.Event()
    await world.sessions.open("s1", JEAN, LOGIN)
    await until(lambda: world.server.count("LIST"))
    ending = asyncio.create_task(world.sessions.end("s1"))
    await world.clock.settle()
    world.server.hold[JEAN].set()
    await ending
    assert world.server.connections[0].quitted


async def test_a_call_that_waits_while_the_session_ends_is_told(world: World) -> None:
    """A call that is still waiting for its turn when the session ends does not open the maildrop again."""
    access = await world.access()
    world.server.hold[JEAN] = asyncio.Event()
    first = asyncio.create_task(world.subjects(access))
    await until(lambda: world.server.count("LIST"))
    waiting = asyncio.create_task(world.subjects(access))
    await world.clock.settle()
    ending = asyncio.create_task(world.sessions.end("s1"))
    await world.clock.settle()
    world.server.hold[JEAN].set()
    await asyncio.gather(first, ending)
    with pytest.raises(SessionEnded):
        await waiting
    assert world.server.count("LOGIN") == 1


async def test_a_stop_ends_every_connection_with_quit(world: World) -> None:
    """No maildrop stays locked behind a stopped process."""
    await world.subjects(await world.access("s1", JEAN))
    await world.subjects(await world.access("s2", MARIE))
    await world.maildrops.close()
    assert [connection.quitted for connection in world.server.connections] == [True, True]


async def test_a_cancelled_operation_drops_the_connection(world: World) -> None:
    """Nobody reads the answer to somebody else's question."""
    access = await world.access()
    world.server.hold[JEAN] = asyncio.Event()
    hanging = asyncio.create_task(world.subjects(access))
    await until(lambda: world.server.count("LIST"))
    hanging.cancel()
    await asyncio.wait([hanging])
    assert world.server.holders(JEAN) == 0
    world.server.hold.clear()
    assert len(await world.subjects(access)) == 2


async def test_what_was_shown_is_forgotten_in_the_end(world: World) -> None:
    """A session that nobody ends takes no memory for ever."""
    await world.subjects(await world.access("s1", JEAN))
    await world.clock.advance(1801)
    await world.subjects(await world.access("s2", MARIE))
    assert list(world.maildrops._sessions) == ["s2"]


async def test_a_sign_in_that_is_slower_than_its_sign_out_keeps_nothing(world: World) -> None:
    """Its caller hung up and ended the session meanwhile: the maildrop is freed with QUIT, and stays free."""
    answer = asyncio.Event()
    at_once = world.server.open

    async def open_in_the_end(login: Login) -> FakeMaildrop:
        await answer.wait()
        return await at_once(login)

    world.maildrops._logins._open_maildrop = open_in_the_end
    opening = asyncio.create_task(world.sessions.open("s1", JEAN, LOGIN))
    await world.clock.settle()
    await world.sessions.end("s1")
    answer.set()
    with pytest.raises(SessionEnded):
        await opening
    await world.clock.settle()
    assert [connection.quitted for connection in world.server.connections] == [True]
    assert world.maildrops._sessions == {}


async def test_ended_sessions_are_remembered_within_bounds(world: World) -> None:
    """The latest of them: a process that lives long takes no memory for ever."""
    for number in range(MAX_ENDED + 5):
        await world.maildrops.sign_out(f"s{number}")
    assert len(world.maildrops._ended) == MAX_ENDED
    assert f"s{MAX_ENDED + 4}" in world.maildrops._ended
