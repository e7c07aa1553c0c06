"""No request body is endless: ASGI middleware that stops reading at a limit, with 413.

It knows no route: a path that counts its stream itself is named by the application, with None.
"""

from collections.abc import Mapping

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send


class BodyLimit:
    """Counts what arrives; raises HTTPException(413) in whoever reads the body."""

    def __init__(self, app: ASGIApp, octets: int, other: Mapping[str, int | None] | None = None) -> None:
        """Args: the limit in octets, and those of the paths that have another (None: none)."""
        self._app = app
        self._octets = octets
        self._other = other or {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request (ASGI)."""
        limit = self._other.get(scope["path"], self._octets) if scope["type"] == "http" else None
        if limit is None:
            await self._app(scope, receive, send)
            return
        announced = Headers(scope=scope).get("content-length", "")
        received = int(announced) if announced.isdecimal() and int(announced) > limit else 0

        async def receive_limited() -> Message:
            nonlocal received
            if received > limit:
                raise HTTPException(413)
            message = await receive()
            received += len(message.get("body", b""))
            if received > limit:
                raise HTTPException(413)
            return message

        await self._app(scope, receive_limited, send)
