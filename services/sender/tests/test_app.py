"""The sender's API over ASGI: every problem it tells, and what it accepts."""

import base64
import json
import re
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import pytest
from redis.exceptions import ConnectionError as RedisConnectionError
from sender_doubles import KnownSessions, ManualClock, MemoryOutbox, MemoryUploads, RecordedHints

from courriel_wire import Introspection
from sender_service.app import FAILURES, create_app
from sender_service.delivery import Permanent
from sender_service.errors import SenderError
from sender_service.settings import Settings

KEY = base64.urlsafe_b64encode(bytes(32)).decode()
MESSAGE_LIMIT = 20_000
SETTINGS: dict[str, Any] = {
    "redis_state_url": "redis://127.0.0.1:1",
    "sender_secret": "s",
    "sender_keys": f"k:{KEY}",
    "mail_domain": "demo.example",
    "smtp_url": "smtp://127.0.0.1:1",
    "sender_max_message_bytes": MESSAGE_LIMIT,
    "sender_max_attachment_bytes": 10_000,
    "sender_max_attachments": 2,
    "sender_messages_per_hour": 5,
}


@dataclass
class Bench:
    """The application on its doubles."""

    http: httpx2.AsyncClient
    outbox: MemoryOutbox
    uploads: MemoryUploads
    auth: KnownSessions

    async def send(self, *, key: str | None = None, **fields: Any) -> httpx2.Response:
        """Submit a message to a@demo.example unless the fields say otherwise."""
        body = {"to": ["a@demo.example"], "subject": "Été", "text": "Bonjour", **fields}
        headers = {} if key is None else {"Idempotency-Key": key}
        return await self.http.post("/outbox", json=body, headers=headers)

    async def upload(self, content: bytes = b"abc", **headers: str) -> httpx2.Response:
        """Upload an attachment."""
        return await self.http.post("/uploads", content=content, headers=headers)

    def message(self, entry_id: str) -> bytes:
        """Return what was stored to be sent."""
        return self.outbox.records[entry_id].content


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    """Make an empty application; requests are jean's."""
    clock, uploads = ManualClock(), MemoryUploads(quota=15_000)
    outbox, auth = MemoryOutbox(clock, uploads, 5), KnownSessions()
    settings = Settings(**SETTINGS)
    app = create_app(settings, outbox=outbox, uploads=uploads, hints=RecordedHints(), auth=auth)
    transport = httpx2.ASGITransport(app=app)
    headers = {"Authorization": "Bearer jean"}
    async with httpx2.AsyncClient(transport=transport, base_url="http://sender", headers=headers) as http:
        yield Bench(http, outbox, uploads, auth)


def problem(answer: httpx2.Response, status: int, code: str) -> dict[str, Any]:
    """Return the problem, which must be of this status and code."""
    assert answer.headers["content-type"] == "application/problem+json"
    found: dict[str, Any] = answer.json()
    assert (answer.status_code, found["type"]) == (status, code), found
    return found


def concrete(kind: type[Exception]) -> Iterator[type[Exception]]:
    """List all subclasses."""
    for each in kind.__subclasses__():
        yield each
        yield from concrete(each)


def test_every_error_of_the_room_is_in_the_table() -> None:
    """No error of ours ends as a 500."""
    assert set(concrete(SenderError)) <= set(FAILURES)


async def test_a_message_is_accepted_and_shown(bench: Bench) -> None:
    """202 with id, states and Message-ID; the list and the entry say the same."""
    answer = await bench.send(cc=["Bé <b@demo.example>"], bcc=[{"name": "C", "address": "c@demo.example"}])
    assert answer.status_code == 202
    entry = answer.json()
    assert entry["state"] == "queued"
    assert [each["address"][0] for each in entry["recipients"]] == ["a", "b", "c"]
    assert entry["message_id"].endswith("@demo.example>")
    assert (await bench.http.get(f"/outbox/{entry['id']}")).json() == entry
    assert (await bench.http.get("/outbox")).json() == {"entries": [entry]}


async def test_from_is_the_sessions_identity_and_bcc_is_not_written(bench: Bench) -> None:
    """Nothing in a request names the sender; the blind copy stands nowhere in the message."""
    entry = (await bench.send(bcc=["hidden@demo.example"])).json()
    message = bench.message(entry["id"])
    assert b"From: Jean <jean@demo.example>\r\n" in message
    assert b"hidden" not in message
    assert bench.outbox.records[entry["id"]].entry.letter.sender == "jean@demo.example"
    problem(await bench.send(**{"from": "marie@demo.example"}), 422, "invalid-request")


