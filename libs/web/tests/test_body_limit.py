"""Bodies are bounded, announced or not."""

import pytest
from starlette.exceptions import HTTPException
from starlette.types import Message, Receive, Scope, Send

from courriel_web.body_limit import BodyLimit


async def _read(chunks: list[bytes], *, path: str = "/", length: int | None = None) -> bytes:
    """Read a whole body through the middleware (limit 10, none at /streamed)."""
    body = b""
    waiting = list(chunks)

    async def receive() -> Message:
        chunk = waiting.pop(0)
        return {"type": "http.request", "body": chunk, "more_body": bool(waiting)}

    async def send(_message: Message) -> None:
        """Nobody answers here."""

    async def app(_scope: Scope, receive: Receive, _send: Send) -> None:
        nonlocal body
        more = True
        while more:
            message = await receive()
            body += message["body"]
            more = message["more_body"]

    headers = [] if length is None else [(b"content-length", str(length).encode())]
    scope = {"type": "http", "path": path, "headers": headers}
    await BodyLimit(app, 10, {"/streamed": None})(scope, receive, send)
    return body


async def test_a_body_of_exactly_the_limit_passes() -> None:
    """Ten octets are ten octets, in however many pieces."""
    assert await _read([b"12345", b"67890"], length=10) == b"1234567890"


@pytest.mark.parametrize(
    ("chunks", "length"), [([b"12345", b"678901"], None), ([b"12345678901"], 11), ([b"never read"], 11)]
)
async def test_more_is_refused(chunks: list[bytes], length: int | None) -> None:
    """With 413, at the announcement or at the first octet too many."""
    with pytest.raises(HTTPException) as refused:
        await _read(chunks, length=length)
    assert refused.value.status_code == 413


async def test_a_path_may_count_by_itself() -> None:
    """What is streamed elsewhere is not counted here."""
    assert await _read([b"x" * 100], path="/streamed") == b"x" * 100
