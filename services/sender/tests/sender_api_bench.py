"""The sender's API over ASGI, on its doubles, and how its tests speak to it."""

import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx2
from sender_doubles import KnownSessions, ManualClock, RecordedHints
from sender_memory_stores import MemoryOutbox, MemoryUploads

from sender_service.app import create_app
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
    "sender_forbidden_file_types": "exe, application/x-dosexec",
    "sender_forbidden_domains": "forbidden.example",
}
SETTINGS_RATES = Settings(**SETTINGS).rates()


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


@asynccontextmanager
async def open_bench() -> AsyncIterator[Bench]:
    """Make an empty application; requests are jean's."""
    clock, uploads = ManualClock(), MemoryUploads(quota=15_000)
    outbox, auth = MemoryOutbox(clock, uploads, SETTINGS_RATES), KnownSessions()
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
