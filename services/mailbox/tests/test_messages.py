"""Lists, messages, parts: little is asked of the server, and hostile mail costs only itself."""

import io
import zipfile

import pytest
from mailbox_doubles import JEAN, PASSWORD, World, letter

from courriel_wire import Sort
from mailbox_service.connections import Login
from mailbox_service.errors import (
    HeaderTooLarge,
    MessageTooLarge,
    MessageUnreadable,
    UnknownMessage,
    UnknownPart,
)
from mailbox_service.messages import TOO_LARGE, UNREADABLE

A, B = "YQ", "Yg"
MIXED = (
    "From: Marie <marie@demo.example>\r\nSubject: Avec pièce\r\nMIME-Version: 1.0\r\n"
    "Content-Type: multipart/mixed; boundary=x\r\n\r\n"
    "--x\r\nContent-Type: text/plain\r\n\r\nVoici.\r\n"
    "--x\r\nContent-Type: text/csv\r\nContent-Disposition: attachment; filename=notes.csv\r\n\r\n1;2\r\n"
    "--x\r\nContent-Type: text/csv\r\nContent-Disposition: attachment; filename=Notes.csv\r\n\r\n3;4\r\n"
    "--x--\r\n"
).encode()


@pytest.fixture
def world() -> World:
    """Make a maildrop of sixty small messages."""
    world = World()
    world.deliver(*(f"{number:02}" for number in range(60)))
    return world


async def test_pages_are_newest_first_and_one_beyond_the_end_is_empty(world: World) -> None:
    """The server's order, backwards, cut into pages."""
    access = await world.access()
    first = await world.page(access, 1, 25)
    third = await world.page(access, 3, 25)
    beyond = await world.page(access, 4, 25)
    assert first.rows[0].summary.subject == "Lettre 59"
    assert (len(third.rows), third.rows[-1].summary.subject) == (10, "Lettre 00")
    assert (beyond.rows, beyond.total) == ((), 60)
    assert first.total_size == sum(len(mail.raw) for mail in world.server.mailboxes[JEAN])


async def test_oldest_first_is_the_inverse(world: World) -> None:
    """The servers order."""
    page = await world.page(await world.access(), 1, 2, Sort.OLDEST_FIRST)
    assert [row.summary.subject for row in page.rows] == ["Lettre 00", "Lettre 01"]


async def test_headers_are_read_for_the_page_asked_for_and_once(world: World) -> None:
    """A second look costs nothing, on a new connection neither; progress says what is known."""
    access = await world.access()
    page = await world.page(access, 1, 25)
    assert (page.indexed, world.server.count("TOP")) == (25, 25)
    await world.clock.advance(6)
    page = await world.page(access, 1, 30)
    assert (page.indexed, world.server.count("TOP")) == (30, 30)


async def test_an_empty_maildrop_is_an_empty_page() -> None:
    """Nothing is asked for."""
    world = World()
    world.deliver()
    world.server.mailboxes[JEAN] = []
    page = await world.page(await world.access(), 1, 50)
    assert (page.rows, page.total, page.total_size, page.indexed) == ((), 0, 0, 0)


async def test_a_header_that_the_server_refuses_is_a_blank_line(world: World) -> None:
    """The message is listed with its size, and asked for again next time."""
    world.server.refuse_top = {60}
    access = await world.access()
    row = (await world.page(access, 1, 1)).rows[0]
    assert (row.summary.subject, row.size > 0) == ("", True)
    world.server.refuse_top = set()
    assert (await world.page(access, 1, 1)).rows[0].summary.subject == "Lettre 59"


async def test_a_hostile_header_costs_its_own_line_only(world: World) -> None:
    """The others are listed as ever."""
    world.deliver("x", raw=letter("Piège", extra="X-Hostile: yes\r\n"))
    page = await world.page(await world.access(), 1, 2)
    assert [row.summary.subject for row in page.rows] == ["", "Lettre 59"]


