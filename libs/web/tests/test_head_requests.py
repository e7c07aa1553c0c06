"""HEAD is GET without a body."""

from starlette.types import Message, Receive, Scope, Send

from courriel_web.head_requests import HeadRequests


async def _answer(method: str) -> list[Message]:
    """Ask an application that answers GET with two octets."""
    sent: list[Message] = []

    async def app(scope: Scope, _receive: Receive, send: Send) -> None:
        status = 200 if scope["method"] == "GET" else 405
        await send({"type": "http.response.start", "status": status, "headers": [(b"content-length", b"2")]})
        await send({"type": "http.response.body", "body": b"ok"})

    async def receive() -> Message:
        return {"type": "http.request", "body": b""}

    async def send(message: Message) -> None:
        sent.append(message)

    await HeadRequests(app)({"type": "http", "method": method}, receive, send)
    return sent


async def test_head_has_the_header_of_get_and_no_body() -> None:
    """Status and length are those of GET; not one octet follows."""
    head, get = await _answer("HEAD"), await _answer("GET")
    assert head[0] == get[0]
    assert [message["body"] for message in (head[1], get[1])] == [b"", b"ok"]


async def test_other_methods_are_left_alone() -> None:
    """What the application refuses stays refused."""
    assert (await _answer("DELETE"))[0]["status"] == 405
