"""The service over HTTP: every answer and every problem, with doubles behind it."""

import base64
import re
import time
from collections.abc import AsyncIterator, Iterator
from types import ModuleType

import pytest
import pytest_asyncio
from httpx2 import ASGITransport, AsyncClient
from mailbox_doubles import JEAN, PASSWORD, FakeReader, World, letter
from mailbox_http import (
    AUTH,
    BEARER,
    GATEWAY,
    BrokenHeldDeletions,
    DeafAuth,
    TakenOverAuth,
    basic,
    client_of,
    problem,
    settings,
    sign_in,
)

from courriel_seal import KeyRing
from mailbox_service import errors
from mailbox_service.app import FAILURES, create_app
from mailbox_service.errors import MailboxError

TWO_PARTS = (
    "From: Zoé <zoe@demo.example>\r\nTo: jean@demo.example\r\nSubject: =?utf-8?q?R=C3=A9union?=\r\n"
    "Message-ID: <1@demo.example>\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n"
    "--x\r\nContent-Type: text/html\r\n\r\n<p>Bonjour<script>alert(1)</script></p>\r\n"
    "--x\r\nContent-Type: application/pdf\r\nContent-Transfer-Encoding: base64\r\n"
    "Content-Disposition: attachment; filename*=UTF-8''%C3%A9t%C3%A9%20%22x%22.pdf\r\n\r\n"
    "JVBERg==\r\n--x--\r\n"
).encode()


@pytest.fixture
def world() -> World:
    """Make a maildrop with an ordinary and a rich message."""
    world = World()
    world.deliver("a")
    world.deliver("b", raw=TWO_PARTS)
    world.auth.sessions["s1"] = JEAN
    return world


@pytest_asyncio.fixture
async def client(world: World) -> AsyncIterator[AsyncClient]:
    """Serve the world as it is."""
    async for client in client_of(world):
        yield client


async def test_a_session_from_sign_in_to_sign_out(client: AsyncClient, world: World) -> None:
    """Open, list, read, delete, end."""
    assert (await sign_in(client)).status_code == 204
    page = (await client.get("/messages", headers=BEARER)).json()
    assert (page["total"], page["page"], page["per_page"], page["indexed"]) == (
        2,
        1,
        50,
        {"done": 2, "total": 2},
    )
    newest = page["messages"][0]
    assert (newest["uid"], newest["subject"], newest["has_attachments"]) == ("Yg", "Réunion", True)
    assert newest["from"] == [{"name": "Zoé", "address": "zoe@demo.example"}]
    deleted = await client.delete("/messages/Yg", headers=BEARER)
    assert deleted.json() == {"results": [{"uid": "Yg", "outcome": "deleted"}]}
    assert world.server.uidls() == ["a"]
    assert (await client.delete("/sessions/s1", headers=AUTH)).status_code == 204
    assert world.server.holders(JEAN) == 0


async def test_a_refresh_asks_auth_once(client: AsyncClient, world: World) -> None:
    """The login comes with the introspection; a list that needs none brings none."""
    await sign_in(client)
    await client.get("/messages", headers=BEARER)
    assert (world.auth.calls, world.auth.credentials_asked) == (1, 0)
    await world.clock.advance(3.5)
    refreshed = await client.get("/messages", params={"refresh": 1}, headers=BEARER)
    assert refreshed.json()["total"] == 2
    assert (world.auth.calls, world.auth.credentials_asked) == (2, 1)
    assert world.server.count("LOGIN") == 2


async def test_a_list_that_refreshes_itself_is_no_activity(client: AsyncClient, world: World) -> None:
    """With a refresh or without one: nobody may be there."""
    await sign_in(client)
    for polled in ({"activity": 0}, {"activity": 0, "refresh": 1}):
        assert (await client.get("/messages", params=polled, headers=BEARER)).status_code == 200
    assert world.auth.activity == 0
    await client.get("/messages", headers=BEARER)
    assert world.auth.activity == 1


async def test_a_message_is_shown_safe_with_its_parts(client: AsyncClient) -> None:
    """The script is gone, the attachment is listed."""
    view = (await client.get("/messages/Yg", headers=BEARER)).json()
    assert (view["subject"], view["message_id"]) == ("Réunion", "<1@demo.example>")
    assert view["html"].startswith("<p>Bonjour</p>")
    assert [(part["id"], part["filename"], part["size"]) for part in view["parts"]] == [
        ("2", 'été "x".pdf', 4)
    ]
    assert ["Message-ID", "<1@demo.example>"] in view["headers"]


