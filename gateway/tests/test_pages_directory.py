"""« Carnet d'adresses », on its own page and beside a letter, as a person meets it."""

import html
import re
from typing import Any

import httpx2
import pytest
from gateway_fakes import ARCHIVES, HELENE, FakeAuth, FakeDirectory, FakeMailbox, FakeSender, problem
from hypothesis import given
from hypothesis import strategies as st

from courriel_web.service_client import UpstreamUnavailable
from courriel_wire import Code, DirectoryEntry, EntryKind, Settings
from gateway_service.letters import Letter
from gateway_service.pages import written

AWAY = (problem(Code.STATE_UNAVAILABLE, 503, 5), UpstreamUnavailable())
TICKED = {"Hélène Garçon <helene.garcon@demo.example>", "Archives <archives@demo.example>"}
HIDDEN = re.compile(r'<input type="hidden" name="(\w+)" value="([^"]*)">')
NO_FILE = [("file", ("", b"", "application/octet-stream"))]
WRITTEN: dict[str, Any] = {
    "key": "key-1",
    "occasion": "reply",
    "in_reply_to": "<a@x>",
    "reference": ["<z@x>", "<a@x>"],
    "to": "Marie Martin <marie.martin@demo.example>",
    "cc": "nobody;",
    "bcc": "",
    "subject": 'Réunion "1"',
    "text": "\r\nBonjour,\r\n\r\n  à demain <ici>\r\n",
    "priority": "high",
    "receipt": "yes",
}


async def pick(browser: httpx2.AsyncClient, *files: Any, **fields: Any) -> httpx2.Response:
    """Send the letter to the directory's page as a browser does: always as multipart."""
    return await browser.post("/compose/directory", data={**WRITTEN, **fields}, files=files or NO_FILE)


def carried(page: str) -> dict[str, list[str]]:
    """Return what the page's form carries."""
    found: dict[str, list[str]] = {}
    for name, value in HIDDEN.findall(page):
        found.setdefault(name, []).append(html.unescape(value))
    return found


def field(name: str, page: str) -> str:
    """Return what stands in a field of the writing page."""
    found = re.search(rf'<textarea id="{name}"[^>]*>\n(.*?)</textarea>', page, re.DOTALL)
    assert found
    return html.unescape(found[1])


def lines(page: str) -> dict[str, bool]:
    """Return who can be ticked, and who is."""
    boxes = re.findall(r'type="checkbox" name="pick" value="([^"]*)"( checked)?', page)
    return {html.unescape(value): bool(checked) for value, checked in boxes}


@pytest.mark.parametrize(
    "path", ["/messages", "/messages/m1", "/settings", "/outbox", "/compose", "/directory"]
)
async def test_menu_of_every_page_leads_there(browser: httpx2.AsyncClient, path: str) -> None:
    """« Carnet d'adresses » stands in the menu bar."""
    assert re.search(r'<a href="/directory"[^>]*>Carnet d’adresses</a>', (await browser.get(path)).text)


async def test_search_shows_whom_one_may_write_to(
    browser: httpx2.AsyncClient, auth: FakeAuth, directory: FakeDirectory
) -> None:
    """Name, unit, phone and address of each; looking at the page is activity."""
    page = (await browser.get("/directory", params={"q": "  hélène ", "kind": "person"})).text
    assert directory.asked == [("hélène", EntryKind.PERSON, 50)]
    for shown in (HELENE.name, HELENE.unit, HELENE.phone, HELENE.address, "1 résultat", "Écrire"):
        assert f">{shown}<" in page
    assert 'value="person" checked' in page
    assert 'value="hélène"' in page
    assert auth.activity[-1]


@pytest.mark.parametrize("query", ["", "?q=", "?q=%20%20", "?kind=person"])
async def test_nothing_is_searched_before_somebody_asks(
    browser: httpx2.AsyncClient, directory: FakeDirectory, query: str
) -> None:
    """An empty form invites."""
    page = (await browser.get(f"/directory{query}")).text
    assert "Qui cherchez-vous\u00a0?" in page
    assert not directory.asked


async def test_no_result_and_too_many(browser: httpx2.AsyncClient, directory: FakeDirectory) -> None:
    """Both are told, with what to do."""
    page = (await browser.get("/directory?q=zzz&kind=service")).text
    assert "Aucun résultat pour «\u00a0zzz\u00a0»" in page
    assert "Vous pouvez aussi chercher parmi les personnes" in page
    directory.entries = [ARCHIVES] * 51
    page = (await browser.get("/directory?q=archives")).text
    assert "Les 50 premiers résultats" in page
    assert "précisez votre recherche" in page
    assert page.count("<li>") >= 50


