"""An answer that goes on for as long as somebody listens, such as an event stream."""

import asyncio
from collections.abc import AsyncGenerator

from fastapi.responses import StreamingResponse
from starlette.types import Receive, Scope, Send


class LiveResponse(StreamingResponse):
    """Ends its content, a generator of text, at once when the client hangs up.

    StreamingResponse may notice that only when it has something to send again.
    """

    def __init__(self, content: AsyncGenerator[str], media_type: str, **headers: str) -> None:
        """Args: what is sent as it comes, its type, and other headers (``_`` stands for ``-``)."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        super().__init__(content, media_type=media_type, headers=named)
        self._content = content

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer (ASGI)."""
        del scope
        sending = asyncio.create_task(self.stream_response(send))
        listening = asyncio.create_task(self.listen_for_disconnect(receive))
        try:
            await asyncio.wait({sending, listening}, return_when=asyncio.FIRST_COMPLETED)
            if sending.done():
                sending.result()
        finally:
            for task in (sending, listening):
                task.cancel()
            await asyncio.gather(sending, listening, return_exceptions=True)
            await self._content.aclose()
