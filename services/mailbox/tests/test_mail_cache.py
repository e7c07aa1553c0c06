"""A cache that vanishes, fills up, is slow or holds garbage costs time, never a wrong answer."""

import asyncio
import base64
import os
from dataclasses import replace

import pytest
from mailbox_doubles import CACHE_KEY, JEAN, MARIE, PASSWORD, World, letter, until

from courriel_wire import Sort
from mailbox_service import mail_cache, rendering
from mailbox_service.connections import Login, read_cache_key
from mailbox_service.deletions import Held
from mailbox_service.kept_renderings import keep_rendering, take_rendering
from mailbox_service.listing import Wanted
from mailbox_service.maildrops import Access
from mailbox_service.reading_ahead import PREFETCHED
from mailbox_service.summaries import BLANK, Proof, Shown

PICTURE = b"\x89PNG\r\n\x1a\n" + bytes(range(256))
WITH_IMAGE = (
    b"From: Marie <marie@demo.example>\r\nSubject: Image\r\nMIME-Version: 1.0\r\n"
    b"Content-Type: multipart/related; boundary=x\r\n\r\n"
    b"--x\r\nContent-Type: text/html\r\n\r\n<p>Voici <img src='cid:a'></p>\r\n"
    b"--x\r\nContent-Type: image/png\r\nContent-ID: <a>\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    + base64.encodebytes(PICTURE)
    + b"\r\n--x--\r\n"
)


@pytest.fixture
def world() -> World:
    """Make a maildrop of a hundred and twenty small messages, read ahead as in life."""
    world = World(reads_ahead=True)
    world.deliver(*(f"{number:03}" for number in range(120)))
    return world


async def opened_before(world: World) -> None:
    """Let a session read and leave."""
    await world.sessions.open("before", JEAN, Login(JEAN, PASSWORD, cache_key=CACHE_KEY))
    access = await world.access("before")
    await world.page(access, 1, 50)
    await world.sessions.end("before")
    world.server.commands.clear()


async def comes_back(world: World) -> Access:
    """Sign in again, in a new process."""
    world.restart()
    await world.sessions.open("again", JEAN, Login(JEAN, PASSWORD, cache_key=CACHE_KEY))
    return await world.access("again")


async def test_the_second_opening_asks_for_no_header(world: World) -> None:
    """One login, one UIDL and LIST: every page, order and search of it is answered from what is known."""
    await opened_before(world)
    access = await comes_back(world)
    for wanted in (
        Wanted(1, 50),
        Wanted(3, 50),
        Wanted(1, 50, Sort.SUBJECT),
        Wanted(1, 50, query="lettre 07"),
    ):
        page = await world.messages.page(access, wanted)
        assert (page.indexed, page.messages) == (120, 120)
        assert all(row.summary.subject.startswith("Lettre ") for row in page.rows)
    await until(lambda: not world.ahead._reading)
    assert world.server.commands == [f"LOGIN {JEAN}", "LIST"]


async def test_a_message_read_ahead_is_opened_without_the_server(world: World) -> None:
    """In the session that read it and in the next, even when the connection has ended."""
    access = await world.access()
    page = await world.page(access, 1, 50)
    await world.clock.advance(6)
    assert world.server.holders(JEAN) == 0
    world.server.commands.clear()
    opened = await world.messages.open(access, page.rows[0].uid)
    assert opened.rendering is not None
    assert (opened.summary.subject, opened.rendering.message.text.strip()) == ("Lettre 119", "Bonjour.")
    assert world.server.commands == []


async def test_what_was_read_ahead_is_not_looked_for_again_behind_each_list(world: World) -> None:
    """As long as the newest messages are the same ones; new mail is read ahead."""
    access = await world.access()
    await world.page(access, 1, 50)
    asked = world.cache_store.asked
    await world.page(access, 1, 50)
    assert world.cache_store.asked == asked
    world.deliver("new")
    await world.clock.advance(3.5)
    [newest, *_] = (await world.messages.page(access, Wanted(1, 50), refresh=True)).rows
    await until(lambda: not world.ahead._reading)
    world.server.commands.clear()
    await world.messages.open(access, newest.uid)
    assert world.server.commands == []


async def test_messages_are_read_ahead_once_though_the_cache_is_away(world: World) -> None:
    """A list costs the mail server nothing then, either."""
    world.cache_store.away = True
    access = await world.access()
    for _ in range(2):
        await world.page(access, 1, 50)
        assert world.server.count("RETR") == PREFETCHED


