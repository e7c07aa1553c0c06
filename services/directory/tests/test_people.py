"""Folding and ranking, on any text."""

import unicodedata
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from courriel_wire import EntryKind
from directory_service.people import Card, Entry, Found, Level, Query, fold, order, phone_digits, select

NAMES = st.text(st.sampled_from("aàbcéÉ œ-’.1"), max_size=12)
ENTRIES = st.builds(
    Entry,
    name=NAMES,
    address=NAMES,
    kind=st.sampled_from(EntryKind),
    unit=NAMES,
    phone=st.text(st.sampled_from("0123 +."), max_size=6),
    also=st.lists(NAMES, max_size=2).map(tuple),
)


def search(entries: list[Entry], text: str, limit: int = 50) -> Found:
    """Select from entries as they come."""
    return select([Card(entry) for entry in entries], Query(text, limit=limit))


def level_of(entry: Entry, text: str) -> Level | None:
    """Tell the level by the definition, slowly; for queries that are no phone number."""
    query = fold(text)
    fields = [fold(each) for each in (entry.name, entry.address, entry.unit, entry.phone, *entry.also)]
    fields += [digits for each in (entry.phone, *entry.also) if (digits := phone_digits(each))]
    words = query.split()
    levels = {
        Level.EXACT: query in fields,
        Level.PREFIX: any(each.startswith(query) for each in fields),
        Level.WORD: all(any(f" {each}".find(f" {word}") >= 0 for each in fields) for word in words),
        Level.INSIDE: all(any(word in each for each in fields) for word in words),
    }
    return next((level for level, holds in levels.items() if holds), None)


@given(st.text())
def test_folding_is_idempotent_and_leaves_plain_words(text: str) -> None:
    """What was folded stays; letters and digits in words, one space between two, no mark on any."""
    folded = fold(text)
    assert fold(folded) == folded
    assert folded == " ".join(folded.split())
    assert all(sign.isalnum() or sign == " " for sign in folded)


@given(st.text())
def test_writing_it_another_way_changes_nothing(text: str) -> None:
    """Composed or decomposed, with or without a French accent on top."""
    assert fold(unicodedata.normalize("NFD", text)) == fold(unicodedata.normalize("NFC", text))
    assert fold("".join(f"{sign}\u0301" if sign.isalpha() else sign for sign in text)) == fold(text)


@given(st.text(st.characters(codec="ascii")))
def test_plain_text_is_folded_as_any_other(text: str) -> None:
    """The short way for ASCII gives what the long one gives."""
    assert fold(f"{text} é").removesuffix("e").strip() == fold(text)


def test_folding_by_example() -> None:
    """As French names are typed on any keyboard."""
    assert fold("  Bœuf-MÛRIER, d’Açores  ") == "boeuf murier d acores"
    assert fold("STRASSE") == fold("Straße")
    assert fold("Søren Łukasz") == "soren lukasz"


def test_only_what_may_be_a_number_has_phone_digits() -> None:
    """Leading zeros and the (0) of letterheads go; fewer than three digits are nothing to look for."""
    assert phone_digits("+33 (0)1 40.00-12/34") == "33140001234"
    assert phone_digits("0033 140001234") == "33140001234"
    assert phone_digits("bureau 1234") == phone_digits("0 12") == phone_digits("+") == ""


@given(st.lists(ENTRIES, max_size=8), st.text(st.sampled_from("aàbc œ-"), max_size=9))
def test_the_answer_is_what_the_definition_says(entries: list[Entry], text: str) -> None:
    """Each entry that matches, and no other, level by level; a query without a word finds nothing."""
    found = search(entries, text).entries
    expected = [entry for entry in entries if level_of(entry, text) is not None] if fold(text) else []
    assert sorted(map(order, found)) == sorted(map(order, expected))
    levels = [level_of(entry, text) for entry in found]
    assert levels == sorted(levels)  # type: ignore[type-var]  # each has one


@given(st.data(), st.lists(ENTRIES, max_size=8), NAMES, st.integers(1, 9))
def test_the_order_is_total(data: st.DataObject, entries: list[Entry], text: str, limit: int) -> None:
    """The file's order decides nothing; a shorter answer is the beginning of a longer one."""
    shuffled = data.draw(st.permutations(entries))
    whole = search(entries, text)
    assert search(shuffled, text) == whole
    cut = search(shuffled, text, limit)
    assert cut.entries == whole.entries[:limit]
    assert cut.truncated == (len(whole.entries) > limit)


@given(st.lists(ENTRIES, max_size=8))
def test_names_and_addresses_go_before_the_rest(entries: list[Entry]) -> None:
    """At one level, who is found by name stands before who is found by unit or second name."""
    found = search(entries, "a").entries
    by_name = [
        (level_of(entry, "a"), level_of(Entry(entry.name, entry.address, entry.kind), "a")) for entry in found
    ]
    places = [(level, level != named) for level, named in by_name]
    assert all(first <= second for first, second in pairwise(places))  # type: ignore[operator]


def test_equal_entries_are_all_told() -> None:
    """The directory's doubles are its own business."""
    twin = Entry("Jean", "j@demo.example", EntryKind.PERSON)
    assert search([twin, twin], "jean").entries == (twin, twin)