async def test_hostile_mail_is_shown_by_its_header(client: AsyncClient, world: World) -> None:
    """A view, never a 500, and the whole message to be downloaded."""
    world.deliver("c", raw=letter("Piège", body="X-Hostile: yes"))
    view = (await client.get("/messages/Yw", headers=BEARER)).json()
    assert (view["subject"], view["notes"], view["html"]) == ("Piège", ["unreadable"], None)
    assert (await client.get("/messages/Yw/raw", headers=BEARER)).status_code == 200


async def test_downloads_are_attachments_that_nobody_guesses_at(client: AsyncClient) -> None:
    """Both forms of the file's name, nosniff, no-store; the type is the sender's."""
    raw = await client.get("/messages/Yg/raw", headers=BEARER)
    assert (raw.content, raw.headers["Content-Type"]) == (TWO_PARTS, "message/rfc822")
    part = await client.get("/messages/Yg/parts/2", headers=BEARER)
    assert (part.content, part.headers["Content-Type"]) == (b"%PDF", "application/pdf")
    assert part.headers["Content-Disposition"] == (
        "attachment; filename=\"_t_ _x_.pdf\"; filename*=UTF-8''%C3%A9t%C3%A9%20%22x%22.pdf"
    )
    archive = await client.get("/messages/Yg/parts.zip", headers=BEARER)
    assert (archive.content[:2], archive.headers["Content-Type"]) == (b"PK", "application/zip")
    for answer in (raw, part, archive):
        assert answer.headers["Content-Disposition"].startswith("attachment;")
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Cache-Control"] == "no-store"


async def test_a_held_deletion_over_http(client: AsyncClient, world: World) -> None:
    """202 with the time, hidden from the list, taken back with 204."""
    held = await client.post("/messages/delete", json={"uids": ["YQ"], "undo_seconds": 8}, headers=BEARER)
    assert held.status_code == 202
    assert held.json()["undo_until"].startswith("2026-11-23T08:16:48")
    assert (await client.get("/messages", headers=BEARER)).json()["total"] == 1
    undone = await client.post("/messages/undelete", json={"uids": ["YQ"]}, headers=BEARER)
    assert undone.status_code == 204
    assert (await client.get("/messages", headers=BEARER)).json()["total"] == 2
    assert world.server.uidls() == ["a", "b"]


@pytest.mark.parametrize("hold", [{}, {"undo_seconds": 0}, {"undo_seconds": None}])
async def test_a_deletion_without_undo_is_done_at_once(client: AsyncClient, hold: dict[str, object]) -> None:
    """200 with what became of each."""
    answer = await client.post("/messages/delete", json={"uids": ["YQ", "Ynk"], **hold}, headers=BEARER)
    assert answer.status_code == 200
    assert answer.json() == {
        "results": [{"uid": "Ynk", "outcome": "gone"}, {"uid": "YQ", "outcome": "deleted"}]
    }


@pytest.mark.parametrize(
    ("method", "path", "body", "expected"),
    [
        ("GET", "/messages/bmV2ZXI", None, (404, "unknown-message")),
        ("GET", "/messages/%00%0d%0a", None, (404, "unknown-message")),
        ("GET", "/messages/bmV2ZXI/raw", None, (404, "unknown-message")),
        ("GET", "/messages/bmV2ZXI/parts.zip", None, (404, "unknown-message")),
        ("GET", "/messages/bmV2ZXI/parts/1", None, (404, "unknown-message")),
        ("GET", "/messages/YQ/parts/9.9", None, (404, "unknown-part")),
        ("DELETE", "/messages/bmV2ZXI", None, (404, "unknown-message")),
        ("POST", "/messages/undelete", {"uids": ["bmV2ZXI"]}, (404, "unknown-message")),
        ("GET", "/messages?page=0", None, (422, "invalid-request")),
        ("GET", "/messages?per_page=201", None, (422, "invalid-request")),
        ("GET", "/messages?sort=colour", None, (422, "invalid-request")),
        ("POST", "/messages/delete", {"uids": []}, (422, "invalid-request")),
        ("POST", "/messages/delete", {"uids": ["YQ"], "undo_seconds": 81}, (422, "invalid-request")),
        ("POST", "/messages/delete", {"uids": ["a b"]}, (422, "invalid-request")),
        ("PATCH", "/messages", None, (405, "method-not-allowed")),
        ("GET", "/elsewhere", None, (404, "not-found")),
    ],
)
async def test_bad_requests_are_told(
    client: AsyncClient, method: str, path: str, body: object, expected: tuple[int, str]
) -> None:
    """Each with its code."""
    assert problem(await client.request(method, path, json=body, headers=BEARER)) == expected


