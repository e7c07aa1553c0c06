"""The warning before a session ends: when it comes, what it offers, and that it is no activity."""

from datetime import UTC, datetime, timedelta

import httpx2
import pytest
from gateway_fakes import FakeAuth, FakeMailbox

from courriel_wire import Settings
from gateway_service.session_end import own_page

IDLE = 1800
GOOD = {"username": "jean.dupont", "password": "demo"}


def expire_in(auth: FakeAuth, seconds: float) -> None:
    """Let sessions end so many seconds from now."""
    auth.idle_seconds, auth.ends_at = IDLE, datetime.now(UTC) + timedelta(seconds=seconds)


def refresh_of(answer: httpx2.Response) -> tuple[int, str]:
    """Read when and where the browser comes back by itself."""
    seconds, _, where = answer.headers["refresh"].partition("; url=")
    return int(seconds), where


@pytest.mark.parametrize("path", ["/messages?page=1", "/messages/m1", "/outbox"])
async def test_pages_come_back_two_minutes_before_the_end(
    browser: httpx2.AsyncClient, auth: FakeAuth, path: str
) -> None:
    """The warning knows from where it was called, so that people can go back."""
    expire_in(auth, IDLE)
    seconds, where = refresh_of(await browser.get(path))
    assert IDLE - 122 <= seconds <= IDLE - 120
    assert (
        where == f"/session/warning?back={path.replace('/', '%2F').replace('?', '%3F').replace('=', '%3D')}"
    )


@pytest.mark.parametrize("path", ["/compose", "/settings"])
async def test_no_page_with_typed_text_goes_away(
    browser: httpx2.AsyncClient, auth: FakeAuth, path: str
) -> None:
    """What is being typed must not be lost to a warning."""
    expire_in(auth, IDLE)
    assert "refresh" not in (await browser.get(path)).headers


async def test_the_warning_is_no_activity(browser: httpx2.AsyncClient, auth: FakeAuth) -> None:
    """It says when the session ends, offers to stay, and comes back when it is over."""
    expire_in(auth, 100)
    answer = await browser.get("/session/warning?back=/messages%3Fpage=2")
    assert auth.activity[-1] is False
    assert "Faute d’activité, elle prendra fin à" in answer.text
    assert "Rester connecté" in answer.text
    assert 'name="back" value="/messages?page=2"' in answer.text
    seconds, where = refresh_of(answer)
    assert (100 <= seconds <= 101, where) == (True, "/session/warning")


async def test_the_warning_leads_on_when_it_is_over(browser: httpx2.AsyncClient, auth: FakeAuth) -> None:
    """The page after it says that the session has ended."""
    auth.sessions.clear()
    assert (await browser.get("/session/warning")).headers["location"] == "/sign-in?why=ended"


async def test_another_window_s_activity_leaves_the_page_alone(
    browser: httpx2.AsyncClient, auth: FakeAuth
) -> None:
    """Where the session goes on there is nothing to warn of, and the page stays as it is."""
    expire_in(auth, 1000)
    assert (await browser.get("/session/warning?back=/messages")).status_code == 204


async def test_staying_is_activity(browser: httpx2.AsyncClient, auth: FakeAuth) -> None:
    """« Rester connecté » renews the session and leads back."""
    expire_in(auth, IDLE)
    answer = await browser.post("/session/stay", data={"back": "/messages?page=2"})
    assert auth.activity[-1] is True
    assert answer.headers["location"] == "/messages?page=2"


async def test_the_absolute_limit_is_told(browser: httpx2.AsyncClient, auth: FakeAuth) -> None:
    """Where activity prolongs nothing more, people read until when they have."""
    expire_in(auth, 60)
    answer = await browser.post("/session/stay", data={"back": "/messages"})
    page = await browser.get(answer.headers["location"])
    assert "ne peut pas être prolongée" in page.text
    assert "Rester connecté" not in page.text
    assert refresh_of(await browser.get("/outbox"))[0] in (60, 61)


async def test_the_list_refreshes_where_chosen(
    visitor: httpx2.AsyncClient, auth: FakeAuth, mailbox: FakeMailbox
) -> None:
    """The list comes anew after the chosen time, which is no activity; other pages do not."""
    mailbox.chosen = Settings(refresh_seconds=300)
    await visitor.post("/sign-in", data=GOOD)
    expire_in(auth, IDLE)
    seconds, where = refresh_of(await visitor.get("/messages"))
    assert (seconds, where) == (300, "/messages?page=1&refresh=1&polled=1")
    await visitor.get(where)
    assert auth.activity[-1] is False
    assert mailbox.activity == [True, False]
    assert refresh_of(await visitor.get("/outbox"))[0] > 300
    assert refresh_of(await visitor.get("/messages?open=m1"))[0] > 300


async def test_the_warning_comes_before_a_late_refresh(
    visitor: httpx2.AsyncClient, auth: FakeAuth, mailbox: FakeMailbox
) -> None:
    """Refreshing without end does not hide that the session ends."""
    mailbox.chosen = Settings(refresh_seconds=300)
    await visitor.post("/sign-in", data=GOOD)
    expire_in(auth, 360)
    seconds, where = refresh_of(await visitor.get("/messages?refresh=1&polled=1"))
    assert seconds <= 240
    assert where.startswith("/session/warning")


@pytest.mark.parametrize(
    "path",
    ["//evil.example", "https://evil.example/", "/\\evil.example", "messages", "", "/a\nb", "/" + "x" * 2000],
)
def test_no_way_back_leads_elsewhere(path: str) -> None:
    """Whatever a link says, people stay here."""
    assert own_page(path) == "/messages"
