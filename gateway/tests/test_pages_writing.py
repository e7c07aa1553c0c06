"""« Nouveau Message », « Répondre » and the outbox page, as a person meets them."""

import html
import re

import httpx2
import pytest
from gateway_fakes import FakeAuth, FakeMailbox, FakeSender, outbox_entry, problem

from courriel_web.service_client import UpstreamUnavailable
from courriel_wire import Code, Priority, RecipientState, ReportState, Settings

FILLED = {
    "to": "Marie Martin <marie.martin@demo.example>; paul@demo.example",
    "cc": "jean.dupont@demo.example",
    "bcc": "",
    "subject": "Réunion",
    "text": "Bonjour,\r\nà demain.\r\n",
    "key": "key-1",
    "action": "send",
}
HIDDEN = re.compile(r'<input type="hidden" name="(\w+)" value="([^"]*)">')
PDF = ("facture é.pdf", b"%PDF" + b"x" * 200_000, "application/pdf")


async def send(browser: httpx2.AsyncClient, *files: tuple[str, bytes, str], **fields: str) -> httpx2.Response:
    """Send the writing page's form as a browser does: always as multipart."""
    parts = [("file", file) for file in files] or [("file", ("", b"", "application/octet-stream"))]
    return await browser.post("/compose", data={**FILLED, **fields}, files=parts)


def hidden(page: str) -> dict[str, str]:
    """Return what a page's form carries, and its upload (the last one), as a browser would send it."""
    return {name: html.unescape(value) for name, value in HIDDEN.findall(page)}


async def test_letter_is_handed_over_as_typed(
    browser: httpx2.AsyncClient, mailbox: FakeMailbox, sender: FakeSender
) -> None:
    """Separators become recipients, line ends are normal, and the inbox says that it was accepted."""
    mailbox.chosen = Settings(undo_send_seconds=0)
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
    """The hidden key makes one page sent twice the same message, though its file is a new upload."""
    first, second = await send(browser, PDF), await send(browser, PDF)
    assert len(sender.entries) == 1
    for page in (first, second):
        assert 'name="entry" value="entry0"' in page.text


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
        "&#34;upload0",
    ):
        assert typed in answer.text
    kept = isinstance(failure, UpstreamUnavailable) or failure.problem.type != Code.IDEMPOTENCY_KEY_REUSED  # type: ignore[attr-defined]
    assert ('value="key-1"' in answer.text) == kept


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
    assert (await browser.get("/compose?action=reply&uid=gone")).status_code == 404


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


async def test_a_failure_without_a_report_waits_for_its_sender(
    browser: httpx2.AsyncClient, sender: FakeSender
) -> None:
    """It is shown with a button that takes note; a failure that was reported needs none."""
    failed = RecipientState.FAILED
    sender.entries = [outbox_entry("e1", failed, report=ReportState.SENT)]
    page = (await browser.get("/outbox")).text
    assert "Un rapport de non-remise a été envoyé" in page
    assert "/seen" not in page
    sender.entries = [outbox_entry("e2", failed, report=ReportState.FAILED)]
    assert "J’ai pris acte de cet échec" in (await browser.get("/outbox")).text
    await browser.post("/outbox/e2/seen")
    assert sender.acknowledged == ["e2"]


async def test_held_message_can_be_cancelled(browser: httpx2.AsyncClient, sender: FakeSender) -> None:
    """A message that is held has a button that takes it back."""
    sender.entries = [outbox_entry("e1", RecipientState.HELD)]
    assert "Annuler l’envoi" in (await browser.get("/outbox")).text
    answer = await browser.post("/outbox/e1/cancel")
    assert sender.cancelled == ["e1"]
    assert "L’envoi a été annulé." in (await browser.get(answer.headers["location"])).text


async def test_reply_to_all(browser: httpx2.AsyncClient, mailbox: FakeMailbox) -> None:
    """« Répondre à tous » reaches author and recipients once each, and not the person who writes."""
    mailbox.add(
        "m3",
        to=[{"address": "jean.dupont@demo.example"}, {"address": "paul@demo.example"}],
        cc=[{"address": "marie.martin@DEMO.example"}, {"name": "Zoé", "address": "zoe@demo.example"}],
    )
    page = (await browser.get("/compose?action=reply-all&open=m3")).text
    assert written_in("to", page) == "Marie Martin <marie.martin@demo.example>, paul@demo.example"
    assert written_in("cc", page) == "Zoé <zoe@demo.example>"
    assert "<h1>Répondre</h1>" in page


def written_in(field: str, page: str) -> str:
    """Return what stands in an address field."""
    found = re.search(rf'<textarea id="{field}"[^>]*>\n(.*?)</textarea>', page, re.DOTALL)
    assert found
    return html.unescape(found[1])