async def test_the_references_of_a_thread_are_kept_where_they_can_be_written(bench: Bench) -> None:
    """An identifier that RFC 5322 does not know does not prevent the answer."""
    entry = (await bench.send(in_reply_to="<1@x>", references=["<no-at-sign>", "<0@x>", "<1@x>"])).json()
    message = bench.message(entry["id"])
    assert b"In-Reply-To: <1@x>\r\n" in message
    assert b"References: <0@x> <1@x>\r\n" in message


async def test_too_many_recipients_names_the_limit(bench: Bench) -> None:
    """21 mailboxes over the three fields are one too many; 20 and their other spellings are not."""
    twenty = [f"p{n}@demo.example" for n in range(20)]
    accepted = await bench.send(to=twenty, cc=["P <p1@DEMO.example>, p2@demo.example"], bcc=twenty)
    assert accepted.status_code == 202
    assert len(accepted.json()["recipients"]) == 20
    found = problem(await bench.send(to=twenty, bcc=["p20@demo.example"]), 422, "too-many-recipients")
    assert (found["limit"], found["count"]) == (20, 21)


@pytest.mark.parametrize(
    ("fields", "field", "position"),
    [
        ({"to": ["a@demo.example, nobody"]}, "to.0", 16),
        ({"cc": ["b@demo.example", "a@b@c"]}, "cc.1", 0),
        ({"bcc": [{"address": "a@b.example, c@d.example"}]}, "bcc.0.address", 0),
        ({"to": ["a@demo.example\r\nBcc: x@y.example"]}, "to.0", 16),
    ],
)
async def test_a_bad_address_is_told_with_its_place(
    bench: Bench, fields: dict[str, Any], field: str, position: int
) -> None:
    """The field, the item and the character where it starts."""
    found = problem(await bench.send(**fields), 422, "invalid-address")
    assert (found["field"], found["position"]) == (field, position)


async def test_nobody_to_send_to(bench: Bench) -> None:
    """Empty fields and fields of separators are no recipient."""
    problem(await bench.send(to=[" , ; "]), 422, "no-recipient")


async def test_a_header_cannot_be_injected(bench: Bench) -> None:
    """A line break in the subject is refused, and told."""
    found = problem(await bench.send(subject="x\r\nBcc: y@z.example"), 422, "invalid-header")
    assert found["field"] == "subject"
    assert bench.outbox.records == {}


async def test_the_limit_is_of_the_encoded_message(bench: Bench) -> None:
    """15 000 octets that need base64 are more than 20 000; nothing is stored."""
    found = problem(await bench.send(text="é" * 7500), 413, "message-too-large")
    assert found["limit"] == MESSAGE_LIMIT
    assert bench.outbox.records == {}
    assert (await bench.send(text="abc\n" * 3750)).status_code == 202


async def test_an_endless_body_is_cut(bench: Bench) -> None:
    """More JSON than any message can need is not read."""
    problem(await bench.send(text="x" * 50_000), 413, "request-too-large")


async def test_the_hourly_limit_says_when(bench: Bench) -> None:
    """The sixth message of the hour is refused, with Retry-After."""
    for _ in range(5):
        assert (await bench.send()).status_code == 202
    answer = await bench.send()
    assert problem(answer, 429, "too-many-messages")["limit"] == 5
    assert 3500 < int(answer.headers["Retry-After"]) <= 3600


async def test_a_retry_with_its_key_is_the_same_message(bench: Bench) -> None:
    """Same key and body: same entry, also with consumed uploads. Another body: 409."""
    upload = (await bench.upload()).json()["id"]
    first = await bench.send(key="k", attachments=[{"upload": upload}])
    again = await bench.send(key="k", attachments=[{"upload": upload}])
    assert (again.status_code, again.json()) == (202, first.json())
    problem(await bench.send(key="k", subject="other"), 409, "idempotency-key-reused")
    assert len(bench.outbox.records) == 1


async def test_a_retry_may_name_other_uploads_under_the_digest_of_its_request(bench: Bench) -> None:
    """What the caller resolved anew is the same message by its Idempotency-Digest; another digest: 409."""
    digests = {"Idempotency-Key": "k", "Idempotency-Digest": "0" * 64}
    answers = []
    for _ in range(2):
        upload = (await bench.upload()).json()["id"]
        body = {"to": ["a@demo.example"], "attachments": [{"upload": upload}]}
        answers.append(await bench.http.post("/outbox", json=body, headers=digests))
    assert (answers[1].status_code, answers[1].json()) == (202, answers[0].json())
    other = await bench.http.post("/outbox", json=body, headers={**digests, "Idempotency-Digest": "1" * 64})
    problem(other, 409, "idempotency-key-reused")
    assert len(bench.outbox.records) == 1


