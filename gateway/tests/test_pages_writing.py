"""« Nouveau Message », « Répondre » and the outbox page, as a person meets them."""

import re

import httpx2
import pytest
from gateway_fakes import FakeAuth, FakeMailbox, FakeSender, outbox_entry, problem

from courriel_web.service_client import UpstreamUnavailable
from courriel_wire import Code, RecipientState

FILLED = {
    "to": "Marie Martin <marie.martin@demo.example>; paul@demo.example",
    "cc": "jean.dupont@demo.example",
    "bcc": "",
    "subject": "Réunion",
    "text": "Bonjour,\r\nà demain.\r\n",
    "key": "key-1",
    "action": "send",
}
PDF = ("facture é.pdf", b"%PDF" + b"x" * 200_000, "application/pdf")


async def send(browser: httpx2.AsyncClient, *files: tuple[str, bytes, str], **fields: str) -> httpx2.Response:
    """Send the writing page's form as a browser does: always as multipart."""
    parts = [("file", file) for file in files] or [("file", ("", b"", "application/octet-stream"))]
    return await browser.post("/compose", data={**FILLED, **fields}, files=parts)


async def test_letter_is_handed_over_as_typed(browser: httpx2.AsyncClient, sender: FakeSender) -> None:
    """Separators become recipients, line ends are normal, and the inbox says that it was accepted."""
    answer = await send(browser)
    assert answer.status_code == 303
    submission, _ = sender.submissions["key-1"]
    assert [(each.name, each.address) for each in submission.to] == [  # type: ignore[union-attr]
        ("Marie Martin", "marie.martin@demo.example"),
        ("", "paul@demo.example"),
    ]
    assert (submission.subject, submission.text) == ("Réunion", "Bonjour,\nà demain.\n")
    page = (await browser.get(answer.headers["location"])).text
    assert "Votre message est accepté pour envoi." in page
    assert 'href="/outbox"' in page


async def test_page_sent_twice_sends_once(browser: httpx2.AsyncClient, sender: FakeSender) -> None:
    """The hidden key makes the second sending of one page the same message."""
    first, second = await send(browser), await send(browser)
    assert first.headers["location"] == second.headers["location"]
    assert len(sender.entries) == 1


async def test_each_page_has_its_own_key(browser: httpx2.AsyncClient) -> None:
    """Two new letters are two messages."""
    keys = {re.search(r'name="key" value="(.+?)"', (await browser.get("/compose")).text)[1] for _ in "ab"}  # type: ignore[index]
    assert len(keys) == 2


async def test_files_are_streamed_and_sent_with_the_letter(
    browser: httpx2.AsyncClient, sender: FakeSender
) -> None:
    """Several files go to sender under their names, and are part of the submission."""
    await send(browser, PDF, ("b.txt", b"b", "text/plain"))
    submission, _ = sender.submissions["key-1"]
    assert [each.upload for each in submission.attachments] == ["upload0", "upload1"]
    disposition, media_type, content = sender.uploads["upload0"]
    assert disposition == "attachment; filename*=UTF-8''facture%20%C3%A9.pdf"
    assert (media_type, content) == ("application/pdf", PDF[1])


async def test_joining_keeps_everything(browser: httpx2.AsyncClient, sender: FakeSender) -> None:
    """« Joindre » uploads and shows the letter again, nothing is sent; an unticked file is not sent later."""
    page = await send(browser, PDF, action="attach")
    assert page.status_code == 200
    assert not sender.submissions
    assert 'value="Réunion"' in page.text
    joined = re.findall(r'name="attachment" value="(.+?)"', page.text)
    assert len(joined) == 1
    await send(browser)
    assert not sender.submissions["key-1"][0].attachments
    await send(browser, attachment=joined[0].replace("&#34;", '"'), key="key-2")
    assert [each.upload for each in sender.submissions["key-2"][0].attachments] == ["upload0"]


@pytest.mark.parametrize(
    ("failure", "status", "words"),
    [
        (problem(Code.TOO_MANY_RECIPIENTS, 422, limit=20), 422, "destinataires uniques est limité à 20"),
        (problem(Code.NO_RECIPIENT, 422), 422, "Indiquez au moins un destinataire."),
        (problem(Code.MESSAGE_TOO_LARGE, 413), 413, "sont trop volumineux"),
        (problem(Code.TOO_MANY_MESSAGES, 429, 60), 429, "beaucoup de messages en peu de temps"),
        (problem(Code.IDEMPOTENCY_KEY_REUSED, 409), 409, "a déjà été envoyé"),
        (problem(Code.STATE_UNAVAILABLE, 503, 5), 503, "momentanément indisponible"),
        (UpstreamUnavailable(), 503, "Une partie du service ne répond pas"),
    ],
)
async def test_refusal_keeps_everything_typed_and_joined(
    browser: httpx2.AsyncClient, sender: FakeSender, failure: Exception, status: int, words: str
) -> None:
    """Whatever sender refuses is told in words, over the letter as it was, its files included."""
    sender.refusal = failure
    answer = await send(browser, PDF)
    assert answer.status_code == status
    assert words in answer.text
    assert "Votre message n’est pas parti." in answer.text
    for typed in (
        'value="Réunion"',
        "Bonjour,\nà demain.",
        "paul@demo.example",
        'value="key-1"',
        "&#34;upload0",
    ):
        assert typed in answer.text


async def test_expired_files_are_taken_off(browser: httpx2.AsyncClient, sender: FakeSender) -> None:
    """A file that sender no longer has must be joined anew."""
    sender.refusal = problem(Code.UNKNOWN_UPLOAD, 422)
    answer = await send(browser, PDF)
    assert "doit être jointe de nouveau" in answer.text
    assert "upload0" not in answer.text


