"""The public API: what is passed on, and what is answered."""

from collections.abc import AsyncIterator

import httpx2
import pytest
from gateway_fakes import FakeAuth, FakeMailbox, FakeSender, attached, outbox_entry, problem

from courriel_web.problems import PROBLEM_JSON
from courriel_web.service_client import UpstreamUnavailable
from courriel_wire import Code, RecipientState
from gateway_service.settings import Settings


async def test_session_life(visitor: httpx2.AsyncClient, auth: FakeAuth) -> None:
    """A sign-in answers a bearer token and sets no cookie; a sign-out ends it."""
    answer = await visitor.post("/api/session", json={"username": "jean.dupont", "password": "demo"})
    assert answer.status_code == 200
    assert "set-cookie" not in answer.headers
    body = answer.json()
    assert (body["token_type"], body["expires_in"], body["mailbox"]) == ("Bearer", 1800, "jean.dupont")
    bearer = {"Authorization": f"Bearer {body['access_token']}"}
    assert (await visitor.delete("/api/session", headers=bearer)).status_code == 204
    assert not auth.sessions


async def test_client_address_reaches_auth(visitor: httpx2.AsyncClient, auth: FakeAuth) -> None:
    """Throttling needs the person's address; nobody is trusted to forge it."""
    await visitor.post(
        "/api/session",
        json={"username": "jean.dupont", "password": "demo"},
        headers={"X-Forwarded-For": "198.51.100.1"},
    )
    assert auth.requests[-1].client_address == "127.0.0.1"


async def test_problems_of_services_pass_as_they_are(visitor: httpx2.AsyncClient, auth: FakeAuth) -> None:
    """Status, members and Retry-After of auth's problem are the API's."""
    auth.in_use = problem(Code.MAILBOX_IN_USE, 409, application="webmail", since="2026-03-01T08:05:00Z")
    answer = await visitor.post("/api/session", json={"username": "jean.dupont", "password": "demo"})
    assert (answer.status_code, answer.headers["content-type"]) == (409, PROBLEM_JSON)
    assert answer.json()["application"] == "webmail"
    auth.failure = problem(Code.TOO_MANY_ATTEMPTS, 429, 33)
    answer = await visitor.post("/api/session", json={"username": "jean.dupont", "password": "demo"})
    assert answer.headers["retry-after"] == "33"


async def test_list_and_open(client: httpx2.AsyncClient, mailbox: FakeMailbox) -> None:
    """The list is passed on with its page, sort and refresh; fields have the wire's names."""
    body = (await client.get("/api/messages?page=1&per_page=1&sort=-arrival&q=objet&refresh=1")).json()
    assert mailbox.asked[-1] == ("page", "0123456789abcdef.token0", 1, 1, "-arrival", "objet", True)
    assert body["messages"][0]["from"][0]["address"] == "marie.martin@demo.example"
    assert (body["total"], body["as_of"]) == (2, "2026-03-01T11:00:00Z")
    assert (await client.get("/api/messages/m1")).json()["text"] == "Texte m1\n"


async def test_streams(client: httpx2.AsyncClient, mailbox: FakeMailbox) -> None:
    """Bytes come with the service's type, name and length."""
    mailbox.contents["m1", "2"] = b"%PDF-1"
    raw = await client.get("/api/messages/m1/raw")
    assert (raw.headers["content-type"], raw.content) == ("message/rfc822", b"Subject: m1\r\n\r\n")
    part = await client.get("/api/messages/m1/parts/2")
    assert (part.headers["content-type"], part.headers["content-length"]) == ("application/pdf", "6")
    assert (await client.get("/api/messages/m1/parts.zip")).headers["content-type"] == "application/zip"
    assert (await client.get("/api/messages/m1/parts/9")).json()["type"] == "unknown-part"


async def test_seen_marks(client: httpx2.AsyncClient) -> None:
    """Opening sets one; one or several are set and cleared; what is not there is told."""
    assert (await client.get("/api/messages/m1")).json()["seen"] is True
    listed = (await client.get("/api/messages")).json()
    assert {each["uid"]: each["seen"] for each in listed["messages"]} == {"m1": True, "m2": False}
    assert listed["unread"] == 1
    assert (await client.put("/api/messages/m1/seen", json={"seen": False})).status_code == 204
    assert (await client.get("/api/messages")).json()["unread"] == 2
    many = {"uids": ["m1", "m2"], "seen": True}
    assert (await client.post("/api/messages/seen", json=many)).status_code == 204
    assert (await client.get("/api/messages")).json()["unread"] == 0
    assert (await client.put("/api/messages/gone/seen", json={"seen": True})).json()["type"] == (
        "unknown-message"
    )
    assert (await client.put("/api/messages/m1/seen", json={"seen": "perhaps"})).status_code == 422


