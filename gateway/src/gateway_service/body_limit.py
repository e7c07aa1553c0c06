"""No request body is endless: ASGI middleware that stops reading at a limit, with 413."""

from collections.abc import Mapping

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

USUAL_OCTETS = 1024 * 1024


class BodyLimit:
    """Counts what arrives; raises HTTPException(413) in whoever reads the body."""

    def __init__(self, app: ASGIApp, larger: Mapping[str, int]) -> None:
        """Args: the limits in octets of the paths that take more than ``USUAL_OCTETS``."""
        self._app = app
        self._larger = larger

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request (ASGI)."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        limit = self._larger.get(scope["path"], USUAL_OCTETS)
        announced = Headers(scope=scope).get("content-length", "")
        received = int(announced) if announced.isdigit() and int(announced) > limit else 0

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