async def test_a_held_message_can_be_cancelled_once_due_it_cannot(bench: Bench) -> None:
    """204 while held, 409 when it is queued, 404 for another's."""
    later = (datetime.now(UTC) + timedelta(minutes=1)).isoformat()
    held = (await bench.send(send_at=later)).json()
    assert held["state"] == "held"
    other = {"Authorization": "Bearer marie"}
    problem(await bench.http.delete(f"/outbox/{held['id']}", headers=other), 404, "unknown-outbox-entry")
    problem(await bench.http.get(f"/outbox/{held['id']}", headers=other), 404, "unknown-outbox-entry")
    assert (await bench.http.delete(f"/outbox/{held['id']}")).status_code == 204
    assert (await bench.http.get(f"/outbox/{held['id']}")).json()["state"] == "cancelled"
    queued = (await bench.send(send_at="2020-01-01T00:00:00Z")).json()
    problem(await bench.http.delete(f"/outbox/{queued['id']}"), 409, "not-cancellable")
    problem(await bench.http.delete("/outbox/none"), 404, "unknown-outbox-entry")


@pytest.mark.parametrize("send_at", ["2999-01-01T00:00:00Z", "2026-01-01T00:00:00"])
async def test_a_send_at_that_is_no_near_moment(bench: Bench, send_at: str) -> None:
    """A month is the longest; a time without its offset is no moment."""
    assert problem(await bench.send(send_at=send_at), 422, "invalid-request")["field"] == "send_at"


async def test_an_upload_becomes_an_attachment(bench: Bench) -> None:
    """Its name loses its path and controls; the message carries it; it is consumed."""
    answer = await bench.upload(
        b"%PDF",
        **{
            "Content-Type": "Application/PDF; x=y",
            "Content-Disposition": "attachment; filename*=UTF-8''..%2Fr%C3%A9sum%C3%A9%0D.pdf",
        },
    )
    assert answer.status_code == 201
    stored = answer.json()
    assert (stored["filename"], stored["content_type"], stored["size"]) == (
        "résumé.pdf",
        "application/pdf",
        4,
    )
    entry = (await bench.send(attachments=[{"upload": stored["id"]}])).json()
    message = bench.message(entry["id"])
    assert base64.b64encode(b"%PDF") in message
    assert re.search(rb"Content-Type: application/pdf", message)
    gone = await bench.send(attachments=[{"upload": stored["id"]}])
    assert problem(gone, 422, "unknown-upload")["upload"] == stored["id"]


async def test_uploads_without_name_or_type_or_content(bench: Bench) -> None:
    """They get plain ones."""
    stored = (await bench.upload(b"", **{"Content-Type": "nonsense"})).json()
    assert (stored["filename"], stored["content_type"], stored["size"]) == (
        "fichier",
        "application/octet-stream",
        0,
    )
    assert (await bench.send(attachments=[{"upload": stored["id"]}])).status_code == 202


async def test_uploads_are_bounded(bench: Bench) -> None:
    """One by one, announced or not, in their sum, and in number; nothing stays of the refused."""
    assert problem(await bench.upload(b"x" * 10_001), 413, "upload-too-large")["limit"] == 10_000

    async def endless() -> AsyncIterator[bytes]:
        while True:
            yield b"x" * 1000

    problem(await bench.http.post("/uploads", content=endless()), 413, "upload-too-large")
    assert bench.uploads.chunks == {}
    assert (await bench.upload(b"x" * 9000)).status_code == 201
    problem(await bench.upload(b"x" * 9000), 413, "upload-quota-exceeded")
    small = [(await bench.upload()).json()["id"] for _ in range(3)]
    found = problem(
        await bench.send(attachments=[{"upload": each} for each in small]), 422, "too-many-attachments"
    )
    assert (found["limit"], found["count"]) == (2, 3)


async def test_an_upload_can_be_taken_off(bench: Bench) -> None:
    """204, then it is unknown; another mailbox never had it."""
    stored = (await bench.upload()).json()["id"]
    other = {"Authorization": "Bearer marie"}
    problem(await bench.http.delete(f"/uploads/{stored}", headers=other), 404, "unknown-upload")
    assert (await bench.http.delete(f"/uploads/{stored}")).status_code == 204
    problem(await bench.http.delete(f"/uploads/{stored}"), 404, "unknown-upload")


