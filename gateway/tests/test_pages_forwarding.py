"""« Transfert » in its five ways, from the list and from a message, as a person meets it."""

import html
import re
from collections.abc import Sequence

import httpx2
import pytest
from gateway_fakes import FakeMailbox, FakeSender, attached, problem

from courriel_wire import Code, RecipientState, Settings

NO_FILE = [("file", ("", b"", "application/octet-stream"))]
HIDDEN = re.compile(r'<input type="(?:hidden|checkbox)" name="(\w+)" value="([^"]*)"(?: checked)?>')


async def forward(browser: httpx2.AsyncClient, manner: str, *uids: str, opened: str = "") -> httpx2.Response:
    """Use one of the menu's buttons."""
    return await browser.post("/compose/forward", data={"as": manner, "uid": list(uids), "open": opened})


def form_of(page: str) -> dict[str, list[str]]:
    """Return what the page's form would send, without what is typed."""
    found: dict[str, list[str]] = {}
    for name, value in HIDDEN.findall(page):
        found.setdefault(name, []).append(html.unescape(value))
    return found


def text_of(page: str) -> str:
    """Return the letter's text."""
    found = re.search(r'<textarea id="text"[^>]*>\n(.*?)</textarea>', page, re.DOTALL)
    assert found
    return html.unescape(found[1])


async def send(browser: httpx2.AsyncClient, page: str, **typed: str | Sequence[str]) -> httpx2.Response:
    """Send the writing page's form."""
    data = {**form_of(page), "to": "paul@demo.example", "action": "send", **typed}
    return await browser.post("/compose", data=data, files=NO_FILE)


def only_submission(sender: FakeSender) -> object:
    """Return the one message that was sent."""
    ((submission, _),) = sender.submissions.values()
    return submission


@pytest.fixture(autouse=True)
def with_a_file(mailbox: FakeMailbox) -> None:
    """Deliver a message with an attachment, an inline image, and a subject that was forwarded before."""
    image = attached("3", "logo.png").model_copy(update={"inline": True})
    mailbox.add("m3", subject="Fwd: TR: Budget", parts=[attached().model_dump(), image.model_dump()])
    mailbox.contents["m3", "2"] = b"%PDF"


async def test_menu_names_five_ways(browser: httpx2.AsyncClient) -> None:
    """List and message offer the same five."""
    for path in ("/messages", "/messages/m1"):
        page = (await browser.get(path)).text
        menu = re.findall(r'formaction="/compose/forward" formmethod="post" name="as" value="([\w-]+)"', page)
        assert menu == ["eml", "body", "body-with-attachments", "new", "redirect"]


async def test_as_attachments(browser: httpx2.AsyncClient, sender: FakeSender) -> None:
    """Whole messages are copied to sender under their subjects; one can be taken off; « TR: » stands once."""
    page = (await forward(browser, "eml", "m3", "m1")).text
    assert "<h1>Transfert</h1>" in page
    assert 'value="TR: Budget"' in page
    assert text_of(page) == ""
    assert sender.uploads["upload0"] == (
        "attachment; filename*=UTF-8''Fwd%20TR%20Budget.eml",
        "message/rfc822",
        b"Subject: m3\r\n\r\n",
    )
    second = form_of(page)["attachment"][1]
    await send(browser, page, attachment=second, subject="TR: Budget")
    assert [each.upload for each in only_submission(sender).attachments] == ["upload1"]  # type: ignore[attr-defined]


async def test_as_text(browser: httpx2.AsyncClient, mailbox: FakeMailbox, sender: FakeSender) -> None:
    """The texts of all messages stand under the signature, each with its heading; no file goes along."""
    mailbox.chosen = Settings(signature="Jean")
    page = (await forward(browser, "body", "m3", "m1")).text
    assert re.match(
        r"\n\n-- \nJean\n\n-+ Message transféré -+\nDe\u00a0: Marie Martin <marie.martin@demo.example>\n"
        r"Date\u00a0: dimanche 1er mars 2026 à 12:00\nÀ\u00a0: Jean .*\nObjet\u00a0: Fwd: TR: Budget\n\n"
        r"Texte m3\n\n-+ Message transféré -+\n(.*\n)*Texte m1\n",
        text_of(page),
    )
    assert not sender.uploads