@pytest.mark.parametrize("failure", AWAY)
async def test_directory_that_is_away_breaks_no_page(
    browser: httpx2.AsyncClient, directory: FakeDirectory, failure: Exception
) -> None:
    """A banner says so over the form, which keeps what was typed; other pages know nothing of it."""
    directory.failure = failure
    answer = await browser.get("/directory?q=martin")
    assert answer.status_code == 503
    assert "Le carnet d’adresses ne répond pas" in answer.text
    assert 'value="martin"' in answer.text
    assert "aria-invalid" not in answer.text
    assert (await browser.get("/messages")).status_code == 200
    assert (await browser.get("/compose")).status_code == 200


async def test_query_that_is_too_long_is_told(browser: httpx2.AsyncClient, directory: FakeDirectory) -> None:
    """422 in words, before anybody is asked."""
    answer = await browser.get("/directory", params={"q": "x" * 10_000})
    assert answer.status_code == 422
    assert "trop longue" in answer.text
    assert 'aria-invalid="true"' in answer.text
    assert not directory.asked


async def test_kind_that_is_none_means_all(browser: httpx2.AsyncClient, directory: FakeDirectory) -> None:
    """A link that somebody made up still searches."""
    assert (await browser.get("/directory?q=archives&kind=robot")).status_code == 200
    assert directory.asked == [("archives", None, 50)]


async def test_session_that_ended_meanwhile(browser: httpx2.AsyncClient, directory: FakeDirectory) -> None:
    """What the directory says of a dead token leads to the sign-in page."""
    directory.failure = problem(Code.SESSION_ENDED, 401, reason="taken-over")
    answer = await browser.get("/directory?q=martin")
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in?why=taken-over")


@pytest.mark.parametrize("where", ["to", "cc", "bcc"])
async def test_ticked_entries_begin_a_letter(
    browser: httpx2.AsyncClient, mailbox: FakeMailbox, where: str
) -> None:
    """Several go into the field whose button was pressed, under the person's own signature and copy."""
    mailbox.chosen = Settings(signature="Jean", copy_to_self="bcc")
    page = (await browser.get("/directory?q=e")).text
    assert set(lines(page)) == TICKED
    answer = await browser.post("/directory/write", data={"pick": list(lines(page)), "field": where})
    assert answer.status_code == 200
    expected = "Hélène Garçon <helene.garcon@demo.example>, Archives <archives@demo.example>"
    assert field(where, answer.text).endswith(expected)
    assert "-- \nJean" in answer.text
    assert "jean.dupont@demo.example" in field("bcc", answer.text)


async def test_one_entry_alone_begins_a_letter(browser: httpx2.AsyncClient) -> None:
    """« Écrire » of a line counts more than what is ticked, and writes to it in À."""
    data = {"pick": "Hélène Garçon <helene.garcon@demo.example>", "alone": "Archives <archives@demo.example>"}
    answer = await browser.post("/directory/write", data=data)
    assert field("to", answer.text) == "Archives <archives@demo.example>"


async def test_nothing_ticked_goes_back_to_the_search(browser: httpx2.AsyncClient) -> None:
    """The search is still there, and a banner says what is missing."""
    answer = await browser.post("/directory/write", data={"q": "é & b", "kind": "service", "field": "cc"})
    assert answer.status_code == 303
    page = (await browser.get(answer.headers["location"])).text
    assert "Cochez d’abord au moins un destinataire." in page
    assert 'value="é &amp; b"' in page


async def test_searching_beside_a_letter_carries_it(
    browser: httpx2.AsyncClient, sender: FakeSender, directory: FakeDirectory
) -> None:
    """Everything typed and joined is in the page, new files as uploads; so it is when it comes back."""
    large = b"%PDF" + b"x" * 1_200_000
    page = (await pick(browser, ("file", ("é.pdf", large, "application/pdf")), field="bcc", q="e")).text
    assert directory.asked == [("e", None, 50)]
    assert not sender.submissions
    assert len(sender.uploads) == 1
    kept = carried(page)
    assert kept.pop("attachment")[0].startswith('{"id":"upload0"')
    assert kept.pop("field") == ["bcc"]
    assert {name: values[0] if name != "reference" else values for name, values in kept.items()} == {
        **WRITTEN,
        "text": WRITTEN["text"].replace("\r\n", "\n"),
    }
    back = await pick(browser, action="back", attachment=carried(page)["attachment"])
    assert back.status_code == 200
    assert field("text", back.text) == "\nBonjour,\n\n  à demain <ici>\n"
    assert [field(name, back.text) for name in ("to", "cc", "bcc")] == [WRITTEN["to"], "nobody;", ""]
    assert carried(back.text) | {"attachment": []} == {
        "key": ["key-1"],
        "occasion": ["reply"],
        "in_reply_to": ["<a@x>"],
        "reference": ["<z@x>", "<a@x>"],
        "attachment": [],
    }
    assert "&#34;upload0&#34;" in back.text
    assert 'value="Réunion &#34;1&#34;"' in back.text
    assert '<option value="high" selected>' in back.text
    assert 'name="receipt" value="yes" checked' in back.text


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ("to", "Marie Martin <marie.martin@demo.example>, Hélène Garçon <helene.garcon@demo.example>"),
        ("cc", "nobody, Hélène Garçon <helene.garcon@demo.example>"),
        ("bcc", "Hélène Garçon <helene.garcon@demo.example>"),
    ],
)
async def test_ticked_entries_are_added_to_a_field(
    browser: httpx2.AsyncClient, where: str, expected: str
) -> None:
    """They stand after what was typed, even where that is no address yet; the other fields stay."""
    page = await pick(browser, action=where, pick="Hélène Garçon <helene.garcon@demo.example>")
    assert page.status_code == 200
    assert "<h1>Répondre</h1>" in page.text
    assert field(where, page.text) == expected
    assert field("text", page.text).startswith("\nBonjour")