async def test_many_hostile_headers_do_not_keep_the_list_waiting(world: World) -> None:
    """A page gives up after two of them; it knows them next time, and goes on with the others."""
    world.deliver("w", "x", raw=letter("Piège", extra="X-Hostile: yes\r\n"))
    access = await world.access()
    first = await world.page(access, 1, 5)
    assert ({row.summary.subject for row in first.rows}, first.indexed) == ({""}, 2)
    second = await world.page(access, 1, 5)
    assert [row.summary.subject for row in second.rows] == ["", "", "Lettre 59", "Lettre 58", "Lettre 57"]


async def test_as_of_is_when_the_server_was_asked(world: World) -> None:
    """Not when the page was."""
    access = await world.access()
    first = await world.page(access, 1, 1)
    await world.clock.advance(4)
    assert (await world.page(access, 1, 1)).as_of == first.as_of


async def test_a_message_is_opened_with_its_parts() -> None:
    """One RETR for the message and all that is downloaded of it while the connection lives."""
    world = World()
    world.deliver("a", raw=MIXED)
    access = await world.access()
    opened = await world.messages.open(access, A)
    assert opened.rendering is not None
    assert opened.rendering.message.text.strip() == "Voici."
    parts = opened.rendering.message.parts
    assert [part.filename for part in parts] == ["notes.csv", "Notes.csv"]
    attachment = await world.messages.part(access, A, parts[0].id)
    assert (attachment.filename, attachment.content.strip()) == ("notes.csv", b"1;2")
    archive = zipfile.ZipFile(io.BytesIO(await world.messages.archive(access, A)))
    assert [(name, archive.read(name).strip()) for name in archive.namelist()] == [
        ("notes.csv", b"1;2"),
        ("Notes (2).csv", b"3;4"),
    ]
    assert await world.messages.raw(access, A) == MIXED
    assert world.server.count("RETR") == 1


async def test_each_message_is_its_own(world: World) -> None:
    """What is kept of the last one is never given for another."""
    access = await world.access()
    uids = [row.uid for row in (await world.page(access, 1, 3)).rows]
    raws = [await world.messages.raw(access, uid) for uid in uids]
    assert raws == [letter(f"Lettre {number}") for number in (59, 58, 57)]


async def test_what_is_not_there_is_unknown(world: World) -> None:
    """Message or part."""
    world.deliver("a", raw=MIXED)
    access = await world.access()
    for call in (world.messages.open, world.messages.raw, world.messages.archive):
        with pytest.raises(UnknownMessage):
            await call(access, "bmV2ZXI")
    with pytest.raises(UnknownPart):
        await world.messages.part(access, A, "99")


async def test_a_message_expunged_under_us_is_unknown(world: World) -> None:
    """The server refuses RETR for what another client deleted."""
    access = await world.access()
    uid = (await world.page(access, 1, 1)).rows[0].uid
    world.server.mailboxes[JEAN].pop()
    with pytest.raises(UnknownMessage):
        await world.messages.raw(access, uid)


async def test_hostile_mail_is_opened_by_its_header_and_offered_as_it_is() -> None:
    """What cannot be taken apart in time is still there to be downloaded."""
    world = World()
    hostile = letter("Piège", body="X-Hostile: yes")
    world.deliver("a", raw=hostile)
    access = await world.access()
    opened = await world.messages.open(access, A)
    assert (opened.summary.subject, opened.rendering, opened.notes) == ("Piège", None, (UNREADABLE,))
    assert await world.messages.raw(access, A) == hostile
    with pytest.raises(MessageUnreadable):
        await world.messages.part(access, A, "1")


async def test_a_message_over_the_limit_shows_its_header_and_is_never_read() -> None:
    """Its octets never come into memory."""
    world = World()
    world.deliver("a", raw=letter("Énorme", body="x" * 1_000_001))
    access = await world.access()
    opened = await world.messages.open(access, A)
    assert opened.rendering is not None
    assert (opened.rendering.message.subject, opened.rendering.message.parts) == ("Énorme", ())
    assert TOO_LARGE in opened.notes
    with pytest.raises(MessageTooLarge):
        await world.messages.raw(access, A)
    assert world.server.count("RETR") == 0


