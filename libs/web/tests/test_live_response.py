"""An answer without an end of its own ends with whoever listens, and with the process."""

import asyncio
import os
import signal
from collections.abc import AsyncGenerator

from starlette.types import Message

from courriel_web.end_signal import calling_at_end_signal
from courriel_web.live_response import LiveResponse


async def test_it_ends_at_once_when_the_client_hangs_up() -> None:
    """Although there is nothing to send."""
    sent: list[Message] = []
    begun, closed = asyncio.Event(), asyncio.Event()

    async def text() -> AsyncGenerator[str]:
        try:
            yield "a"
            begun.set()
            await asyncio.Event().wait()
        finally:
            closed.set()

    async def receive() -> Message:
        await begun.wait()
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        sent.append(message)

    async with asyncio.timeout(5):
        await LiveResponse(text(), "text/plain", X_Test="1")({"type": "http"}, receive, send)
    assert closed.is_set()
    assert dict(sent[0]["headers"])[b"x-test"] == b"1"
    assert [message.get("body") for message in sent[1:]] == [b"a"]


async def test_it_ends_with_its_content() -> None:
    """As any other answer does."""
    sent: list[Message] = []

    async def text() -> AsyncGenerator[str]:
        yield "a"

    async def receive() -> Message:
        await asyncio.Event().wait()
        raise AssertionError

    async def send(message: Message) -> None:
        sent.append(message)

    async with asyncio.timeout(5):
        await LiveResponse(text(), "text/plain")({"type": "http"}, receive, send)
    assert sent[-1] == {"type": "http.response.body", "body": b"", "more_body": False}


async def test_the_end_signal_is_heard_before_the_server_acts_on_it() -> None:
    """What was done at the signal before is done as well, and again alone afterwards."""
    heard: list[str] = []
    called = asyncio.Event()
    before = signal.signal(signal.SIGTERM, lambda *_: heard.append("server"))
    try:
        with calling_at_end_signal(called.set):
            os.kill(os.getpid(), signal.SIGTERM)
            async with asyncio.timeout(5):
                await called.wait()
        called.clear()
        os.kill(os.getpid(), signal.SIGTERM)
        await asyncio.sleep(0)
    finally:
        signal.signal(signal.SIGTERM, before)
    assert heard == ["server", "server"]
    assert not called.is_set()