async def test_nobody_is_added_twice_to_a_field(browser: httpx2.AsyncClient) -> None:
    """Whatever the spelling of name and domain."""
    ticked = ["M. <marie.martin@DEMO.example>", *["Archives <archives@demo.example>"] * 2]
    page = (await pick(browser, action="to", pick=ticked)).text
    assert field("to", page) == f"{WRITTEN['to']}, Archives <archives@demo.example>"


async def test_ticks_outlive_another_search(browser: httpx2.AsyncClient) -> None:
    """Who was ticked stays ticked, among the results or above them."""
    helene, archives = sorted(TICKED, reverse=True)
    page = (await pick(browser, q="archives", pick=helene)).text
    assert lines(page) == {helene: True, archives: False}
    assert "Déjà cochés" in page
    page = (await pick(browser, q="e", pick=helene)).text
    assert lines(page) == {helene: True, archives: False}
    assert "Déjà cochés" not in page
    page = (await pick(browser, q="zzz", pick=helene)).text
    assert lines(page) == {helene: True}
    assert 'name="action" value="to"' in page


async def test_nothing_ticked_is_told_beside_a_letter(browser: httpx2.AsyncClient) -> None:
    """The search is shown again, and the letter is still carried."""
    page = (await pick(browser, action="cc", q="e")).text
    assert "Cochez d’abord au moins un destinataire." in page
    assert carried(page)["subject"] == [WRITTEN["subject"]]


@pytest.mark.parametrize("failure", AWAY)
async def test_directory_that_is_away_keeps_the_letter(
    browser: httpx2.AsyncClient, directory: FakeDirectory, failure: Exception
) -> None:
    """A banner, and the way back to the letter."""
    directory.failure = failure
    answer = await pick(browser, q="martin")
    assert answer.status_code == 503
    assert "Le carnet d’adresses ne répond pas" in answer.text
    assert carried(answer.text)["subject"] == [WRITTEN["subject"]]
    assert "Retour au message" in answer.text


@pytest.mark.parametrize("ends", ["before", "meanwhile"])
async def test_session_that_ended_keeps_the_letter(
    browser: httpx2.AsyncClient, auth: FakeAuth, directory: FakeDirectory, ends: str
) -> None:
    """The letter comes back with what was ticked, and the words for it."""
    if ends == "before":
        auth.sessions.clear()
        answer = await pick(browser, action="bcc", pick="Archives <archives@demo.example>")
        assert field("bcc", answer.text) == "Archives <archives@demo.example>"
    else:
        directory.failure = problem(Code.SESSION_ENDED, 401, reason="taken-over")
        answer = await pick(browser, q="martin")
    assert answer.status_code == 401
    assert "Votre session a pris fin." in answer.text
    assert field("text", answer.text).startswith("\nBonjour")


async def test_refused_file_is_told_on_the_letter(browser: httpx2.AsyncClient, sender: FakeSender) -> None:
    """A file chosen before the button was pressed and not taken: the letter says so at once."""
    sender.upload_refusal = problem(Code.UPLOAD_TOO_LARGE, 413)
    answer = await pick(browser, ("file", ("é.pdf", b"%PDF", "application/pdf")), q="e")
    assert answer.status_code == 422
    assert "Tout n’a pas pu être joint." in answer.text
    assert "é.pdf" in answer.text


async def test_english(browser: httpx2.AsyncClient) -> None:
    """The same pages in English."""
    english = {"Accept-Language": "en"}
    page = (await browser.get("/directory?q=e", headers=english)).text
    assert "<h1>Address book</h1>" in page
    assert "2 results" in page
    assert "Write to those ticked, in:" in page


@given(name=st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"])).map(str.strip))
def test_every_name_of_the_directory_can_be_picked(name: str) -> None:
    """Whatever stands in a name, the entry's address is the one recipient it gives, once."""
    entry = DirectoryEntry(name=name, address="a.b@demo.example", kind=EntryKind.PERSON)
    letter = Letter()
    letter.add([written(entry)] * 2, "to")
    letter.separate_by_commas()
    assert [each.address for each in letter.recipients("to")] == ["a.b@demo.example"]
