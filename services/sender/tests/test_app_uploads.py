"""The sender's API over ASGI: uploads."""

import base64
import re
from collections.abc import AsyncIterator
from typing import Any

import pytest
from sender_api_bench import Bench, open_bench, problem


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    """Make an empty application; requests are jean's."""
    async with open_bench() as made:
        yield made


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
    [file] = bench.outbox.records[entry["id"]].entry.letter.files
    assert file == (stored["filename"], stored["content_type"])
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
