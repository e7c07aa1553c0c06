"""The sender's API over ASGI: what a message says of its author, how it is held, its HTML, redirects."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sender_api_bench import MESSAGE_LIMIT, Bench, open_bench, problem

from courriel_message import parse
from courriel_wire import Submission
from sender_service.composing import NOT_IN_A_REDIRECT

ORIGINAL = b"From: p@x.example\r\nBcc: h@x.example\r\nSubject: =?utf-8?q?=C3=A9?=\r\n\r\n\xe9 \r\n"


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    """Make an empty application; requests are jean's."""
    async with open_bench() as made:
        yield made


async def sent(bench: Bench, **fields: Any) -> bytes:
    """Submit, and return what was stored to be sent."""
    answer = await bench.send(**fields)
    assert answer.status_code == 202, answer.text
    return bench.message(answer.json()["id"])


async def redirect(bench: Bench, raw: bytes = ORIGINAL, **fields: Any) -> Any:
    """Upload a message and have it resent to a@demo.example."""
    uploaded = await bench.upload(raw, **{"Content-Type": "message/rfc822"})
    assert uploaded.status_code == 201, uploaded.text
    body = {"to": ["a@demo.example"], "redirect": {"upload": uploaded.json()["id"]}, **fields}
    return await bench.http.post("/outbox", json=body)


async def test_the_name_is_the_authors_choice_the_address_is_not(bench: Bench) -> None:
    """`sender_name` stands in From and in the receipt's address; left empty, the session's name does."""
    message = await sent(bench, sender_name=" Service de paie, é ", request_receipt=True)
    read = parse(message)
    assert [(each.name, each.address) for each in read.from_] == [("Service de paie, é", "jean@demo.example")]
    assert "Service de paie" in dict(read.headers)["Disposition-Notification-To"]
    assert b"From: Jean <jean@demo.example>\r\n" in await sent(bench, sender_name=" ")


async def test_replies_go_where_the_author_asks(bench: Bench) -> None:
    """`reply_to` is read as recipients are, and is none."""
    answer = await bench.send(reply_to=["Équipe <e@demo.example>", {"address": "f@demo.example"}])
    read = parse(bench.message(answer.json()["id"]))
    assert [each.address for each in read.reply_to] == ["e@demo.example", "f@demo.example"]
    assert len(answer.json()["recipients"]) == 1


@pytest.mark.parametrize(
    ("fields", "code", "field"),
    [
        ({"sender_name": "x\r\nBcc: y@z.example"}, "invalid-header", "sender_name"),
        ({"sender_name": "x\x00y"}, "invalid-header", "sender_name"),
        ({"reply_to": [{"name": "x\ny", "address": "a@b.example"}]}, "invalid-header", "reply_to"),
        ({"reply_to": ["nobody"]}, "invalid-address", "reply_to.0"),
        ({"html": "<b>" * 1000}, "invalid-request", "html"),
    ],
)
async def test_what_cannot_stand_in_a_message_is_told_by_its_field(
    bench: Bench, fields: dict[str, Any], code: str, field: str
) -> None:
    """Nothing is repaired silently, and nothing stored."""
    assert problem(await bench.send(**fields), 422, code)["field"] == field
    assert bench.outbox.records == {}


async def test_a_message_is_held_for_the_time_to_undo(bench: Bench) -> None:
    """Cancelled in time, it never goes; it shortens no later sending; its Date is when it was written."""
    before = datetime.now(UTC)
    entry = (await bench.send(undo_seconds=10)).json()
    due = datetime.fromisoformat(entry["due_at"])
    assert entry["state"] == "held"
    assert timedelta(seconds=9) < due - before < timedelta(seconds=15)
    written = parse(bench.message(entry["id"])).date
    assert written
    assert abs(written - before) < timedelta(seconds=5)
    assert (await bench.http.delete(f"/outbox/{entry['id']}")).status_code == 204
    later = before + timedelta(hours=1)
    entry = (await bench.send(undo_seconds=10, send_at=later.isoformat())).json()
    assert datetime.fromisoformat(entry["due_at"]) == later


async def test_the_time_to_undo_is_a_minute_at_most(bench: Bench) -> None:
    """And never negative; 0 goes at once."""
    for seconds in (-1, 61):
        problem(await bench.send(undo_seconds=seconds), 422, "invalid-request")
    assert (await bench.send(undo_seconds=0)).json()["state"] == "queued"