async def test_as_text_with_attachments(browser: httpx2.AsyncClient, sender: FakeSender) -> None:
    """Attachments are copied, what only belongs to the HTML is not; the open message will do."""
    page = (await forward(browser, "body-with-attachments", opened="m3")).text
    assert "Texte m3" in text_of(page)
    assert [each[1:] for each in sender.uploads.values()] == [("application/pdf", b"%PDF")]
    assert "facture.pdf" in page


async def test_edit_as_new(browser: httpx2.AsyncClient, mailbox: FakeMailbox, sender: FakeSender) -> None:
    """Recipients, subject, text and files are the message's own, without signature; only of one message."""
    mailbox.chosen = Settings(signature="Jean", copy_to_self="cc")
    page = (await forward(browser, "new", "m3")).text
    assert "<h1>Nouveau Message</h1>" in page
    assert 'value="Fwd: TR: Budget"' in page
    assert text_of(page) == "Texte m3\n"
    assert "Jean Dupont &lt;jean.dupont@demo.example&gt;" in page
    assert len(form_of(page)["attachment"]) == len(sender.uploads) == 1
    several = await forward(browser, "new", "m3", "m1")
    assert several.status_code == 303
    assert "un seul message" in (await browser.get(several.headers["location"])).text


async def test_redirect(browser: httpx2.AsyncClient, sender: FakeSender) -> None:
    """Only recipients are asked; each message is resent on its own, and both can be taken back."""
    page = (await forward(browser, "redirect", "m3", "m1")).text
    assert "<h1>Rediriger</h1>" in page
    assert 'name="subject"' not in page
    assert 'name="text"' not in page
    sent = (await send(browser, page)).text
    redirected = [submission for submission, _ in sender.submissions.values()]
    assert [each.redirect.upload for each in redirected if each.redirect] == ["upload0", "upload1"]
    assert not any(each.text or each.subject or each.attachments for each in redirected)
    again = (await send(browser, page)).text
    assert len(sender.entries) == 2, "the same page again is the same messages"
    assert form_of(again)["entry"] == form_of(sent)["entry"] == ["entry0", "entry1"]
    undone = await browser.post("/compose/undo", data=form_of(sent), files=NO_FILE)
    assert sender.cancelled == ["entry0", "entry1"]
    assert "<h1>Rediriger</h1>" in undone.text
    assert len(form_of(undone.text)["attachment"]) == 2


async def test_redirect_of_nothing(browser: httpx2.AsyncClient, sender: FakeSender) -> None:
    """With every message unticked there is nothing to send, which is said."""
    page = (await forward(browser, "redirect", "m3")).text
    answer = await send(browser, page, attachment=[])
    assert answer.status_code == 422
    assert not sender.submissions


async def test_what_sender_does_not_take_is_named(browser: httpx2.AsyncClient, sender: FakeSender) -> None:
    """A message that is too large to go along is told by its name; the letter is there nevertheless."""
    sender.upload_refusal = problem(Code.UPLOAD_TOO_LARGE, 413)
    page = await forward(browser, "eml", "m3")
    assert page.status_code == 200
    assert "Tout n’a pas pu être joint." in page.text
    assert "Fwd: TR: Budget.eml" in page.text
    assert 'value="TR: Budget"' in page.text


async def test_nothing_chosen(browser: httpx2.AsyncClient) -> None:
    """Without a message there is nothing to forward: the list says what to do."""
    answer = await forward(browser, "eml")
    assert "nothing-ticked" in answer.headers["location"]
    assert (await forward(browser, "nonsense", "m1")).status_code == 422
    assert (await forward(browser, "eml", "gone")).status_code == 404


async def test_copies_of_a_letter_that_comes_to_nothing_are_removed(
    browser: httpx2.AsyncClient, mailbox: FakeMailbox, sender: FakeSender
) -> None:
    """Where the maildrop fails half-way, what was copied before does not stay."""
    del mailbox.contents["m3", "2"]
    api = {"to": ["paul@demo.example"], "forward_of": {"uids": ["m1", "m3"], "as": "body-with-attachments"}}
    mailbox.add("m1", parts=[attached("9").model_dump()])
    mailbox.contents["m1", "9"] = b"x"
    answer = await browser.post("/api/outbox", json=api)
    assert answer.status_code == 404
    assert sender.removed == ["upload0"]


