"""The inbox, a message, its frame and files, deletion and undo, as a person meets them."""

import httpx2
import pytest
from fastapi import FastAPI
from gateway_fakes import FakeMailbox, attached, problem

from courriel_web.service_client import UpstreamUnavailable
from courriel_wire import Code, DeleteOutcome
from gateway_service.settings import Settings


async def test_inbox_lists_newest_first(browser: httpx2.AsyncClient) -> None:
    """Sender, subject, date and size stand in a table under their headings, and totals over it."""
    page = (await browser.get("/messages")).text
    assert page.index("Objet m2") < page.index("Objet m1")
    for words in (
        "Marie Martin",
        "2 messages · 4\u00a0Ko · 2 non lus",
        "2\u00a0Ko",
        ">De<",
        ">Objet<",
        ">Date<",
        ">Taille<",
    ):
        assert words in page
    for words in ("Nouveau Message", "Boîte de réception", "Courrier", "Rafraîchir", "Répondre", "Supprimer"):
        assert words in page
    assert 'aria-label="Déconnexion"' in page


async def test_inbox_says_what_people_forget_until_dismissed(browser: httpx2.AsyncClient) -> None:
    """The reminder about Thunderbird stands over the list, and stays away once it was dismissed."""
    assert "Thunderbird ne le recevra jamais" in (await browser.get("/messages")).text
    answer = await browser.post("/messages/reminder")
    assert answer.status_code == 303
    assert "Thunderbird ne le recevra jamais" not in (await browser.get("/messages")).text


async def test_empty_inbox_explains_itself(browser: httpx2.AsyncClient, mailbox: FakeMailbox) -> None:
    """An empty maildrop says why, and offers nothing to delete."""
    mailbox.letters.clear()
    page = (await browser.get("/messages")).text
    assert "Aucun message en attente" in page
    assert "Thunderbird ne le recevra jamais" in page
    assert "Supprimer" not in page


async def test_refresh_asks_the_server_anew(browser: httpx2.AsyncClient, mailbox: FakeMailbox) -> None:
    """« Rafraîchir » reaches the mailbox service as such."""
    await browser.get("/messages?refresh=1")
    assert mailbox.asked[-1][-1] is True
    await browser.get("/messages")
    assert mailbox.asked[-1][-1] is False


async def test_pages_of_the_list(browser: httpx2.AsyncClient, mailbox: FakeMailbox) -> None:
    """A long list has pages; a page beyond the last leads to the last."""
    for number in range(60):
        mailbox.add(f"n{number}")
    page = (await browser.get("/messages?page=2")).text
    assert "Page 2 sur 3" in page
    assert "/messages?page=1" in page
    assert "/messages?page=3" in page
    assert (await browser.get("/messages?page=9")).headers["location"] == "/messages?page=3"


async def test_subject_opens_the_preview(browser: httpx2.AsyncClient) -> None:
    """The link of a subject shows the message under the list, on the same page."""
    page = (await browser.get("/messages?open=m1")).text
    assert "Texte m1" in page
    assert "Objet m2" in page
    assert 'aria-current="true"' in page


@pytest.mark.parametrize("uid", ["gone", "../x", "%2e%2e"])
async def test_preview_of_a_message_that_is_gone(browser: httpx2.AsyncClient, uid: str) -> None:
    """The list still shows, and says that the message is not there any more."""
    answer = await browser.get("/messages", params={"open": uid})
    assert answer.status_code == 200
    assert "n’est plus dans la boîte aux lettres" in answer.text
    assert "Objet m1" in answer.text


async def test_message_page(browser: httpx2.AsyncClient, mailbox: FakeMailbox) -> None:
    """A message has a URL of its own, with its header, its files and what can be done."""
    mailbox.add("m3", parts=[attached().model_dump()], cc=[{"name": "", "address": "c@demo.example"}])
    page = (await browser.get("/messages/m3")).text
    for words in (
        "<h1><bdi>Objet m3</bdi></h1>",
        "dimanche 1er mars 2026 à 12:00",
        "c@demo.example",
        "1 pièce jointe",
        "facture.pdf",
        "2\u00a0Ko",
        "/messages/m3/parts/2",
        'formaction="/compose/forward"',
        "/messages/m3/raw",
        "Texte m3",
    ):
        assert words in page


