"""What pages say, in each language: catalogues are whole, and the right one speaks."""

import ast
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import httpx2
import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po
from catalogues import SOURCES, extracted
from gateway_fakes import FakeMailbox

from courriel_wire import Settings as Choices
from gateway_service.formats import Formats, size
from gateway_service.languages import accepted, speak, translate, translate_plural

PARIS = Formats("Europe/Paris")
NOW = datetime(2026, 3, 14, 22, 30, tzinfo=UTC)
NAMED = re.compile(r"%\(\w+\)s")
FRENCH_WORDS = re.compile(r"[àâçéèêëîïôûùœÀÉÈÊÔŒ«»’]|\b(?:le|la|les|une|des|est|pas|vous|votre)\b")
MARKS = {"_", "N_", "ngettext"}
# The product's name, and Babel's pattern of a whole date
SAID_AS_IT_IS = re.compile(r"Courriel léger|MMMM yyyy 'à'")


@pytest.fixture(autouse=True)
def french_again() -> Iterator[None]:
    """Leave the language as it was."""
    yield
    speak("fr")


@pytest.fixture(scope="module")
def english() -> Catalog:
    """Read the catalogue as it stands in the sources."""
    with (SOURCES / "locale/en/LC_MESSAGES/messages.po").open("rb") as file:
        return read_po(file, locale="en")


def strings(entry: str | tuple[str, ...] | list[str]) -> tuple[str, ...]:
    """Return the forms of a msgid or of its translation."""
    return (entry,) if isinstance(entry, str) else tuple(entry)


def test_english_is_whole(english: Catalog) -> None:
    """Every msgid of the sources is translated, none is left from earlier words, none is a guess (fuzzy)."""
    found = {strings(message.id) for message in extracted() if message.id}
    translated = {strings(message.id): message for message in english if message.id}
    assert found - translated.keys() == set(), "make translations, then translate"
    assert translated.keys() - found == set(), "make translations drops what no source says any more"
    assert not [message.id for message in translated.values() if message.fuzzy]
    assert not [message.id for message in translated.values() if not all(strings(message.string))]


def test_english_keeps_what_is_filled_in(english: Catalog) -> None:
    """A translation names what its msgid names: a name too many would break the page."""
    for message in english:
        for one, other in zip(strings(message.id), strings(message.string), strict=True):
            assert sorted(NAMED.findall(one)) == sorted(NAMED.findall(other)), other


def test_english_typography(english: Catalog) -> None:
    """English has its own quotation marks and no space before a mark."""
    for message in filter(lambda message: message.id, english):
        for string in strings(message.string):
            assert not re.search(r"[«»'\"\u202f]|[\s\u00a0][;:!?]", string), string


def _said(path: Path) -> Iterator[str]:
    """Yield the string literals of a module that are neither documentation nor marked for translation."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    left_out: set[ast.AST] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            left_out.add(node.value)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in MARKS:
            left_out.update(ast.walk(node))
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in left_out:
            yield node.value


@pytest.mark.parametrize("path", sorted(SOURCES.glob("*.py")), ids=lambda path: path.name)
def test_no_french_outside_of_the_catalogue(path: Path) -> None:
    """What Python says to people is marked for translation."""
    assert not [text for text in _said(path) if FRENCH_WORDS.search(SAID_AS_IT_IS.sub("", text))]


@pytest.mark.parametrize(
    ("header", "spoken"),
    [
        ("", "fr"),
        ("en", "en"),
        ("en-US,en;q=0.9,fr;q=0.8", "en"),
        ("fr-FR,fr;q=0.9,en;q=0.8", "fr"),
        ("de,en;q=0.5,fr;q=0.4", "en"),
        ("de-DE,es", "fr"),
        ("en;q=0,fr", "fr"),
        ("en;q=high", "fr"),
        (" EN ; Q=0.4 , *", "en"),
        (";;,,=", "fr"),
    ],
)
def test_language_that_the_browser_asks_for(header: str, spoken: str) -> None:
    """The heaviest of our languages counts; French where there is none, or nonsense."""
    assert accepted(header) == spoken


def test_plurals() -> None:
    """Zero is singular in French and plural in English."""
    msgids = ("%(num)s message", "%(num)s messages")
    assert [translate_plural(*msgids, number) for number in (0, 1, 2)] == [msgids[0], msgids[0], msgids[1]]
    speak("en")
    assert [translate_plural(*msgids, number) for number in (0, 1, 2)] == [msgids[1], msgids[0], msgids[1]]
    assert translate("Envoyer") == "Send"
    assert translate("no such msgid") == "no such msgid"


def test_english_formats() -> None:
    """English dates have the day first and 24 hours, sizes kB and a decimal point."""
    speak("en")
    moment = NOW.replace(day=1, hour=8, minute=5)
    assert PARIS.full(moment) == "Sunday 1 March 2026 at 09:05"
    assert PARIS.brief(moment, NOW) == "1 Mar"
    assert PARIS.brief(NOW.replace(year=2025), NOW) == "14/03/2025"
    assert size(14_300) == "14\u00a0kB"
    assert size(1_500_000) == "1.4\u00a0MB"


async def test_pages_speak_what_the_browser_asks_for(visitor: httpx2.AsyncClient) -> None:
    """The same page in either language says so in ``lang``, and its words are of that language."""
    french = await visitor.get("/sign-in")
    english = await visitor.get("/sign-in", headers={"Accept-Language": "en-GB"})
    assert '<html lang="fr">' in french.text
    assert "Mot de passe" in french.text
    assert '<html lang="en">' in english.text
    assert "Password" in english.text
    assert "Mot de passe" not in english.text


async def test_the_choice_of_the_person_counts_more(
    browser: httpx2.AsyncClient, mailbox: FakeMailbox
) -> None:
    """« Paramètres » decide over the browser, problems included; sign-in carries them to the next pages."""
    mailbox.chosen = Choices(language="en")
    await browser.post("/sign-in", data={"username": "jean.dupont", "password": "demo"})
    asked = {"Accept-Language": "fr"}
    assert '<html lang="en">' in (await browser.get("/messages", headers=asked)).text
    assert "This page does not exist" in (await browser.get("/nowhere", headers=asked)).text
    lost = await browser.get("/messages/QUJD", headers=asked)
    assert lost.status_code == 404
    assert "This message is no longer in the mailbox" in lost.text
