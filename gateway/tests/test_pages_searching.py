"""Searching and sorting the list without script: a field, headings that are links, and progress in words."""

import httpx2
import pytest
from gateway_fakes import FakeMailbox


async def test_the_field_keeps_what_was_searched_for(
    browser: httpx2.AsyncClient, mailbox: FakeMailbox
) -> None:
    """The number found is told, and the way back to all messages is there."""
    page = (await browser.get("/messages", params={"q": "M2"})).text
    assert mailbox.asked[-1][4:6] == ("-arrival", "M2")
    assert 'type="search" name="q" value="M2"' in page
    assert "1 message trouvé pour «\u00a0M2\u00a0»." in page
    assert "Objet m2" in page
    assert "Objet m1" not in page
    assert "Tous les messages, dans l’ordre d’arrivée" in page
    assert "2 messages" in (await browser.get("/messages")).text


async def test_what_is_searched_for_is_escaped(browser: httpx2.AsyncClient) -> None:
    """Nobody plants HTML through a link to a search."""
    page = (await browser.get("/messages", params={"q": '"><script>'})).text
    assert "<script>" not in page


async def test_a_search_without_result_is_not_an_empty_mailbox(browser: httpx2.AsyncClient) -> None:
    """It says where was searched."""
    page = (await browser.get("/messages", params={"q": "introuvable"})).text
    assert "Aucun message ne correspond" in page
    assert "Aucun message en attente" not in page


async def test_headings_are_links_that_sort(browser: httpx2.AsyncClient, mailbox: FakeMailbox) -> None:
    """The column that orders the list says so to screen readers, and its link turns it around."""
    page = (await browser.get("/messages")).text
    assert 'href="/messages?page=1&amp;sort=from">De</a>' in page
    assert "aria-sort" not in page
    page = (await browser.get("/messages?sort=from&q=objet")).text
    assert mailbox.asked[-1][4:6] == ("from", "objet")
    assert 'class="from" aria-sort="ascending"><a href="/messages?page=1&amp;sort=-from&amp;q=objet">' in page
    assert 'type="hidden" name="sort" value="from"' in page


async def test_paging_and_opening_keep_order_and_search(
    browser: httpx2.AsyncClient, mailbox: FakeMailbox
) -> None:
    """Each link of the list leads to the same list."""
    for number in range(60):
        mailbox.add(f"n{number}")
    page = (await browser.get("/messages?page=1&sort=-size&q=objet")).text
    assert 'rel="next" href="/messages?page=2&amp;sort=-size&amp;q=objet"' in page
    assert "Page suivante" in page
    assert "&amp;sort=-size&amp;q=objet&amp;open=n59#m-n59" in page


async def test_where_the_reading_is_is_told(browser: httpx2.AsyncClient, mailbox: FakeMailbox) -> None:
    """While the list cannot cover all; the usual list needs no such words."""
    mailbox.indexed = 1
    words = "Lecture de la boîte en cours\u00a0: 1 message sur 2 est déjà pris en compte."
    assert words in (await browser.get("/messages?sort=size")).text
    assert words not in (await browser.get("/messages")).text
    mailbox.indexed = 2
    assert words not in (await browser.get("/messages?sort=size")).text


@pytest.mark.parametrize(("path", "form"), [("delete", {}), ("seen", {"seen": "true"}), ("undelete", {})])
async def test_actions_lead_back_to_the_same_list(
    browser: httpx2.AsyncClient, mailbox: FakeMailbox, path: str, form: dict[str, str]
) -> None:
    """Deleting, marking and undoing among what was found goes on there."""
    mailbox.held["m1"] = mailbox.letters["m1"]
    place = {"page": "1", "sort": "subject", "q": "objet"}
    answer = await browser.post(f"/messages/{path}", data={**place, **form, "uid": "m1"})
    assert answer.headers["location"].startswith("/messages?page=1&sort=subject&q=objet")
