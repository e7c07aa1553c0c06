"""Values that mail and clients choose, wherever a page shows them or a URL carries them."""

import json
import time
from typing import Any
from urllib.parse import quote, unquote

import httpx2
import pytest
from fastapi import FastAPI
from gateway_fakes import FakeAuth, FakeDirectory, FakeMailbox, FakeSender, attached, outbox_entry
from starlette.types import Message

from courriel_wire import DirectoryEntry, EntryKind, RecipientState
from gateway_service.app import create_app
from gateway_service.dispositions import attachment
from gateway_service.settings import Settings

ATTACK = "\"'><script>alert(1)</script><img src=x onerror=alert(1)>{{7*7}}%(x)s%s"


@pytest.mark.parametrize(
    "path",
    [
        "/messages",
        "/messages?open=evil",
        "/messages/evil",
        "/messages/evil?view=headers",
        "/compose?action=reply-all&uid=evil",
    ],
)
async def test_mail_cannot_write_markup(browser: httpx2.AsyncClient, mailbox: FakeMailbox, path: str) -> None:
    """Subject, names, file names, header fields and text are shown as what they are: text."""
    mailbox.add(
        "evil",
        subject=ATTACK,
        text=ATTACK,
        to=[{"name": ATTACK, "address": ATTACK}],
        reply_to=[{"name": ATTACK, "address": ATTACK}],
        headers=[(ATTACK, ATTACK)],
        notes=[ATTACK],
        message_id=f"<{ATTACK}>",
        parts=[attached(filename=ATTACK).model_dump()],
        **{"from": [{"name": ATTACK, "address": ATTACK}]},
    )
    answer = await browser.get(path)
    assert answer.status_code == 200
    assert "<script" not in answer.text
    assert "<img" not in answer.text
    assert "onerror=alert(1)>" not in answer.text
    assert "{{7*7}}" in answer.text
    assert "&lt;script&gt;" in answer.text


async def test_what_is_typed_cannot_write_markup(browser: httpx2.AsyncClient) -> None:
    """The writing page shows what was typed again, escaped, in every field."""
    fields = dict.fromkeys(
        ("to", "cc", "bcc", "subject", "text", "key", "in_reply_to", "reference", "attachment"), ATTACK
    )
    answer = await browser.post(
        "/compose", data={**fields, "action": "send"}, files=[("file", (ATTACK, b"x", "text/plain"))]
    )
    assert answer.status_code == 422
    assert "<script" not in answer.text
    assert "<img" not in answer.text


async def test_directory_cannot_write_markup(browser: httpx2.AsyncClient, directory: FakeDirectory) -> None:
    """Entries, the query and ticks are shown as text on both pages of the directory."""
    directory.entries = [
        DirectoryEntry(name=ATTACK, address=ATTACK, kind=kind, unit=ATTACK, phone=ATTACK)
        for kind in EntryKind
    ]
    fields = dict.fromkeys(
        ("to", "cc", "bcc", "subject", "text", "key", "in_reply_to", "reference", "pick", "field"), ATTACK
    )
    form = [("file", ("", b"", "application/octet-stream"))]
    for answer in (
        await browser.get("/directory", params={"q": ATTACK, "kind": ATTACK, "notice": ATTACK}),
        await browser.post("/directory/write", data={"alone": ATTACK, "field": ATTACK}),
        await browser.post("/directory/write", data={"pick": [ATTACK] * 2, "q": ATTACK, "kind": ATTACK}),
        *[
            await browser.post("/compose/directory", data={**fields, "q": query, "action": act}, files=form)
            for query in (ATTACK, "zzz")
            for act in ("search", "to", ATTACK)
        ],
    ):
        assert answer.status_code == 200
        assert "&lt;script&gt;" in answer.text
        assert "<script" not in answer.text
        assert "<img" not in answer.text


@pytest.mark.parametrize(
    "query", ["*", "(", "*)(mail=*", "\0", "😀", "\u202e", "%00", "\ud800", "&kind=robot"]
)
async def test_odd_queries_are_searched_as_they_are(
    browser: httpx2.AsyncClient, directory: FakeDirectory, query: str
) -> None:
    """Signs of query languages, NUL, emoji and halves of characters mean nothing special."""
    answer = await browser.get("/directory?q=" + quote(query, errors="surrogatepass"))
    assert answer.status_code == 200
    assert "Aucun résultat pour" in answer.text
    assert len(directory.asked) == 1


async def test_server_words_and_names_cannot_write_markup(
    browser: httpx2.AsyncClient, sender: FakeSender
) -> None:
    """The mail server's words and the user name typed are text too."""
    sender.entries = [outbox_entry("e1", RecipientState.FAILED, subject=ATTACK, detail=ATTACK)]
    assert "<script" not in (await browser.get("/outbox")).text
    answer = await browser.post("/sign-in", data={"username": ATTACK, "password": "no"})
    assert answer.status_code == 401
    assert "<script" not in answer.text


