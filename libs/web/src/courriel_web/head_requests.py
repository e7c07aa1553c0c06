"""HEAD wherever GET is answered (RFC 9110 section 9.3.2): ASGI middleware. FastAPI routes know GET alone."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send


class HeadRequests:
    """Has the application answer GET, and keeps the answer's header only. It stands outermost."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request (ASGI)."""
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self._app(scope, receive, send)
            return

        async def send_header(message: Message) -> None:
            await send({**message, "body": b""} if message["type"] == "http.response.body" else message)

        await self._app({**scope, "method": "GET"}, receive, send_header)