async def test_paging_asks_nobody_while_the_snapshot_may_be_shown(world: World) -> None:
    """For thirty seconds after the login; then the server is asked again."""
    access = await world.access()
    await world.page(access, 1, 50)
    await world.clock.advance(6)
    world.server.commands.clear()
    assert (await world.page(access, 2, 50)).rows[0].summary.subject == "Lettre 069"
    assert world.server.commands == []
    await world.clock.advance(25)
    world.deliver("new")
    assert (await world.page(access, 1, 50)).rows[0].summary.subject == "Lettre new"
    assert world.server.count("TOP") == 1


@pytest.mark.parametrize("trouble", ["flush", "garbage", "away", "stuck", "swapped"])
@pytest.mark.parametrize("moment", range(6))
async def test_trouble_between_any_two_calls_changes_no_answer(
    monkeypatch: pytest.MonkeyPatch, trouble: str, moment: int
) -> None:
    """Emptied, overwritten, unreachable, silent, values changed about: the same lists and messages."""
    monkeypatch.setattr(mail_cache, "ANSWER_SECONDS", 0.001)
    world = World(reads_ahead=True)
    world.deliver(*(f"{number:02}" for number in range(60)))

    def strike(now: int) -> None:
        store = world.cache_store
        if now != moment:
            return
        if trouble == "flush":
            store.shelves.clear()
        elif trouble == "away":
            store.away = True
        elif trouble == "stuck":
            store.stuck = asyncio.Event()
        for values in store.shelves.values():
            if trouble == "garbage":
                values.update({name: os.urandom(len(value)) for name, value in values.items()})
            elif trouble == "swapped":
                values.update(zip(values, list(values.values())[::-1], strict=True))

    seen = []
    for number, sid in enumerate(("s1", "s2")):
        world.restart()
        strike(3 * number)
        await world.sessions.open(sid, JEAN, Login(JEAN, PASSWORD, cache_key=CACHE_KEY))
        access = await world.access(sid)
        strike(3 * number + 1)
        page = await world.page(access, 1, 50)
        strike(3 * number + 2)
        opened = await world.messages.open(access, page.rows[3].uid)
        assert opened.rendering is not None
        found = await world.page(access, 1, 5, query="lettre 07")
        seen.append(
            ([row.summary.subject for row in page.rows], opened.rendering.message.headers, found.total)
        )
        await world.sessions.end(sid)
    assert seen[0] == seen[1]
    assert seen[0][0][:2] == ["Lettre 59", "Lettre 58"]
    assert seen[0][2] == 1


async def test_another_key_server_or_mailbox_finds_nothing(world: World) -> None:
    """Not even the shelf; what is copied there does not open."""
    shown = {"YQ": Shown(Proof(12, "d"), replace(BLANK, subject="Secret"))}
    await world.cache.keep_summaries(CACHE_KEY, JEAN, shown)
    assert await world.cache.summaries(CACHE_KEY, JEAN) == shown
    [(shelf, values)] = world.cache_store.shelves.items()
    assert b"Secret" not in b"".join(values.values())
    assert JEAN not in shelf
    other = mail_cache.MailCache(world.cache_store, world.clock, server="other:110", octets=1000)
    for cache, key, mailbox in (
        (world.cache, bytes(32), JEAN),
        (world.cache, CACHE_KEY, MARIE),
        (other, CACHE_KEY, JEAN),
    ):
        assert await cache.summaries(key, mailbox) == {}
        world.cache_store.shelves[cache._mac(key, mailbox, "summaries")] = values
        assert await cache.summaries(key, mailbox) == {}


async def test_a_store_that_failed_is_left_alone_a_while(world: World) -> None:
    """A dead cache costs one time-out in five seconds, not one a call."""
    world.cache_store.away = True
    for _ in range(10):
        assert await world.cache.summaries(CACHE_KEY, JEAN) == {}
    assert world.cache_store.asked == 1
    world.cache_store.away = False
    await world.clock.advance(5)
    await world.cache.keep_summaries(CACHE_KEY, JEAN, {"YQ": Shown(Proof(1, "d"), BLANK)})
    assert await world.cache.summaries(CACHE_KEY, JEAN) != {}