async def test_a_client_that_leaves_in_the_middle_leaves_nothing(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What had arrived, and was stored already, is erased."""
    monkeypatch.setattr("sender_service.uploads.CHUNK_OCTETS", 1000)
    stored: list[int] = []
    sent: list[Any] = []

    async def receive() -> Any:
        stored.append(len(bench.uploads.chunks))
        if len(stored) == 1:
            return {"type": "http.request", "body": b"x" * 9000, "more_body": True}
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append(message)

    app = bench.http._transport.app  # type: ignore[attr-defined]
    scope = {
        "type": "http",
        "method": "POST",
        "path": "/uploads",
        "raw_path": b"/uploads",
        "query_string": b"",
        "headers": [(b"authorization", b"Bearer jean")],
        "http_version": "1.1",
        "scheme": "http",
        "server": ("sender", 80),
        "client": ("c", 1),
        "root_path": "",
    }
    await app(scope, receive, send)
    assert stored == [0, 1]
    assert sent[0]["status"] == 400
    assert bench.uploads.chunks == {}


async def test_only_sessions_are_served(bench: Bench) -> None:
    """No token, a dead one, one that was taken over; what was lost is told by its reason."""
    anonymous = await bench.http.get("/outbox", headers={"Authorization": ""})
    problem(anonymous, 401, "sign-in-required")
    dead = await bench.http.get("/outbox", headers={"Authorization": "Bearer dead"})
    assert problem(dead, 401, "session-ended")["reason"] == "unknown"
    taken = await bench.http.post("/uploads", headers={"Authorization": "Bearer taken"})
    assert problem(taken, 401, "session-ended")["reason"] == "taken-over"


async def test_reading_is_no_activity(bench: Bench) -> None:
    """A poll of the outbox keeps no session alive; sending does."""
    await bench.http.get("/outbox")
    await bench.send()
    assert bench.auth.activity == [False, True]


async def test_an_auth_that_does_not_say_who_is_no_answer(bench: Bench) -> None:
    """Without an identity there is no From: 503, not a guess."""

    async def nobody(_token: str, *, activity: bool) -> Introspection:
        return Introspection(active=activity, mailbox="jean")

    bench.auth.introspect = nobody  # type: ignore[method-assign]
    problem(await bench.send(), 503, "service-unavailable")


async def test_state_that_is_away_is_told(bench: Bench) -> None:
    """503 with retry advice, for messages and uploads alike."""
    bench.outbox.failure = bench.uploads.failure = RedisConnectionError("secret host")
    for answer in (await bench.send(), await bench.http.get("/outbox"), await bench.upload()):
        found = problem(answer, 503, "state-unavailable")
        assert "secret" not in json.dumps(found)
        assert "Retry-After" in answer.headers


async def test_failed_words_are_shown(bench: Bench) -> None:
    """Where the server refused, its words stand with the recipient, and the whole is failed."""
    entry = (await bench.send(to=["a@demo.example", "b@demo.example"])).json()
    record = bench.outbox.records[entry["id"]]
    claim = await bench.outbox.claim(entry["id"])
    assert claim
    letter = record.entry.letter.record({"a@demo.example": Permanent("550 5.1.1 unknown")})
    await bench.outbox.settle(claim, letter, 10)
    shown = (await bench.http.get(f"/outbox/{entry['id']}")).json()
    assert shown["state"] == "failed"
    assert [(each["state"], each["detail"]) for each in shown["recipients"]] == [
        ("failed", "550 5.1.1 unknown"),
        ("queued", ""),
    ]


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [("PUT", "/outbox", 405, "method-not-allowed"), ("GET", "/nowhere", 404, "not-found")],
)
async def test_the_frame_answers_with_problems_too(
    bench: Bench, method: str, path: str, status: int, code: str
) -> None:
    """Wrong methods and paths."""
    problem(await bench.http.request(method, path), status, code)


async def test_malformed_json_is_told(bench: Bench) -> None:
    """422, whatever is wrong with it."""
    headers = {"Content-Type": "application/json"}
    problem(await bench.http.post("/outbox", content=b"{", headers=headers), 422, "invalid-request")
    problem(await bench.send(unknown=1), 422, "invalid-request")


async def test_readiness_is_redis(bench: Bench) -> None:
    """Alive without Redis, but not ready."""
    assert (await bench.http.get("/health/live")).status_code == 200
    assert (await bench.http.get("/health/ready")).status_code == 503