async def test_what_nobody_opened_is_unread(browser: httpx2.AsyncClient) -> None:
    """In bold, in words for who does not see that, and counted; opening it, by the list too, ends that."""
    page = (await browser.get("/messages?open=m1")).text
    assert "2 messages · 4\u00a0Ko · 1 non lu<" in page
    assert page.count("Non lu ") == page.count('class="unread"') == 1
    await browser.get("/messages/m2")
    page = (await browser.get("/messages")).text
    assert "non lu" not in page.partition("</h1>")[2].partition("</div>")[0]
    assert 'class="unread"' not in page


async def test_marks_are_set_by_hand(browser: httpx2.AsyncClient, mailbox: FakeMailbox) -> None:
    """For what is ticked, or else for what is open, which closes: it would be seen again at once."""
    both = {"uid": ["m1", "m2"], "seen": "true", "page": "2"}
    answer = await browser.post("/messages/seen", data=both)
    assert (answer.status_code, answer.headers["location"]) == (303, "/messages?page=2")
    assert mailbox.seen == {"m1", "m2"}
    answer = await browser.post("/messages/seen", data={"open": "m1", "seen": "false"})
    assert (answer.headers["location"], mailbox.seen) == ("/messages?page=1", {"m2"})
    answer = await browser.post("/messages/seen", data={"seen": "true"})
    assert answer.headers["location"] == "/messages?page=1&notice=nothing-ticked"


async def test_what_goes_along_with_a_letter_is_not_seen(
    browser: httpx2.AsyncClient, mailbox: FakeMailbox
) -> None:
    """Forwarding and saving are no reading."""
    await browser.post("/compose/forward", data={"uid": ["m1"], "as": "eml"})
    await browser.get("/messages/m1/raw")
    assert mailbox.seen == set()


async def test_unknown_message_is_a_plain_404(browser: httpx2.AsyncClient) -> None:
    """A message that is not there is told in words, with a way out."""
    answer = await browser.get("/messages/gone")
    assert answer.status_code == 404
    assert "Ce message n’est plus dans la boîte aux lettres" in answer.text
    assert 'href="/messages"' in answer.text


async def test_text_and_header_views(browser: httpx2.AsyncClient, mailbox: FakeMailbox) -> None:
    """HTML can be read as text, and the header fields as they came."""
    mailbox.add("m3", html="<p>x</p>", headers=[("Received", "from <relay>")])
    text = (await browser.get("/messages/m3?view=text")).text
    assert "Texte m3" in text
    assert "<iframe" not in text
    headers = (await browser.get("/messages/m3?view=headers")).text
    assert "from &lt;relay&gt;" in headers


async def test_deletion_is_held_and_can_be_undone(browser: httpx2.AsyncClient, mailbox: FakeMailbox) -> None:
    """What is ticked goes; the next page counts the seconds and offers « Annuler », which brings it back."""
    answer = await browser.post("/messages/delete", data={"uid": ["m1", "m2"], "open": "m1", "page": "1"})
    assert not mailbox.letters
    page = (await browser.get(answer.headers["location"])).text
    assert "Supprimé définitivement dans 8 s." in page or "Supprimé définitivement dans 7 s." in page
    assert "Annuler" in page
    answer = await browser.post("/messages/undelete", data={"uid": ["m1", "m2"], "page": "1"})
    assert set(mailbox.letters) == {"m1", "m2"}
    assert "La suppression a été annulée." in (await browser.get(answer.headers["location"])).text


async def test_undo_is_not_offered_when_it_is_too_late(browser: httpx2.AsyncClient) -> None:
    """A page that is loaded again later says that it is done."""
    page = (await browser.get("/messages?deleted=m9&until=2020-01-01T00:00:00Z")).text
    assert "Supprimé définitivement." in page
    assert "Annuler" not in page


async def test_message_that_is_open_can_be_deleted(browser: httpx2.AsyncClient, mailbox: FakeMailbox) -> None:
    """Without ticks, « Supprimer » means the message in the preview."""
    await browser.post("/messages/delete", data={"open": "m1", "page": "1"})
    assert set(mailbox.letters) == {"m2"}


async def test_nothing_ticked_is_told(browser: httpx2.AsyncClient, mailbox: FakeMailbox) -> None:
    """« Supprimer » and « Répondre » without a message say what is missing."""
    answer = await browser.post("/messages/delete", data={"page": "1"})
    assert "Cochez ou ouvrez d’abord un message." in (await browser.get(answer.headers["location"])).text
    assert len(mailbox.letters) == 2
    answer = await browser.get("/compose?action=reply&uid=m1&uid=m2")
    assert "un seul message" in (await browser.get(answer.headers["location"])).text