async def test_many_small_chunks_become_one(world: World) -> None:
    """Each refresh adds one."""
    for number in range(mail_cache.MAX_CHUNKS + 1):
        await world.cache.keep_summaries(CACHE_KEY, JEAN, {str(number): Shown(Proof(1, "d"), BLANK)})
    assert len(await world.cache.summaries(CACHE_KEY, JEAN)) == mail_cache.MAX_CHUNKS + 1
    assert [len(values) for values in world.cache_store.shelves.values()] == [1]
    assert len(await world.cache.summaries(CACHE_KEY, JEAN)) == mail_cache.MAX_CHUNKS + 1


async def test_a_message_that_was_refused_or_broke_off_is_not_kept(world: World) -> None:
    """Only what was read to its end."""
    access = await world.access()
    page = await world.page(access, 1, 50)
    old = page.rows[40].uid
    kept = sum(map(len, world.cache_store.shelves.values()))
    world.server.mailboxes[JEAN][120 - 41].uidl = "gone"
    del world.server.mailboxes[JEAN][120 - 41]
    with pytest.raises(Exception, match=r"^$"):
        await world.messages.open(access, old)
    assert sum(map(len, world.cache_store.shelves.values())) == kept


async def test_messages_that_share_a_unique_id_are_not_kept() -> None:
    """Which of them goes by it may be another one the next time."""
    world = World(reads_ahead=True)
    world.deliver("a", "a", raw=letter("Double"))
    access = await world.access()
    page = await world.page(access, 1, 50)
    await world.messages.open(access, page.rows[0].uid)
    assert {shelf: values for shelf, values in world.cache_store.shelves.items() if values} == {}


async def test_a_sign_in_that_came_to_nothing_leaves_nothing_in_the_cache(world: World) -> None:
    """The mailbox was open elsewhere: auth ends the connection, and nothing was written."""
    await world.sessions.open("s1", JEAN, Login(JEAN, PASSWORD, cache_key=CACHE_KEY))
    await until(lambda: not world.sessions._preparing)
    await world.sessions.end("s1")
    assert world.server.count("TOP") == 50
    assert {shelf: values for shelf, values in world.cache_store.shelves.items() if values} == {}


async def test_what_was_deleted_is_not_shown_again(world: World) -> None:
    """The snapshot is worth nothing any more, whatever the cache holds."""
    access = await world.access()
    uid = (await world.page(access, 1, 50)).rows[0].uid
    await world.deletions.delete(access, [uid])
    assert uid not in {row.uid for row in (await world.page(access, 1, 50)).rows}
    with pytest.raises(Exception, match=r"^$"):
        await world.messages.open(access, uid)


async def test_what_is_held_is_hidden_on_pages_that_ask_nobody(world: World) -> None:
    """A deletion that can be taken back counts at once."""
    access = await world.access()
    uid = (await world.page(access, 1, 50)).rows[0].uid
    world.held.stored[JEAN][uid] = Held(uid, access.sid, world.clock.now().replace(year=2030), None)
    page = await world.page(access, 1, 50)
    assert (page.total, page.rows[0].summary.subject) == (119, "Lettre 118")


async def test_inline_images_of_a_kept_message_are_stored_anew_at_each_opening() -> None:
    """They are there ten minutes after each."""
    world = World(reads_ahead=True)
    world.deliver("a", raw=WITH_IMAGE)
    access = await world.access()
    uid = (await world.page(access, 1, 50)).rows[0].uid
    assert world.image_store.values == {}
    for _ in range(2):
        opened = await world.messages.open(access, uid)
        assert opened.rendering is not None
        [image] = opened.rendering.images
        assert (await world.images.find(image.name)).content == image.content
        world.image_store.values.clear()
    assert world.server.count("RETR") == 1


def test_a_rendering_comes_back_whole() -> None:
    """With its images; anything else is nothing."""
    rendered = rendering.render(WITH_IMAGE)
    assert rendered.images
    octets = keep_rendering(rendered)
    assert take_rendering(octets) == rendered
    for broken in (b"", b"{}\n[]\n", octets[:-20][:40], os.urandom(200)):
        assert take_rendering(broken) is None


@pytest.mark.parametrize("encoded", ["", "x", "é" * 43, "A" * 42, "A" * 44])
def test_a_cache_key_that_is_none_costs_the_cache_alone(encoded: str) -> None:
    """Nobody is kept from signing in."""
    assert read_cache_key(encoded) is None
