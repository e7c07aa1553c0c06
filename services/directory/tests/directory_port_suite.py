"""What every adapter of `People` promises, whatever it reads: a subclass gives the directory of `ENTRIES`."""

import pytest

from courriel_wire import EntryKind
from directory_service.people import Entry, People, Query

PERSON, SERVICE = EntryKind.PERSON, EntryKind.SERVICE
ENTRIES = (
    Entry("Hélène Garçon", "helene.garcon@demo.example", PERSON, "Bureau du budget", "+33 1 40 00 12 34"),
    Entry("Paul Garçonnet", "paul.garconnet@demo.example", PERSON, "Service juridique", "01.40.00.56.78"),
    Entry("Juridique", "juridique@demo.example", SERVICE, "Secrétariat général"),
    Entry("Loïc Le Goff", "loic.le-goff@demo.example", PERSON, "Juridique", "+33 1 41 00 12 34"),
    Entry("Anne L’Hélias", "anne.lhelias@demo.example", PERSON),
    Entry("Marie Œuvrard", "marie.oeuvrard@demo.example", PERSON, "Bureau du budget"),
    Entry("Service du budget", "budget@demo.example", SERVICE, phone="+33 1 40 00 00 00"),
)


class PeopleSuite:
    """Subclass it as ``Test…`` with a fixture ``people`` that holds `ENTRIES`."""

    @pytest.mark.parametrize(
        ("text", "names"),
        [
            ("juridique", ["Juridique", "Loïc Le Goff", "Paul Garçonnet"]),  # exact by name, by unit, a word
            ("JURI", ["Juridique", "Loïc Le Goff", "Paul Garçonnet"]),  # prefix by name, by unit, a word
            ("garcon", ["Hélène Garçon", "Paul Garçonnet"]),  # words of the names
            ("helene garcon", ["Hélène Garçon"]),
            ("Garçon Hélène", ["Hélène Garçon"]),  # words in any order
            ("hel", ["Hélène Garçon", "Anne L’Hélias"]),  # prefix before word
            ("oeuvr", ["Marie Œuvrard"]),
            ("le-goff", ["Loïc Le Goff"]),
            ("loic.le-goff@demo.example", ["Loïc Le Goff"]),
            ("uvrar", ["Marie Œuvrard"]),  # inside
            ("garconnet juridique", ["Paul Garçonnet"]),  # words of two fields
            ("garcon nowhere", []),
        ],
    )
    async def test_entries_are_found_the_best_first(
        self, people: People, text: str, names: list[str]
    ) -> None:
        """Exact, prefix, word, inside; case, accents, ligatures and punctuation count for nothing."""
        found = await people.search(Query(text))
        assert [entry.name for entry in found.entries] == names
        assert not found.truncated

    @pytest.mark.parametrize(
        ("text", "names"),
        [
            ("01 40 00 12 34", ["Hélène Garçon"]),
            ("+33140001234", ["Hélène Garçon"]),
            ("0140005678", ["Paul Garçonnet"]),
            ("12 34", ["Hélène Garçon", "Loïc Le Goff"]),
        ],
    )
    async def test_a_phone_number_is_its_digits(self, people: People, text: str, names: list[str]) -> None:
        """However it is written, there and here, with or without the country; an extension is enough."""
        assert [entry.name for entry in (await people.search(Query(text))).entries] == names

    async def test_one_kind_can_be_asked_for(self, people: People) -> None:
        """The others do not stand in the answer, nor make it truncated."""
        services = await people.search(Query("demo", SERVICE, limit=2))
        assert [entry.name for entry in services.entries] == ["Juridique", "Service du budget"]
        assert not services.truncated
        assert SERVICE not in {entry.kind for entry in (await people.search(Query("demo", PERSON))).entries}

    async def test_an_entry_comes_with_all_it_has(self, people: People) -> None:
        """Name, address, kind, unit and phone as the directory has them."""
        (found,) = (await people.search(Query("helene.garcon"))).entries
        assert found == ENTRIES[0]

    async def test_the_limit_holds_and_is_told(self, people: People) -> None:
        """No more than asked for; `truncated` only where there are more; the best are not cut."""
        everybody = await people.search(Query("demo", limit=len(ENTRIES)))
        assert (len(everybody.entries), everybody.truncated) == (len(ENTRIES), False)
        cut = await people.search(Query("demo", limit=3))
        assert (cut.entries, cut.truncated) == (everybody.entries[:3], True)

    @pytest.mark.parametrize(
        "text", ["", "  ", "*", "(", "\\2a", ")(cn=*", "😀", "\x00", "x" * 10_000, "♪ *"]
    )
    async def test_what_is_no_word_finds_nothing(self, people: People, text: str) -> None:
        """Neither everything, nor an error, nor a filter that somebody else wrote."""
        assert (await people.search(Query(text))).entries == ()