async def test_html_is_sanitised_and_has_a_plain_version(bench: Bench) -> None:
    """Scripts and remote images go, links stay; the text is made of the HTML where there is none."""
    html = (
        '<p>Voir <a href="https://x.example/">ici</a><script>x()</script><img src="https://x.example/i"></p>'
    )
    read = parse(await sent(bench, text=" ", html=html))
    assert read.unsafe_html is not None
    assert read.unsafe_html.strip() == '<p>Voir <a href="https://x.example/">ici</a><img></p>'
    assert read.text.strip() == "Voir ici"
    assert parse(await sent(bench, text="À moi", html=html)).text == "À moi"


async def test_an_image_of_the_html_travels_with_it(bench: Bench) -> None:
    """By its Content-ID; another's `cid:` shows nothing."""
    image = (await bench.upload(b"PNG", **{"Content-Type": "image/png"})).json()["id"]
    html = '<img src="cid:logo@x"><img src="cid:other">'
    read = parse(await sent(bench, html=html, attachments=[{"upload": image, "content_id": "logo@x"}]))
    assert (read.unsafe_html or "").strip() == '<img src="cid:logo@x"><img>'
    assert [(part.content_id, part.inline) for part in read.parts] == [("logo@x", True)]


async def test_a_redirect_is_the_original_under_a_resent_block(bench: Bench) -> None:
    """Octet by octet but for blind copies; the outbox knows it by the original's subject."""
    answer = await redirect(bench, cc=["c@demo.example"], bcc=["b@demo.example"], sender_name="Moi")
    assert answer.status_code == 202
    entry = answer.json()
    message = bench.message(entry["id"])
    block, _, rest = message.partition(b"From: p@x.example\r\n")
    assert rest == b"Subject: =?utf-8?q?=C3=A9?=\r\n\r\n\xe9 \r\n"
    assert b"Resent-From: Moi <jean@demo.example>\r\nResent-To: a@demo.example\r\n" in block
    assert f"Resent-Message-ID: {entry['message_id']}\r\n".encode() in block
    assert b"b@demo.example" not in message
    assert entry["subject"] == "é"
    assert [each["address"][0] for each in entry["recipients"]] == ["a", "c", "b"]
    assert bench.outbox.records[entry["id"]].entry.letter.sender == "jean@demo.example"
    assert bench.uploads.finished == {}


async def test_a_redirect_can_be_undone(bench: Bench) -> None:
    """It is held like any message."""
    assert (await redirect(bench, undo_seconds=10)).json()["state"] == "held"


async def test_a_redirect_changes_nothing_of_the_message(bench: Bench) -> None:
    """What would be a message of its own is refused by its name."""
    values: dict[str, Any] = {
        "attachments": [{"upload": "x"}],
        "in_reply_to": "<1@x>",
        "references": ["<1@x>"],
        "priority": "high",
        "request_receipt": True,
        "reply_to": ["r@demo.example"],
    }
    for name in NOT_IN_A_REDIRECT:
        answer = await redirect(bench, **{name: values.get(name, "x")})
        assert problem(answer, 422, "invalid-request")["field"] == name
    assert bench.outbox.records == {}


async def test_a_redirect_has_the_limits_of_a_message(bench: Bench) -> None:
    """An upload of a whole message may be as large as a message; with its block it must still be one."""
    fits = b"Subject: x\r\n\r\n" + b"x" * (MESSAGE_LIMIT - 1000) + b"\r\n"
    bench.uploads.quota = MESSAGE_LIMIT * 3
    assert (await redirect(bench, fits)).status_code == 202
    full = b"Subject: x\r\n\r\n" + b"x" * (MESSAGE_LIMIT - 100) + b"\r\n"
    assert problem(await redirect(bench, full), 413, "message-too-large")["limit"] == MESSAGE_LIMIT
    over = await bench.upload(b"x" * (MESSAGE_LIMIT + 1), **{"Content-Type": "message/rfc822"})
    assert problem(over, 413, "upload-too-large")["limit"] == MESSAGE_LIMIT
    gone = await bench.http.post("/outbox", json={"to": ["a@x.example"], "redirect": {"upload": "gone"}})
    problem(gone, 422, "unknown-upload")


async def test_a_retry_is_the_same_whether_defaults_are_written_or_not(bench: Bench) -> None:
    """A client that spells defaults out, as one of another version may, repeats the same message."""
    first = await bench.send(key="k")
    defaults = Submission().model_dump(mode="json", exclude={"to", "subject", "text"})
    again = await bench.send(key="k", **defaults)
    assert (again.status_code, again.json()["id"]) == (202, first.json()["id"])