async def test_deletions(client: httpx2.AsyncClient) -> None:
    """One and several are deleted at once; with undo_seconds the deletion is held and can be undone."""
    answer = await client.delete("/api/messages/m1")
    assert answer.json() == {"results": [{"uid": "m1", "outcome": "deleted"}]}
    assert (await client.delete("/api/messages/m1")).status_code == 404
    held = await client.post("/api/messages/delete", json={"uids": ["m2"], "undo_seconds": 8})
    assert held.status_code == 202
    assert set(held.json()) == {"undo_until"}
    assert (await client.post("/api/messages/undelete", json={"uids": ["m2"]})).status_code == 204
    at_once = await client.post("/api/messages/delete", json={"uids": ["m2"]})
    assert at_once.json()["results"] == [{"uid": "m2", "outcome": "deleted"}]


async def test_upload_as_a_form(client: httpx2.AsyncClient, sender: FakeSender) -> None:
    """What ``curl -F file=@…`` sends is one upload; other fields are passed over."""
    answer = await client.post(
        "/api/uploads", data={"note": "x"}, files={"file": ('a "b".txt', b"content", "text/plain")}
    )
    assert answer.status_code == 201
    assert answer.json()["size"] == 7
    assert sender.uploads["upload0"] == (
        "attachment; filename*=UTF-8''a%20b%20.txt",
        "text/plain",
        b"content",
    )


async def test_upload_as_it_is(client: httpx2.AsyncClient, sender: FakeSender) -> None:
    """A raw body is named by the query or by its own Content-Disposition."""
    headers = {"Content-Type": "image/png", "Content-Disposition": 'attachment; filename="a.png"'}
    await client.post("/api/uploads", content=b"png", headers=headers)
    await client.post("/api/uploads?filename=../%C3%A9.png", content=b"png", headers=headers)
    await client.post("/api/uploads", content=b"png")
    assert [each[0] for each in sender.uploads.values()] == [
        'attachment; filename="a.png"',
        "attachment; filename*=UTF-8''%C3%A9.png",
        "attachment; filename*=UTF-8''fichier",
    ]


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (b"--b\r\nContent-Disposition: form-data; name=x\r\n\r\ny\r\n--b--\r\n", {"boundary": "b"}),
        (b"--b\r\nContent-Disposition: form-data; name=file; filename=a\r\n\r\ny", {"boundary": "b"}),
        (b"nonsense", {"boundary": "b"}),
        (b"nonsense", {}),
    ],
)
async def test_broken_form_is_422(client: httpx2.AsyncClient, body: bytes, headers: dict[str, str]) -> None:
    """A form without a file, cut off, or no form at all is told so."""
    kind = "multipart/form-data" + "".join(f"; {name}={value}" for name, value in headers.items())
    answer = await client.post("/api/uploads", content=body, headers={"Content-Type": kind})
    assert (answer.status_code, answer.json()["type"]) == (422, "invalid-request")