async def test_bad_address_is_shown_at_its_field(browser: httpx2.AsyncClient, sender: FakeSender) -> None:
    """A text that is no address is named, the summary links to its field, and sender is not asked."""
    answer = await send(browser, to="100 %(x)s <b>")
    assert answer.status_code == 422
    assert 'href="#to"' in answer.text
    assert 'aria-invalid="true"' in answer.text
    assert "100 %(x)s &lt;b&gt;" in answer.text
    assert not sender.submissions


async def test_refused_file_is_named_and_the_rest_kept(
    browser: httpx2.AsyncClient, sender: FakeSender
) -> None:
    """A file that is too large is told by name; the letter is not sent without it."""
    sender.upload_refusal = problem(Code.UPLOAD_TOO_LARGE, 413)
    answer = await send(browser, PDF)
    assert answer.status_code == 422
    assert "facture é.pdf" in answer.text
    assert "Un fichier est trop volumineux" in answer.text
    assert not sender.submissions
    assert 'value="Réunion"' in answer.text


async def test_unique_recipients_are_counted(browser: httpx2.AsyncClient) -> None:
    """The page tells how many unique recipients there are, over all fields, and how many may be."""
    page = await send(browser, bcc="PAUL@demo.example, paul@DEMO.example", action="attach")
    assert "Destinataires uniques\u00a0: 4 sur 20 au plus" in page.text


async def test_letter_survives_the_end_of_the_session(
    browser: httpx2.AsyncClient, auth: FakeAuth, sender: FakeSender
) -> None:
    """When the session ended meanwhile, nothing is sent and the text stands in the answer (401)."""
    auth.sessions.clear()
    answer = await send(browser, PDF)
    assert answer.status_code == 401
    assert "Votre session a pris fin." in answer.text
    assert "à demain." in answer.text
    assert not sender.uploads
    assert not sender.submissions


async def test_reply_is_addressed_quoted_and_threaded(
    browser: httpx2.AsyncClient, mailbox: FakeMailbox, sender: FakeSender
) -> None:
    """« Répondre » goes to Reply-To or From, quotes the text, and carries the thread; « RE: » stands once."""
    mailbox.add(
        "m3",
        subject="Re: RE: Budget",
        references=["<a@x>", "no identifier"],
        text="Ligne 1\nLigne <2>\n",
        reply_to=[{"name": "Service, B", "address": "service@demo.example"}],
    )
    page = (await browser.get("/compose?action=reply&uid=m3")).text
    assert 'value="RE: Budget"' in page
    assert "&#34;Service, B&#34; &lt;service@demo.example&gt;" in page
    assert (
        "Le dimanche 1er mars 2026 à 12:00, Marie Martin a écrit\u00a0:\n&gt; Ligne 1\n&gt; Ligne &lt;2&gt;"
        in page
    )
    hidden = dict(re.findall(r'name="(in_reply_to|key)" value="(.+?)"', page))
    references = re.findall(r'name="reference" value="(.+?)"', page)
    assert references == ["&lt;a@x&gt;", "&lt;m3@demo.example&gt;"]
    await browser.post(
        "/compose",
        data={
            **FILLED,
            "in_reply_to": "<m3@demo.example>",
            "reference": ["<a@x>", "<m3@demo.example>"],
            "key": hidden["key"],
        },
        files=[("file", ("", b"", "application/octet-stream"))],
    )
    submission, _ = sender.submissions[hidden["key"]]
    assert submission.in_reply_to == "<m3@demo.example>"
    assert submission.references == ("<a@x>", "<m3@demo.example>")


async def test_reply_to_a_message_that_is_gone(browser: httpx2.AsyncClient) -> None:
    """There is nothing to answer: a plain 404."""
    assert (await browser.get("/compose?reply_to=gone")).status_code == 404


async def test_page_reminds_that_nothing_is_kept(browser: httpx2.AsyncClient) -> None:
    """The writing page tells to put oneself in Cc or Cci."""
    page = (await browser.get("/compose")).text
    assert "Un message envoyé n’est pas conservé." in page
    assert "jean.dupont@demo.example en Cc ou en Cci" in page


async def test_form_that_is_no_multipart_is_refused(browser: httpx2.AsyncClient) -> None:
    """A form of another kind is a plain 422."""
    assert (await browser.post("/compose", data=FILLED)).status_code == 422


async def test_outbox_tells_states_in_words(browser: httpx2.AsyncClient, sender: FakeSender) -> None:
    """Each state has its words, and a failure the server's own."""
    sender.entries = [
        outbox_entry("e1", RecipientState.FAILED, detail="550 5.1.1 <b>no such user</b>"),
        outbox_entry("e2", RecipientState.SENT),
        outbox_entry("e3", RecipientState.QUEUED),
    ]
    page = (await browser.get("/outbox")).text
    for words in ("Échec", "550 5.1.1 &lt;b&gt;no such user&lt;/b&gt;", "Envoyé", "En attente d’envoi"):
        assert words in page
    assert "Annuler l’envoi" not in page


async def test_held_message_can_be_cancelled(browser: httpx2.AsyncClient, sender: FakeSender) -> None:
    """A message that is held has a button that takes it back."""
    sender.entries = [outbox_entry("e1", RecipientState.HELD)]
    assert "Annuler l’envoi" in (await browser.get("/outbox")).text
    answer = await browser.post("/outbox/e1/cancel")
    assert sender.cancelled == ["e1"]
    assert "L’envoi a été annulé." in (await browser.get(answer.headers["location"])).text
