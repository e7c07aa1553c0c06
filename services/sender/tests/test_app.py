"""The sender's API over ASGI: every problem it tells, and what it accepts."""

import json
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from redis.exceptions import ConnectionError as RedisConnectionError
from sender_api_bench import MESSAGE_LIMIT, Bench, open_bench, problem

from courriel_wire import Introspection
from sender_service.app import FAILURES
from sender_service.delivery import Permanent
from sender_service.errors import SenderError


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    """Make an empty application; requests are jean's."""
    async with open_bench() as made:
        yield made


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
    assert (await bench.http.get("/outbox")).json() == {"entries": [entry], "truncated": False}


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
    told = problem(answer, 429, "too-many-messages")
    assert (told["counted"], told["period_seconds"], told["limit"], told["left"]) == ("messages", 3600, 5, 0)
    assert 3500 < told["retry_after"] <= 3600
    assert 3500 < int(answer.headers["Retry-After"]) <= 3600


async def test_the_queue_is_told_to_prometheus(bench: Bench) -> None:
    """In its text format, without a session, and without anything personal."""
    await bench.send()
    bench.outbox.clock.now += 5
    claim = await bench.outbox.claim_next()
    assert claim
    await bench.outbox.settle(claim, claim.letter, 10, {"message.temporary": 1})
    answer = await bench.http.get("/metrics", headers={"Authorization": ""})
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    told = answer.text.splitlines()
    assert "courriel_outbox_entries 1" in told
    assert "courriel_outbox_waiting 1" in told
    assert "courriel_outbox_oldest_seconds 5" in told
    assert 'courriel_deliveries_total{about="message",outcome="temporary"} 1' in told
    assert "demo.example" not in answer.text


async def test_what_is_left_is_told(bench: Bench) -> None:
    """Limits of a message, and what the mailbox may still send, without signing off on anything."""
    await bench.send(to=["a@demo.example", "b@demo.example"])
    told = (await bench.http.get("/limits")).json()
    assert (told["recipients"], told["attachments"], told["forbidden_domains"]) == (
        20,
        2,
        ["forbidden.example"],
    )
    assert told["forbidden_file_types"] == ["exe", "application/x-dosexec"]
    left = {(rate["counted"], rate["period_seconds"]): rate["left"] for rate in told["rates"]}
    assert left == {
        ("messages", 3600): 4,
        ("recipients", 3600): 98,
        ("messages", 86_400): 49,
        ("recipients", 86_400): 998,
    }
    assert bench.auth.activity[-1] is False


async def test_a_forbidden_file_is_refused_before_it_is_stored(bench: Bench) -> None:
    """By its name or its type, at the upload."""
    answer = await bench.upload(**{"Content-Disposition": 'attachment; filename="Setup.EXE"'})
    assert problem(answer, 422, "file-type-not-allowed")["file_type"] == "exe"
    problem(await bench.upload(**{"Content-Type": "application/x-dosexec"}), 422, "file-type-not-allowed")
    assert bench.uploads.chunks == {}


async def test_a_forbidden_recipient_is_refused(bench: Bench) -> None:
    """And named; nothing is stored."""
    answer = await bench.send(bcc=["x@Forbidden.example"])
    assert problem(answer, 422, "recipient-not-allowed")["address"] == "x@Forbidden.example"
    assert bench.outbox.records == {}


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