async def test_a_page_beyond_the_end_is_empty(client: AsyncClient) -> None:
    """It is no error."""
    page = (await client.get("/messages?page=1000000&per_page=200&sort=arrival", headers=BEARER)).json()
    assert (page["messages"], page["total"]) == ([], 2)


async def test_no_token_and_a_dead_token_are_told_apart(client: AsyncClient) -> None:
    """Sign-in required, or session ended with the reason."""
    for path in (
        "/messages",
        "/messages/YQ",
        "/messages/YQ/raw",
        "/messages/YQ/parts/1",
        "/messages/YQ/parts.zip",
    ):
        assert problem(await client.get(path)) == (401, "sign-in-required")
        ended = await client.get(path, headers={"Authorization": "Bearer dead"})
        assert (problem(ended), ended.json()["reason"]) == ((401, "session-ended"), "unknown")


async def test_a_taken_over_session_is_told_so(world: World) -> None:
    """So that the page can say it."""
    async for client in client_of(world, auth=TakenOverAuth(world.server)):
        ended = await client.get("/messages", headers=BEARER)
        assert (problem(ended), ended.json()["reason"]) == ((401, "session-ended"), "taken-over")


async def test_a_refused_password_and_a_busy_or_dead_server_are_told_apart(
    client: AsyncClient, world: World
) -> None:
    """For auth to pass on; the last two with advice to try again."""
    assert problem(await sign_in(client, "wrong")) == (401, "login-refused")
    assert problem(await sign_in(client, username="nobody")) == (401, "login-refused")
    world.server.down = True
    away = await sign_in(client)
    assert problem(away) == (503, "mail-server-unavailable")
    assert away.headers["Retry-After"] == "10"


async def test_a_busy_maildrop_is_told(world: World) -> None:
    """After trying for a while."""
    world.server.busy = True
    app = create_app(
        settings(mailbox_in_use_seconds=0),
        open_maildrop=world.server.open,
        auth=world.auth,
        held=world.held,
        image_store=world.image_store,
        reader=FakeReader(),
    )
    async with AsyncClient(transport=ASGITransport(app), base_url="http://mailbox") as client:
        busy = await sign_in(client)
    assert problem(busy) == (503, "maildrop-busy")
    assert busy.headers["Retry-After"] == "5"


async def test_a_mail_server_that_is_away_is_told_on_every_route(client: AsyncClient, world: World) -> None:
    """503 with advice, and nothing was deleted."""
    world.server.down = True
    for method, path in (("GET", "/messages"), ("GET", "/messages/YQ"), ("DELETE", "/messages/YQ")):
        away = await client.request(method, path, headers=BEARER)
        assert (problem(away), away.headers["Retry-After"]) == ((503, "mail-server-unavailable"), "10")
    assert world.server.uidls() == ["a", "b"]


async def test_a_state_that_is_away_is_told_without_its_address(world: World) -> None:
    """Nothing is listed, since what is held could not be hidden; nothing is deleted either."""
    async for client in client_of(world, held=BrokenHeldDeletions()):
        for method, path in (("GET", "/messages"), ("DELETE", "/messages/YQ")):
            away = await client.request(method, path, headers=BEARER)
            assert problem(away) == (503, "state-unavailable")
            assert "s3cret" not in away.text
    assert world.server.uidls() == ["a", "b"]


async def test_an_auth_that_is_away_is_told(world: World) -> None:
    """Nobody can say whose session it is."""
    async for client in client_of(world, auth=DeafAuth(world.server)):
        assert problem(await client.get("/messages", headers=BEARER)) == (503, "service-unavailable")


async def test_a_message_over_the_limit_is_told(client: AsyncClient, world: World) -> None:
    """With the limit; its header can still be read."""
    world.deliver("c", raw=letter("Énorme", body="x" * 100_001))
    answer = await client.get("/messages/Yw/raw", headers=BEARER)
    assert (problem(answer), answer.json()["limit"]) == ((413, "message-too-large"), 100_000)
    view = (await client.get("/messages/Yw", headers=BEARER)).json()
    assert (view["subject"], view["notes"], view["text"]) == ("Énorme", ["too-large"], "")


@pytest.mark.parametrize(
    ("method", "path"), [("PUT", "/sessions/s1"), ("DELETE", "/sessions/s1"), ("GET", "/inline/x")]
)
async def test_service_calls_need_the_right_services_credential(
    client: AsyncClient, method: str, path: str
) -> None:
    """Neither nobody, nor a person, nor another service, nor a wrong secret."""
    other = GATEWAY if path.startswith("/sessions") else AUTH
    for headers in ({}, BEARER, other, basic("auth", "wrong"), basic("gateway", "wrong")):
        refused = await client.request(method, path, headers=headers)
        assert problem(refused) == (403, "service-credential-refused")


