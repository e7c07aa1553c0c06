"""Sorting and searching: over all that is known, whatever the accents and case."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mailbox_doubles import JEAN, World, letter, until

from courriel_message import Address, Summary
from courriel_wire import Sort
from mailbox_service.listing import Wanted, fold, select
from mailbox_service.reading_ahead import CHUNK
from mailbox_service.snapshots import Entry, take_snapshot
from mailbox_service.summaries import Proof, Shown, Summaries

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
PEOPLE = ("Zoé", "élodie", "Ångström", "", "eric")


def listed(sort: Sort, query: str = "", *, known: int = 5) -> str:
    """Return the numbers of five messages in the order asked for; the last ``known`` of them are known."""
    summaries = Summaries()
    snapshot = take_snapshot(
        [Entry(number, 10 * (5 - number % 3), f"u{number}") for number in range(5)], NOON
    )
    for message in snapshot.messages[5 - known :]:
        number = message.number
        summary = Summary(
            from_=Address(PEOPLE[number], f"{number}@demo.example") if number != 3 else None,
            to=(Address("Bœuf", "cc@demo.example"),),
            subject=("Budget", "Réunion d’ÉTÉ", "budget", "Œuvre", "Zèbre")[number],
            date=None if number == 1 else NOON - timedelta(hours=number),
            has_attachments=False,
            message_id=None,
        )
        summaries.keep(message.uid, Shown(Proof(message.size, "d"), summary))
    selection = select(snapshot, (), summaries, Wanted(1, 10, sort, query))
    return "".join(str(message.number) for message in selection.messages)


@pytest.mark.parametrize(
    ("sort", "order"),
    [
        (Sort.NEWEST_FIRST, "43210"),
        (Sort.OLDEST_FIRST, "01234"),
        (Sort.DATE, "43201"),
        (Sort.DATE_DOWN, "02341"),
        (Sort.FROM, "21403"),
        (Sort.FROM_DOWN, "04123"),
        (Sort.SUBJECT, "20314"),
        (Sort.SUBJECT_DOWN, "41320"),
        (Sort.SIZE, "24130"),
        (Sort.SIZE_DOWN, "30412"),
    ],
)
def test_orders(sort: Sort, order: str) -> None:
    """Accents count for nothing; what is alike stands newest first; what has no such thing stands last."""
    assert listed(sort) == order


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("BUDGET", "20"),
        ("ete reunion", "1"),
        ("oeuvre", "3"),
        ("Zoe", "0"),
        ("boeuf zebre", "4"),
        ("2@demo", "2"),
        ("budget reunion", ""),
        ("   ", "43210"),
    ],
)
def test_searches(query: str, found: str) -> None:
    """All words, anywhere in sender, recipients and subject."""
    assert listed(Sort.NEWEST_FIRST, query) == found


def test_what_is_not_indexed_is_left_out_of_what_needs_the_index() -> None:
    """The list in the server's order has all."""
    assert listed(Sort.SUBJECT, known=2) == "34"
    assert listed(Sort.NEWEST_FIRST, "budget", known=2) == ""
    assert listed(Sort.NEWEST_FIRST, known=2) == "43210"


@given(st.text())
def test_folding_twice_changes_nothing_more(text: str) -> None:
    """So that a folded query finds a folded text."""
    assert fold(fold(text)) == fold(text)


async def test_the_index_grows_behind_the_answers_and_says_how_far_it_is() -> None:
    """A search covers what is known; when all is, it covers the whole mailbox, without the server."""
    world = World(reads_ahead=True)
    world.deliver("needle", raw=letter("L’aiguille"))
    world.deliver(*(f"{number:03}" for number in range(450)))
    access = await world.access()
    first = await world.messages.page(access, Wanted(1, 50, query="aiguille"))
    assert (first.total, first.indexed, first.messages) == (0, 200, 451)
    await until(lambda: not world.ahead._reading)
    world.server.commands.clear()
    found = await world.messages.page(access, Wanted(1, 50, query="AIGUILLE"))
    assert ([row.summary.subject for row in found.rows], found.indexed) == (["L’aiguille"], 451)
    assert world.server.commands == []


async def test_a_person_is_served_between_two_steps() -> None:
    """Whoever asks while the index is read waits for one step, not for the index."""
    world = World(reads_ahead=True)
    world.deliver(*(f"{number:04}" for number in range(1000)))
    access = await world.access()
    await world.messages.page(access, Wanted(1, 50))
    world.server.hold_top = asyncio.Event()
    for _ in range(10):
        await world.clock.settle()  # the newest were read, and the index waits for its first step
    asking = asyncio.create_task(world.messages.page(access, Wanted(18, 50)))
    await world.clock.settle()
    world.server.hold_top.set()
    page = await asking
    assert len(page.rows) == 50
    assert page.indexed == 50 + CHUNK + 50
    await until(lambda: not world.ahead._reading)


async def test_reading_ahead_opens_no_connection_and_keeps_none() -> None:
    """Thunderbird gets in five seconds after the person's last request, indexed or not."""
    world = World(reads_ahead=True)
    world.deliver(*(f"{number:03}" for number in range(300)))
    access = await world.access()
    await world.messages.page(access, Wanted(1, 50))
    await world.clock.advance(5.1)
    assert world.server.holders(JEAN) == 0
    assert world.server.count("LOGIN") == 1


async def test_what_is_known_rests_after_a_while() -> None:
    """Memory holds what a deletion needs, and the next list comes from the cache."""
    world = World(reads_ahead=True)
    world.deliver(*(f"{number:03}" for number in range(60)))
    access = await world.access()
    page = await world.page(access, 1, 50)
    await world.clock.advance(31)
    summaries = world.maildrops.summaries(access)
    assert (summaries.snapshot, summaries.find(page.rows[0].uid, page.rows[0].size)) == (None, None)
    assert summaries.proof(page.rows[0].uid) is not None
    world.server.commands.clear()
    again = await world.page(access, 1, 50)
    assert [row.summary for row in again.rows] == [row.summary for row in page.rows]
    assert world.server.commands == [f"LOGIN {JEAN}", "LIST"]
