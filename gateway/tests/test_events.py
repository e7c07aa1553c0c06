"""The stream of events: merged from three services, no activity, and ended when it should be."""

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI
from gateway_fakes import NOON, FakeAuth, FakeMailbox, FakeSender, outbox_entry, problem

from courriel_web.service_client import UpstreamProblem, UpstreamUnavailable
from courriel_wire import Code, MaildropChange, RecipientState
from gateway_service.events import EventStreams, Pace
from gateway_service.services import Services

QUICK = Pace(outbox=0.01, quiet=0.01, session=0.01, heartbeat=0.05, mailbox=0.01, retry=3)


def change(state: str, **given: Any) -> MaildropChange:
    """Make a change."""
    return MaildropChange(state=state, total=1, unread=1, as_of=NOON, **given)


class Browser:
    """A stream that is being read, event by event."""

    def __init__(self, text: AsyncGenerator[str]) -> None:
        self.text = text

    async def next(self) -> tuple[str, dict[str, Any], str]:
        """Return the next event's name, data and id; signs of life are passed over."""
        async with asyncio.timeout(5):
            async for piece in self.text:
                if piece.startswith("id:"):
                    fields = dict(line.split(": ", 1) for line in piece.strip().splitlines())
                    return fields["event"], json.loads(fields["data"]), fields["id"]
        raise AssertionError("the stream has ended")

    async def end(self) -> list[str]:
        """Read to the end."""
        async with asyncio.timeout(5):
            return [piece async for piece in self.text]


@pytest.fixture
def services(app: FastAPI) -> Services:
    """Take this test's fakes."""
    services: Services = app.state.services
    return services


@pytest.fixture
def token(auth: FakeAuth) -> str:
    """Sign in."""
    return auth.open_session("jean.dupont")


@pytest.fixture
async def browser(services: Services, token: str) -> AsyncIterator[Browser]:
    """Open a stream."""
    text = await EventStreams(QUICK).open(services, token, "")
    yield Browser(text)
    await text.aclose()


async def test_three_services_are_one_stream(
    browser: Browser, mailbox: FakeMailbox, sender: FakeSender, auth: FakeAuth, token: str
) -> None:
    """Messages, deliveries, the warning and the end; nothing of it is activity."""
    assert await anext(browser.text) == "retry: 3000\n\n"
    mailbox.told.put_nowait(change("s1", new=("m1",)))
    name, data, _ = await browser.next()
    assert (name, data["new"], data["total"]) == ("messages", ["m1"], 1)
    sender.entries.append(outbox_entry("e1", RecipientState.SENDING))
    name, data, _ = await browser.next()
    assert (name, data["id"], data["state"]) == ("delivery", "e1", "sending")
    sender.entries[0] = outbox_entry("e1", RecipientState.SENT)
    assert (await browser.next())[1]["state"] == "sent"
    auth.ends_at = datetime.now(UTC) + timedelta(seconds=100)
    name, data, _ = await browser.next()
    assert (name, datetime.fromisoformat(data["expires_at"])) == ("session-warning", auth.ends_at)
    auth.reason = "taken-over"
    del auth.sessions[token]
    mailbox.told.put_nowait(None)
    name, data, _ = await browser.next()
    assert (name, data) == ("session-ended", {"reason": "taken-over"})
    assert await browser.end() == []
    assert auth.activity.count(True) == 0
    assert mailbox.followers == 0


async def test_a_browser_that_comes_back_is_told_what_is_different(
    browser: Browser, services: Services, token: str, mailbox: FakeMailbox, sender: FakeSender
) -> None:
    """The last id says from which state on; deliveries that ended meanwhile are told."""
    sender.entries.append(outbox_entry("e1", RecipientState.SENDING))
    mailbox.told.put_nowait(change("s1"))
    _, _, last = await browser.next()
    again = await EventStreams(QUICK).open(services, token, last)
    assert mailbox.asked[-1] == ("changes", token, "s1")
    sender.entries[0] = outbox_entry("e1", RecipientState.FAILED)
    name, data, _ = await Browser(again).next()
    assert (name, data["state"]) == ("delivery", "failed")
    await again.aclose()


async def test_a_mailbox_that_went_away_is_asked_again(browser: Browser, mailbox: FakeMailbox) -> None:
    """From the state that was told last."""
    mailbox.told.put_nowait(change("s1"))
    await browser.next()
    mailbox.failure = UpstreamUnavailable()
    mailbox.told.put_nowait(None)
    for _ in range(3):
        await anext(browser.text)
    mailbox.failure = None
    mailbox.told.put_nowait(change("s2"))
    assert (await browser.next())[2].startswith("s2.")
    assert mailbox.asked[-1][-1] == "s1"


async def test_a_stop_ends_streams(services: Services, token: str, mailbox: FakeMailbox) -> None:
    """Those that are open, and one that comes at that moment."""
    streams = EventStreams(QUICK)
    text = await streams.open(services, token, "")
    await anext(text)
    streams.close()
    assert [piece for piece in await Browser(text).end() if piece != ":\n\n"] == []
    late = await streams.open(services, token, "")
    assert len([piece for piece in await Browser(late).end() if piece != ":\n\n"]) == 1
    assert mailbox.followers == 0


@pytest.mark.parametrize(
    "refusal", [problem(Code.TOO_MANY_STREAMS, 429, 30), problem(Code.SESSION_ENDED, 401, reason="unknown")]
)
async def test_what_mailbox_refuses_is_told_before_the_stream(
    client: httpx2.AsyncClient, mailbox: FakeMailbox, refusal: UpstreamProblem
) -> None:
    """As a problem, not as an empty stream."""
    mailbox.failure = refusal
    answer = await client.get("/api/events")
    assert (answer.status_code, answer.json()["type"]) == (refusal.problem.status, refusal.problem.type)


async def test_over_http(client: httpx2.AsyncClient, auth: FakeAuth, mailbox: FakeMailbox) -> None:
    """A stream of text/event-stream, not stored, not collected by a proxy."""
    auth.sessions.clear()
    answer = await client.get("/api/events", headers={"Last-Event-ID": "abc.def"})
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert (answer.headers["cache-control"], answer.headers["x-accel-buffering"]) == ("no-store", "no")
    assert answer.text.startswith("retry: 3000\n\n")
    assert "event: session-ended\n" in answer.text
    assert mailbox.asked[-1][-1] == "abc"
