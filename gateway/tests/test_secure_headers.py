"""What every answer tells the browser, whatever route gives it."""

import re

import httpx2
import pytest
from gateway_fakes import FakeAuth, FakeMailbox
from starlette.types import Receive, Scope, Send

from gateway_service.app import ROUTERS
from gateway_service.secure_headers import API_POLICY, HEADERS, PAGE_POLICY, SecureHeaders
from gateway_service.static_files import FILES, FOR_GOOD, static_url

VALUES = {
    "uid": "m1",
    "part": "2",
    "token": "x",
    "name": "abc",
    "entry": "e1",
    "version": "0",
    "missing": "x",
}
ROUTES = sorted(
    {
        (method, re.sub(r"{(\w+)}", lambda found: VALUES[found[1]], route.path))  # type: ignore[attr-defined]
        for router in ROUTERS
        for route in router.routes
        for method in route.methods  # type: ignore[attr-defined]
    }
)
# Sandboxed, with styles of the message
OWN_DOCUMENTS = ("/messages/m1/body", "/messages/m1/print")
ENDLESS = "/api/events"
"""It answers until the session ends."""


@pytest.mark.parametrize(("method", "path"), ROUTES)
async def test_every_route_sends_the_headers(
    browser: httpx2.AsyncClient, mailbox: FakeMailbox, auth: FakeAuth, method: str, path: str
) -> None:
    """Whatever a route answers, signed in or not, it is not sniffed, framed, kept or told elsewhere."""
    mailbox.add("m1", html="<p>x</p>")
    mailbox.contents["m1", "2"] = b"%PDF"
    mailbox.images["abc"] = ("image/png", b"png")
    if path == ENDLESS:
        auth.sessions.clear()
    for _ in ("signed in", "session ended"):
        answer = await browser.request(method, path)
        assert answer.status_code < 500
        for name, value in HEADERS.items():
            expected = (
                "cross-origin"
                if (name, answer.status_code, path)
                == (
                    "Cross-Origin-Resource-Policy",
                    200,
                    "/inline/abc",
                )
                else value
            )
            assert answer.headers[name] == expected, name
        policy = answer.headers["Content-Security-Policy"]
        is_page = answer.headers.get("content-type", "").startswith("text/html")
        if path in OWN_DOCUMENTS and answer.status_code == 200:
            assert "sandbox" in policy
        else:
            assert policy == (PAGE_POLICY if is_page else API_POLICY)
        assert "unsafe" not in policy or path in OWN_DOCUMENTS
        assert answer.headers["x-request-id"]
        auth.sessions.clear()


@pytest.mark.parametrize("path", ["/nowhere", "/api/nowhere", "/health/live"])
async def test_so_does_what_is_no_route(visitor: httpx2.AsyncClient, path: str) -> None:
    """The same holds outside of the routes."""
    answer = await visitor.get(path)
    assert {name: answer.headers[name] for name in HEADERS} == HEADERS


@pytest.mark.parametrize("name", FILES)
async def test_static_files_are_kept_for_good(visitor: httpx2.AsyncClient, name: str) -> None:
    """A style sheet's URL changes with its content, so that browsers may keep it; an old URL is not kept."""
    answer = await visitor.get(static_url(name))
    assert (answer.status_code, answer.headers["cache-control"]) == (200, FOR_GOOD)
    assert (await visitor.get(f"/static/0/{name}")).headers["cache-control"] == "no-cache"
    assert (await visitor.get("/static/0/app.py")).status_code == 404


async def test_incoming_request_id_is_not_trusted(visitor: httpx2.AsyncClient) -> None:
    """Anybody may send anything: the edge makes its own request ids."""
    answer = await visitor.get("/sign-in", headers={"X-Request-ID": "chosen-by-client"})
    assert answer.headers["x-request-id"] != "chosen-by-client"


async def test_a_file_is_no_page_whatever_its_type() -> None:
    """HTML out of somebody's mail gets the policy of files, sandboxed, should a browser ever show it."""

    async def file(_scope: Scope, _receive: Receive, send: Send) -> None:
        headers = [(b"content-type", b"text/html"), (b"content-disposition", b"attachment")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"<script>"})

    app = SecureHeaders(file, secure=True)
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url="https://x.test") as client:
        answer = await client.get("/")
    assert answer.headers["content-security-policy"] == API_POLICY
