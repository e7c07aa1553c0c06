"""Cross-site request forgery: the whole matrix of what a browser may say about where a request comes from."""

import httpx2
import pytest
from fastapi import FastAPI
from gateway_fakes import ORIGIN, FakeAuth

UNSAFE_PAGES = [
    "/sign-in",
    "/sign-out",
    "/compose",
    "/messages/delete",
    "/messages/undelete",
    "/messages/reminder",
    "/outbox/e1/cancel",
]
OURS = [
    {"Sec-Fetch-Site": "same-origin"},
    {"Sec-Fetch-Site": "none"},
    {"Origin": ORIGIN},
    {"Origin": "http://COURRIEL.test"},
    {"Referer": f"{ORIGIN}/messages?page=2"},
]
FOREIGN = [
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Sec-Fetch-Site": "cross-site", "Origin": ORIGIN},
    {"Origin": "https://evil.test"},
    {"Origin": "http://courriel.test.evil.test"},
    {"Origin": "http://courriel.test:81"},
    {"Origin": "null"},
    {"Origin": "http://["},
    {"Referer": "http://[::1"},
    {"Origin": "null", "Referer": f"{ORIGIN}/"},
    {"Referer": "https://evil.test/?http://courriel.test/"},
]


@pytest.fixture
async def silent(app: FastAPI, auth: FakeAuth) -> httpx2.AsyncClient:
    """Make a browser that is signed in and says nothing of itself."""
    cookies = {"session": auth.open_session("jean.dupont")}
    return httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url=ORIGIN, cookies=cookies)


@pytest.mark.parametrize("path", UNSAFE_PAGES)
@pytest.mark.parametrize("headers", [*FOREIGN, {}], ids=str)
async def test_pages_refuse_what_is_not_ours(
    silent: httpx2.AsyncClient, auth: FakeAuth, path: str, headers: dict[str, str]
) -> None:
    """A form of another site, or one that does not say where it comes from, changes nothing: 403."""
    answer = await silent.post(path, headers=headers, data={"username": "a", "password": "demo"})
    assert answer.status_code == 403
    assert "ne vient pas d’une page du Courriel léger" in answer.text
    assert auth.sessions
    assert not auth.requests


@pytest.mark.parametrize("headers", OURS, ids=str)
async def test_pages_accept_our_own_forms(
    silent: httpx2.AsyncClient, auth: FakeAuth, headers: dict[str, str]
) -> None:
    """Our own page is known by any one of the three headers."""
    assert (await silent.post("/sign-out", headers=headers)).status_code == 303
    assert not auth.sessions


@pytest.mark.parametrize("headers", [*FOREIGN, {}], ids=str)
async def test_api_with_cookie_refuses_what_is_not_ours(
    silent: httpx2.AsyncClient, headers: dict[str, str]
) -> None:
    """With the cookie, a call that changes something must prove to be ours."""
    answer = await silent.delete("/api/messages/m1", headers=headers)
    assert (answer.status_code, answer.json()["type"]) == (403, "cross-site-request")


@pytest.mark.parametrize("headers", OURS, ids=str)
async def test_api_with_cookie_accepts_ours(silent: httpx2.AsyncClient, headers: dict[str, str]) -> None:
    """A page of ours may call the API with its cookie."""
    assert (await silent.delete("/api/messages/m1", headers=headers)).status_code == 200


async def test_reading_needs_no_proof(silent: httpx2.AsyncClient) -> None:
    """Safe methods are open: a link in a mail may lead here."""
    assert (await silent.get("/messages", headers={"Sec-Fetch-Site": "cross-site"})).status_code == 200
    assert (await silent.get("/api/messages", headers={"Sec-Fetch-Site": "cross-site"})).status_code == 200


async def test_bearer_needs_no_proof(client: httpx2.AsyncClient) -> None:
    """A token in a header cannot be sent by another site's form."""
    answer = await client.delete("/api/messages/m1", headers={"Origin": "https://evil.test"})
    assert answer.status_code == 200


async def test_api_sign_in_by_another_site_is_refused(visitor: httpx2.AsyncClient) -> None:
    """A browser on another site cannot sign in for somebody, a client without a browser can."""
    body = {"username": "jean.dupont", "password": "demo"}
    answer = await visitor.post("/api/session", json=body, headers={"Origin": "https://evil.test"})
    assert answer.status_code == 403
    del visitor.headers["Origin"]
    assert (await visitor.post("/api/session", json=body)).status_code == 200