async def test_separators_become_commas(browser: httpx2.AsyncClient) -> None:
    """Semicolons and line breaks are accepted, and shown as commas; what cannot be read stays as typed."""
    page = (await send(browser, to="a@x.example;\r\n b@x.example\r\nc@x.example", action="attach")).text
    assert written_in("to", page) == "a@x.example, b@x.example, c@x.example"
    page = (await send(browser, to="a@x.example; nobody", action="attach")).text
    assert written_in("to", page) == "a@x.example; nobody"


async def test_choices_of_the_person_count(
    browser: httpx2.AsyncClient, mailbox: FakeMailbox, sender: FakeSender
) -> None:
    """Signature and copy to self stand in the new letter; name, reply address and undo go to sender."""
    mailbox.chosen = Settings(
        display_name="Jean D.",
        signature="Jean\nBureau 12",
        reply_to="service@demo.example",
        copy_to_self="bcc",
        undo_send_seconds=30,
    )
    page = (await browser.get("/compose")).text
    assert "\n-- \nJean\nBureau 12\n" in page
    assert written_in("bcc", page) == "jean.dupont@demo.example"
    assert "Destinataires uniques\u00a0: 1 sur 20" in page
    await send(browser, priority="high", receipt="yes")
    submission, _ = sender.submissions["key-1"]
    assert (submission.sender_name, submission.undo_seconds) == ("Jean D.", 30)
    assert submission.reply_to == ("service@demo.example",)
    assert (submission.priority, submission.request_receipt) == (Priority.HIGH, True)


async def test_signature_stands_over_the_quotation(browser: httpx2.AsyncClient, mailbox: FakeMailbox) -> None:
    """An answer is written above the signature, and that above what is quoted."""
    mailbox.chosen = Settings(signature="Jean")
    page = (await browser.get("/compose?action=reply&open=m1")).text
    assert re.search(r"\n\n-- \nJean\n\nLe .* a écrit\u00a0:\n&gt; Texte m1", page)


async def test_undo_brings_the_letter_back(browser: httpx2.AsyncClient, sender: FakeSender) -> None:
    """« Annuler l’envoi » cancels, and opens the letter with all that was typed and joined."""
    sent = await send(browser, PDF, in_reply_to="<a@x>", reference="<a@x>", occasion="reply", priority="low")
    assert sent.status_code == 200
    assert re.search(r"Message envoyé dans (9|10) s\.", sent.text)
    assert "Annuler l’envoi" in sent.text
    form = [("file", ("", b"", "application/octet-stream"))]
    page = await browser.post("/compose/undo", data=hidden(sent.text), files=form)
    assert page.status_code == 200
    assert sender.cancelled == ["entry0"]
    assert "L’envoi a été annulé." in page.text
    for typed in ('value="Réunion"', "Bonjour,\nà demain.\n", "paul@demo.example", "&#34;upload0"):
        assert typed in page.text
    assert '<option value="low" selected>' in page.text
    carried = hidden(page.text)
    assert (carried["in_reply_to"], carried["reference"], carried["occasion"]) == ("<a@x>", "<a@x>", "reply")
    assert carried["key"] not in ("", "key-1")


async def test_too_late_to_undo(browser: httpx2.AsyncClient, sender: FakeSender) -> None:
    """A message that left cannot be taken back: that is said, and no letter invites to send it twice."""
    sent = await send(browser)
    sender.cancellation = problem(Code.NOT_CANCELLABLE, 409)
    form = [("file", ("", b"", "application/octet-stream"))]
    answer = await browser.post("/compose/undo", data=hidden(sent.text), files=form)
    assert answer.status_code == 409
    assert "Trop tard pour annuler" in answer.text
    assert "<textarea" not in answer.text


async def test_page_sent_again_after_it_was_taken_back(
    browser: httpx2.AsyncClient, sender: FakeSender
) -> None:
    """Sending the page of a letter that was taken back does not pretend to send: it asks again, anew."""
    await send(browser)
    sender.answer_state = RecipientState.CANCELLED
    answer = await send(browser)
    assert answer.status_code == 409
    assert "L’envoi a été annulé." in answer.text
    assert hidden(answer.text)["key"] != "key-1"


async def test_quotation_speaks_as_the_page_does(browser: httpx2.AsyncClient) -> None:
    """Words and date over what is quoted are of one language, also where only the browser chose it."""
    answer = {"uid": "m1", "action": "reply"}
    assert "a écrit" in (await browser.get("/compose", params=answer)).text
    page = await browser.get("/compose", params=answer, headers={"Accept-Language": "en"})
    assert "wrote:" in page.text
    assert "a écrit" not in page.text