@pytest.mark.parametrize(
    ("manner", "given", "subject", "text", "files"),
    [
        ("eml", {"text": "Voici"}, "TR: Budget", "Voici", 1),
        ("body", {"text": "Voici"}, "TR: Budget", "Voici\n\n---", 0),
        ("body-with-attachments", {"subject": "Mien"}, "Mien", "-----", 1),
        ("new", {}, "Fwd: TR: Budget", "Texte m3", 1),
        ("new", {"subject": "Mien", "text": "Mien"}, "Mien", "Mien", 1),
    ],
)
async def test_api_forwards(
    *,
    client: httpx2.AsyncClient,
    sender: FakeSender,
    manner: str,
    given: dict[str, str],
    subject: str,
    text: str,
    files: int,
) -> None:
    """`forward_of` does the same for API clients; what they give themselves stands."""
    request = {"to": ["a@b.example"], "forward_of": {"uids": ["m3"], "as": manner}, **given}
    answer = await client.post("/api/outbox", json=request)
    assert answer.status_code == 202
    submission = only_submission(sender)
    assert submission.subject == subject  # type: ignore[attr-defined]
    assert submission.text.startswith(text)  # type: ignore[attr-defined]
    assert len(submission.attachments) == files  # type: ignore[attr-defined]


async def test_api_forwards_into_html(
    client: httpx2.AsyncClient, mailbox: FakeMailbox, sender: FakeSender
) -> None:
    """A letter in HTML carries the forwarded text in its HTML too, as text."""
    mailbox.add("m4", text="<script>x</script>\n")
    request = {"to": ["a@b.example"], "html": "<p>Voici</p>", "forward_of": {"uids": ["m4"], "as": "body"}}
    await client.post("/api/outbox", json=request)
    written = only_submission(sender).html  # type: ignore[attr-defined]
    assert written.startswith("<p>Voici</p>")
    assert "&lt;script&gt;" in written


async def test_api_redirects_one_message_at_a_time(client: httpx2.AsyncClient, sender: FakeSender) -> None:
    """The raw message goes as an upload; several at once are refused, since one entry answers."""
    request = {"to": ["a@b.example"], "forward_of": {"uids": ["m3"], "as": "redirect"}}
    assert (await client.post("/api/outbox", json=request)).status_code == 202
    submission = only_submission(sender)
    assert submission.redirect.upload == "upload0"  # type: ignore[attr-defined]
    assert not submission.attachments  # type: ignore[attr-defined]
    request["forward_of"] = {"uids": ["m3", "m1"], "as": "redirect"}
    refused = await client.post("/api/outbox", json=request)
    assert (refused.status_code, refused.json()["type"]) == (422, "invalid-request")


async def test_api_retry_is_the_same_message(client: httpx2.AsyncClient, sender: FakeSender) -> None:
    """A retry copies anew, answers the first entry, and leaves no copy behind."""
    request = {"to": ["a@b.example"], "forward_of": {"uids": ["m3"], "as": "eml"}}
    headers = {"Idempotency-Key": "k"}
    first, again = [await client.post("/api/outbox", json=request, headers=headers) for _ in "ab"]
    assert (again.status_code, again.json()["id"]) == (202, first.json()["id"])
    assert "upload1" in sender.removed
    other = await client.post("/api/outbox", json={**request, "text": "autre"}, headers=headers)
    assert (other.status_code, other.json()["type"]) == (409, "idempotency-key-reused")


async def test_too_much_to_go_along(client: httpx2.AsyncClient, mailbox: FakeMailbox) -> None:
    """More than a message can carry is refused before anything is copied."""
    parts = [attached(str(number + 1)).model_dump() for number in range(101)]
    mailbox.add("m4", parts=parts)
    request = {"to": ["a@b.example"], "forward_of": {"uids": ["m4"], "as": "body-with-attachments"}}
    refused = await client.post("/api/outbox", json=request)
    assert (refused.status_code, refused.json()["type"]) == (422, "too-many-attachments")


async def test_outbox_of_a_held_redirect(browser: httpx2.AsyncClient, sender: FakeSender) -> None:
    """A redirected message is followed like any other."""
    await send(browser, (await forward(browser, "redirect", "m3")).text)
    assert sender.entries[0].state == RecipientState.HELD
    assert "Annuler l’envoi" in (await browser.get("/outbox")).text