async def test_upload_beyond_the_limit_is_413(client: httpx2.AsyncClient, settings: Settings) -> None:
    """An upload is cut off at the limit, announced or not."""
    too_much = settings.max_upload_octets + 1
    answer = await client.post("/api/uploads", content=b"x" * too_much)
    assert (answer.status_code, answer.json()["type"]) == (413, "request-too-large")

    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(too_much // 65_536 + 1):
            yield b"x" * 65_536

    answer = await client.post("/api/uploads", content=chunks())
    assert answer.status_code == 413


async def test_references_to_the_maildrop_are_resolved(
    client: httpx2.AsyncClient, mailbox: FakeMailbox, sender: FakeSender
) -> None:
    """A part of a message becomes an upload, and in_reply_to becomes the thread's identifiers."""
    mailbox.add("m3", references=["<a@x>"], parts=[attached().model_dump()])
    mailbox.contents["m3", "2"] = b"%PDF"
    answer = await client.post(
        "/api/outbox",
        json={
            "to": ["marie.martin@demo.example", {"name": "Paul", "address": "paul@demo.example"}],
            "subject": "s",
            "text": "t",
            "attachments": [{"upload": "u1"}, {"uid": "m3", "part": "2"}],
            "in_reply_to": "m3",
        },
        headers={"Idempotency-Key": "k"},
    )
    assert answer.status_code == 202
    submission, _ = sender.submissions["k"]
    assert [each.upload for each in submission.attachments] == ["u1", "upload0"]
    assert sender.uploads["upload0"] == (
        "attachment; filename*=UTF-8''%C3%A9.pdf",
        "application/pdf",
        b"%PDF",
    )
    assert (submission.in_reply_to, submission.references) == (
        "<m3@demo.example>",
        ("<a@x>", "<m3@demo.example>"),
    )


async def test_copies_of_a_refused_message_are_removed(
    client: httpx2.AsyncClient, mailbox: FakeMailbox, sender: FakeSender
) -> None:
    """What was copied for a message that sender refuses does not fill the quota."""
    mailbox.contents["m1", "2"] = b"%PDF"
    sender.refusal = problem(Code.TOO_MANY_RECIPIENTS, 422, limit=20)
    answer = await client.post(
        "/api/outbox", json={"to": ["a@b.example"], "attachments": [{"uid": "m1", "part": "2"}]}
    )
    assert answer.json()["limit"] == 20
    assert sender.removed == ["upload0"]


async def test_unknown_message_cannot_be_answered(client: httpx2.AsyncClient) -> None:
    """in_reply_to of a message that is gone is 404."""
    answer = await client.post("/api/outbox", json={"to": ["a@b.example"], "in_reply_to": "gone"})
    assert (answer.status_code, answer.json()["type"]) == (404, "unknown-message")


async def test_outbox(client: httpx2.AsyncClient, sender: FakeSender) -> None:
    """The list, one entry, cancelling and taking note are passed on."""
    sender.entries = [outbox_entry("e1", RecipientState.HELD)]
    assert (await client.get("/api/outbox")).json()["entries"][0]["id"] == "e1"
    assert (await client.get("/api/outbox/e1")).json()["state"] == "held"
    assert (await client.delete("/api/outbox/e1")).status_code == 204
    assert (await client.put("/api/outbox/e1/seen")).status_code == 204
    assert (await client.get("/api/limits")).json()["rates"][0]["left"] == 99
    assert sender.acknowledged == ["e1"]
    assert (await client.get("/api/outbox/e9")).status_code == 404


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "code"),
    [
        ("GET", "/api/nowhere", None, 404, "not-found"),
        ("PATCH", "/api/messages", None, 405, "method-not-allowed"),
        ("POST", "/api/outbox", b"{", 422, "invalid-request"),
        ("POST", "/api/outbox", b'{"to": [], "form": 1}', 422, "invalid-request"),
        ("POST", "/api/messages/delete", b'{"uids": []}', 422, "invalid-request"),
        ("GET", "/api/messages?page=0", None, 422, "invalid-request"),
        ("GET", "/api/messages?sort=;drop", None, 422, "invalid-request"),
        ("POST", "/api/messages/delete", b" " * 1_100_000, 413, "request-too-large"),
    ],
)
async def test_mistakes_are_problems(
    *, client: httpx2.AsyncClient, method: str, path: str, body: bytes | None, status: int, code: str
) -> None:
    """Whatever is wrong is told as problem+json with a stable type."""
    answer = await client.request(method, path, content=body, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.headers["content-type"]) == (status, PROBLEM_JSON)
    assert answer.json()["type"] == code


async def test_password_of_a_bad_request_is_not_repeated(visitor: httpx2.AsyncClient) -> None:
    """A validation error names the field, never the value."""
    answer = await visitor.post("/api/session", json={"username": "", "password": "s3cret", "x": "s3cret"})
    assert answer.status_code == 422
    assert "s3cret" not in answer.text


@pytest.mark.parametrize("header", [None, "Basic x", "Bearer", "Bearer " + "x" * 300])
async def test_no_token_is_401(visitor: httpx2.AsyncClient, header: str | None) -> None:
    """A call without a token that could be one needs a sign-in, with the challenge of RFC 6750."""
    answer = await visitor.get("/api/messages", headers={"Authorization": header} if header else {})
    assert (answer.status_code, answer.json()["type"]) == (401, "sign-in-required")
    assert answer.headers["www-authenticate"] == "Bearer"


async def test_dead_token_is_401_with_the_reason(client: httpx2.AsyncClient, mailbox: FakeMailbox) -> None:
    """What mailbox says of a dead token is passed on."""
    mailbox.failure = problem(Code.SESSION_ENDED, 401, reason="taken-over")
    answer = await client.get("/api/messages")
    assert (answer.status_code, answer.json()["reason"]) == (401, "taken-over")


async def test_unreachable_service_is_503_with_advice(
    client: httpx2.AsyncClient, mailbox: FakeMailbox
) -> None:
    """A service that does not answer is 503 with Retry-After."""
    mailbox.failure = UpstreamUnavailable()
    answer = await client.get("/api/messages")
    assert (answer.status_code, answer.json()["type"]) == (503, "service-unavailable")
    assert answer.headers["retry-after"] == "5"


async def test_defect_is_500_without_its_text(client: httpx2.AsyncClient, mailbox: FakeMailbox) -> None:
    """A defect is told as such, without a traceback."""
    mailbox.failure = ZeroDivisionError("secret")
    answer = await client.get("/api/messages")
    assert (answer.status_code, answer.json()["type"]) == (500, "internal-error")
    assert "secret" not in answer.text


async def test_cookie_opens_the_api_too(browser: httpx2.AsyncClient) -> None:
    """Our own pages call the API with their cookie."""
    assert (await browser.get("/api/messages")).status_code == 200
    assert (await browser.delete("/api/messages/m1")).status_code == 200