async def test_the_message_shown_is_the_one_asked_for_after_mail_came_and_went(world: World) -> None:
    """Numbers shift between connections; uids do not."""
    access = await world.access()
    await world.sessions.open("s1", JEAN, Login(JEAN, PASSWORD))
    uid = (await world.page(access, 1, 1)).rows[0].uid
    await world.clock.advance(6)
    del world.server.mailboxes[JEAN][:30]
    world.deliver("new")
    opened = await world.messages.open(access, uid)
    assert opened.rendering is not None
    assert opened.rendering.message.subject == "Lettre 59"


async def test_oversized_headers_cost_themselves_only(world: World) -> None:
    """The server is asked for each of them once; they stand in the list, can be opened, and be deleted."""
    world.server.oversized_top = {58, 60}
    access = await world.access()
    subjects = await world.subjects(access)
    assert subjects[:4] == ["", "Lettre 58", "", "Lettre 56"]
    assert world.server.commands.count("TOP 60") == world.server.commands.count("TOP 58") == 1
    logins = world.server.count("LOGIN")
    assert await world.subjects(access) == subjects
    newest = await world.newest(access)
    opened = await world.messages.open(access, newest)
    assert opened.rendering
    assert opened.rendering.message.subject == "Lettre 59"
    assert world.server.count("LOGIN") == logins == 3
    assert await world.deletions.delete(access, [newest]) == {newest: "deleted"}
    assert "59" not in world.server.uidls()


async def test_more_oversized_headers_than_one_request_may_try_are_got_through_in_the_end(
    world: World,
) -> None:
    """Each request knows more of them; none tries without end."""
    world.server.oversized_top = set(range(53, 61))
    access = await world.access()
    with pytest.raises(HeaderTooLarge):
        await world.subjects(access)
    assert world.server.count("LOGIN") == 5
    assert (await world.subjects(access))[:9] == [*[""] * 8, "Lettre 51"]


async def test_an_oversized_message_with_an_oversized_header_is_opened_all_the_same(world: World) -> None:
    """Nothing of it is known but its size."""
    world.deliver("big", raw=letter("Énorme", body="x" * 1_000_001))
    world.server.oversized_top = {61}
    access = await world.access()
    opened = await world.messages.open(access, await world.newest(access))
    assert (opened.summary.subject, opened.notes[0]) == ("", TOO_LARGE)


async def test_a_repeated_uidl_with_an_oversized_header_is_not_deleted() -> None:
    """It cannot be told from its copies; the others can, and what is held blocks nothing."""
    world = World()
    for subject in ("1er", "2nd"):
        world.deliver("a", raw=letter(subject))
    world.server.oversized_top = {2}
    access = await world.access()
    assert await world.subjects(access) == ["", "1er"]
    assert await world.deletions.delete(access, [A, f"{A}~2"]) == {A: "deleted", f"{A}~2": "changed"}
    assert len(world.server.uidls()) == 1


async def test_an_enclosed_message_is_opened() -> None:
    """A message that is a part of another is read as one; a part that is none is no message."""
    world = World()
    inner = letter("Dedans", body="Bonjour de l'int\u00e9rieur.")
    raw = b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nx\r\n"
    raw += b"--b\r\nContent-Type: message/rfc822\r\n\r\n" + inner + b"\r\n"
    raw += b"--b\r\nContent-Type: application/pdf\r\n\r\nx\r\n--b--\r\n"
    world.deliver("a", raw=raw)
    access = await world.access()
    opened = await world.messages.enclosed(access, A, "2")
    assert opened.rendering
    assert opened.rendering.message.subject == "Dedans"
    assert "Bonjour" in opened.rendering.message.text
    with pytest.raises(UnknownPart):
        await world.messages.enclosed(access, A, "3")