async def test_without_hold_each_outcome_is_told(
    app: FastAPI, settings: Settings, browser: httpx2.AsyncClient, mailbox: FakeMailbox
) -> None:
    """With MAILBOX_DELETE_HOLD_SECONDS=0 the page tells what became of each message."""
    app.state.settings = settings.model_copy(update={"mailbox_delete_hold_seconds": 0})
    mailbox.outcomes = {"b": DeleteOutcome.GONE, "c": DeleteOutcome.UNKNOWN}
    answer = await browser.post("/messages/delete", data={"uid": ["a", "b", "c"]})
    page = (await browser.get(answer.headers["location"])).text
    assert "Supprimé définitivement." in page
    assert "N’était plus dans la boîte aux lettres." in page
    assert "Le serveur n’a pas confirmé la suppression." in page
    assert "Annuler" not in page


@pytest.mark.parametrize(
    ("failure", "words"),
    [
        (problem(Code.MAIL_SERVER_UNAVAILABLE, 503, 10), "Le serveur de messagerie ne répond pas"),
        (UpstreamUnavailable(), "Une partie du service ne répond pas"),
    ],
)
async def test_outage_is_a_page_with_a_way_out(
    browser: httpx2.AsyncClient, mailbox: FakeMailbox, failure: Exception, words: str
) -> None:
    """An outage is 503 with advice when to try again, and a link that does."""
    mailbox.failure = failure
    answer = await browser.get("/messages")
    assert answer.status_code == 503
    assert answer.headers["retry-after"]
    assert words in answer.text
    assert "Réessayer" in answer.text


async def test_unexpected_error_is_a_page_with_a_reference(
    browser: httpx2.AsyncClient, mailbox: FakeMailbox
) -> None:
    """A defect shows no traceback, but words and the reference that finds it in the logs."""
    mailbox.failure = ZeroDivisionError("secret detail")
    answer = await browser.get("/messages")
    assert answer.status_code == 500
    assert "Une erreur est survenue" in answer.text
    assert answer.headers["x-request-id"] in answer.text
    assert "secret detail" not in answer.text
    assert "content-security-policy" in answer.headers


@pytest.mark.parametrize(
    ("method", "path", "status", "words"),
    [
        ("GET", "/nowhere", 404, "Cette page n’existe pas"),
        ("PUT", "/messages", 405, "Cette action n’est pas possible ici"),
        ("GET", "/messages?page=x", 422, "Cette demande n’est pas comprise"),
        ("GET", "/outbox/a/b/c", 404, "Cette page n’existe pas"),
    ],
)
async def test_mistakes_are_pages(
    browser: httpx2.AsyncClient, method: str, path: str, status: int, words: str
) -> None:
    """Wrong addresses, methods and values get a page in plain words."""
    answer = await browser.request(method, path)
    assert answer.status_code == status
    assert words in answer.text


async def test_too_large_a_form_is_413(browser: httpx2.AsyncClient) -> None:
    """A form beyond its limit is refused before it is read."""
    answer = await browser.post("/messages/delete", data={"uid": "x" * 1_100_000})
    assert answer.status_code == 413
    assert "C’est trop volumineux" in answer.text


async def test_cautions_and_excerpts_are_said(browser: httpx2.AsyncClient, mailbox: FakeMailbox) -> None:
    """What asks for caution stands apart from what is merely told; an invitation is summed up in words."""
    mailbox.add(
        "m3",
        notes=["reply-to-elsewhere", "smime-encrypted"],
        parts=[attached("2", "facture.pdf.exe")],
        excerpts=[
            {
                "kind": "invitation",
                "part": "3",
                "lines": [
                    ("method", "cancel"),
                    ("summary", "Réunion <b>"),
                    ("start", "2026-03-01T10:00:00+00:00"),
                    ("end", "quand vous voulez"),
                ],
            }
        ],
    )
    page = (await browser.get("/messages/m3")).text
    for words in (
        "La réponse partirait vers un autre domaine",
        "Message chiffré (S/MIME)",
        "Peut exécuter un programme",
        "annulation",
        "Réunion &lt;b&gt;",
        "dimanche 1er mars 2026 à 11:00",
        "quand vous voulez",
    ):
        assert words in page
    assert page.count('class="note caution"') == 1
    assert "mal formé" not in page