async def test_inline_images_are_served_to_the_gateway(client: AsyncClient, world: World) -> None:
    """With the type that was checked; a name that opens nothing is not found."""
    image = b"\x89PNG\r\n\x1a\n"
    raw = (
        "Content-Type: multipart/related; boundary=x\r\n\r\n"
        '--x\r\nContent-Type: text/html\r\n\r\n<img src="cid:i">\r\n'
        "--x\r\nContent-Type: image/png\r\nContent-ID: <i>\r\nContent-Transfer-Encoding: base64\r\n\r\n"
        f"{base64.b64encode(image).decode()}\r\n--x--\r\n"
    )
    world.deliver("c", raw=raw.encode())
    html = (await client.get("/messages/Yw", headers=BEARER)).json()["html"]
    path = html.partition('src="')[2].partition('"')[0]
    served = await client.get(path, headers=GATEWAY)
    assert (served.content, served.headers["Content-Type"]) == (image, "image/png")
    assert served.headers["X-Content-Type-Options"] == "nosniff"
    assert problem(await client.get("/inline/nothing", headers=GATEWAY)) == (404, "not-found")


async def test_alive_but_not_ready_without_its_state(client: AsyncClient) -> None:
    """Redis of these settings is nowhere."""
    assert (await client.get("/health/live")).status_code == 200
    ready = await client.get("/health/ready")
    assert (ready.status_code, ready.json()["failed"]) == (503, ["redis-state"])


async def test_a_stop_ends_connections_with_quit_and_keeps_what_is_held(world: World) -> None:
    """Held deletions wait in the store."""
    async for client in client_of(world):
        await client.get("/messages", headers=BEARER)
        await client.post("/messages/delete", json={"uids": ["YQ"], "undo_seconds": 8}, headers=BEARER)
    assert [connection.quitted for connection in world.server.connections] == [True]
    assert [held.uid for held in await world.held.of(JEAN)] == ["YQ"]


async def test_the_mail_server_may_be_told_whom_a_login_is_for(client: AsyncClient, world: World) -> None:
    """The address goes with the sign-in."""
    asked = {"mailbox": JEAN, "username": JEAN, "password": PASSWORD, "client_address": "192.0.2.7"}
    assert (await client.put("/sessions/s1", json=asked, headers=AUTH)).status_code == 204
    assert world.server.client_addresses == ["192.0.2.7"]


async def test_a_password_shows_nowhere(client: AsyncClient, capsys: pytest.CaptureFixture[str]) -> None:
    """Neither in an answer nor in a log, whatever is wrong with the request."""
    for asked in (
        {"mailbox": JEAN, "username": "", "password": "s3cret"},
        {"password": "s3cret", "extra": 1},
    ):
        assert "s3cret" not in (await client.put("/sessions/s1", json=asked, headers=AUTH)).text
    await sign_in(client, "s3cret")
    captured = capsys.readouterr()
    assert "s3cret" not in captured.out + captured.err


def concrete_errors(module: ModuleType) -> Iterator[type[MailboxError]]:
    """List the room's errors."""
    for value in vars(module).values():
        if isinstance(value, type) and issubclass(value, MailboxError) and value is not MailboxError:
            yield value


def test_every_error_of_the_room_is_told() -> None:
    """One table says how; nothing is forgotten in it."""
    assert set(concrete_errors(errors)) == set(FAILURES)


async def test_images_from_elsewhere_stand_at_sealed_addresses(client: AsyncClient, world: World) -> None:
    """Only when asked for; the gateway opens the address, and nobody else reads it."""
    html = '<img src="https://a.example/x?y=1"><img src="//b.example/z"><p style="background:url(https://c)">'
    world.deliver("m", raw=f"Content-Type: text/html\r\n\r\n{html}".encode())
    await sign_in(client)
    world.auth.sessions["s1"] = JEAN
    uid = base64.urlsafe_b64encode(b"m").rstrip(b"=").decode()
    opened = (await client.get(f"/messages/{uid}", headers=BEARER)).json()
    assert "src" not in opened["html"]
    assert opened["remote_images"] == 3
    shown = (await client.get(f"/messages/{uid}/html", headers=BEARER)).json()["html"]
    assert "example" not in shown
    ring = KeyRing.of_secret("gateway" * 4)
    tokens = re.findall(r'src="/remote/([\w-]+)"', shown)
    found = [ring.open_until(token, purpose="remote image", now=time.time()) for token in tokens]
    assert found == ["https://a.example/x?y=1", "https://b.example/z"]