@pytest.mark.parametrize("query", ["why", "notice", "view", "open"])
async def test_urls_cannot_write_markup(browser: httpx2.AsyncClient, query: str) -> None:
    """A link that somebody made up shows nothing of its own."""
    for path in ("/sign-in", "/messages", "/outbox"):
        assert "<script" not in (await browser.get(path, params={query: ATTACK}, follow_redirects=True)).text


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/api/messages/..", "unknown-message"),
        ("/api/messages/../outbox", "not-found"),
        ("/api/messages/%2e%2e", "unknown-message"),
        ("/api/messages/%2e%2e/raw", "unknown-message"),
        ("/api/messages/.", "unknown-message"),
        ("/api/messages/a%00b", "unknown-message"),
        ("/api/messages/a%3Fb", "unknown-message"),
        ("/api/messages/a%23b/raw", "unknown-message"),
        ("/api/messages/a%0d%0ab", "unknown-message"),
        ("/api/messages/" + "a" * 300, "unknown-message"),
        ("/api/messages/m1/parts/..", "unknown-part"),
        ("/api/messages/m1/parts/%2e%2e%2f%2e%2e", "not-found"),
        ("/api/messages/m1/parts/1;x", "unknown-part"),
        ("/api/outbox/..", "unknown-outbox-entry"),
        ("/api/outbox/a%20b", "unknown-outbox-entry"),
    ],
)
async def test_paths_reach_no_other_route_of_a_service(
    app: FastAPI, auth: FakeAuth, mailbox: FakeMailbox, path: str, code: str
) -> None:
    """An identifier that no service made is unknown, and no service is asked about it."""
    status, answer = await get_as_it_is(app, path, auth.open_session("jean.dupont"))
    assert (status, answer["type"]) == (404, code)
    assert not mailbox.asked


async def get_as_it_is(app: FastAPI, path: str, token: str) -> tuple[int, dict[str, Any]]:
    """Send a request whose path no client has tidied up."""
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": "GET",
        "path": unquote(path),
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": [(b"authorization", f"Bearer {token}".encode())],
        "client": ("192.0.2.1", 1),
        "server": ("courriel.test", 80),
        "scheme": "http",
        "http_version": "1.1",
        "root_path": "",
        "state": {},
    }
    await app(scope, receive, send)
    return sent[0]["status"], json.loads(sent[1]["body"])


@pytest.mark.parametrize("uid", ["../../sessions/x", "a/b", "..", "x?y", "é", ""])
async def test_forms_reach_no_other_route_of_a_service(
    browser: httpx2.AsyncClient, mailbox: FakeMailbox, uid: str
) -> None:
    """Identifiers in forms are held to the same rule."""
    answer = await browser.post("/messages/delete", data={"uid": uid})
    assert answer.status_code in (303, 404)
    assert not [call for call in mailbox.asked if call[0] == "delete_many"]


@pytest.mark.parametrize(
    ("filename", "written"),
    [
        ("facture.pdf", "facture.pdf"),
        ("été 2026.pdf", "%C3%A9t%C3%A9%202026.pdf"),
        ("../../etc/passwd", "etc%20passwd"),
        ("C:\\a\\b.txt", "C%20a%20b.txt"),
        ("a\r\nX-Evil: 1", "a%20X-Evil%201"),
        ("exe\u202efdp.scr", "exe%20fdp.scr"),
        ("...", "fichier"),
        ("\ud800.txt", "%3F.txt"),
    ],
)
def test_file_names_are_plain_in_headers(filename: str, written: str) -> None:
    """A file name becomes one percent-encoded word without path, line break or direction trick."""
    assert attachment(filename) == f"attachment; filename*=UTF-8''{written}"


async def test_no_redirect_leads_to_the_host_that_a_client_names(visitor: httpx2.AsyncClient) -> None:
    """A slash too many is not found: no answer is made of the Host header, which anybody may choose."""
    answer = await visitor.get("/messages/", headers={"Host": "evil.test"})
    assert answer.status_code == 404
    assert "location" not in answer.headers


@pytest.mark.parametrize("path", ["/compose", "/compose/directory"])
async def test_endless_recipients_keep_nobody_waiting(visitor: httpx2.AsyncClient, path: str) -> None:
    """Nobody need be signed in for a letter to be read: 8 MB of addresses blocked the gateway for 53 s."""
    typed = "a@demo.example," * 120_000
    start = time.process_time()
    page = await visitor.post(path, data={"to": typed}, files={"file": ("", b"", "text/plain")})
    assert page.status_code == 401
    assert typed in page.text
    assert time.process_time() - start < 3


async def test_recipients_beyond_what_is_read_are_told_at_their_field(browser: httpx2.AsyncClient) -> None:
    """They count as no address, and stay as they were typed."""
    typed = "a@demo.example," * 4000
    page = await browser.post(
        "/compose", data={"cc": typed, "action": "send"}, files={"file": ("", b"", "text/plain")}
    )
    assert page.status_code == 422
    assert 'aria-invalid="true"' in page.text
    assert typed in page.text


async def test_json_is_bounded_before_anybody_is_known() -> None:
    """50 MB of empty objects became gigabytes, and the gateway was killed for them."""
    body = b'{"to":[' + b"{}," * 3_000_000 + b"{}]}"
    app = create_app(Settings(gateway_secret="secret"))
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url="http://x.test") as client:
        answer = await client.post("/api/outbox", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 413
