"""Answers whose bytes come from another service and pass through, a chunk at a time."""

from collections.abc import Mapping
from contextlib import AsyncExitStack
from typing import Self

from fastapi.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from gateway_service.services import Download, Downloading


class PipedResponse(StreamingResponse):
    """Closes the connection to the service when the answer ends, however it ends."""

    def __init__(self, stack: AsyncExitStack, download: Download, headers: Mapping[str, str]) -> None:
        """Args: what closes the download, the download, and headers that stand over the service's own."""
        told = {
            "Content-Length": None if download.length is None else str(download.length),
            "Content-Disposition": download.disposition,
            "Content-Type": download.content_type,
        }
        super().__init__(
            download.chunks, headers={name: value for name, value in told.items() if value} | dict(headers)
        )
        self._stack = stack

    @classmethod
    async def of(cls, downloading: Downloading, headers: Mapping[str, str] | None = None) -> Self:
        """Open the download, so that a refusal is told as such, and answer with it."""
        async with AsyncExitStack() as opening:
            download = await opening.enter_async_context(downloading)
            return cls(opening.pop_all(), download, headers or {})

    async def close(self) -> None:
        """Give up on an answer that will not be sent."""
        await self._stack.aclose()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it (ASGI)."""
        async with self._stack:
            await super().__call__(scope, receive, send)
