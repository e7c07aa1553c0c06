"""What every answer tells the browser about how far to trust it: ASGI middleware.

A route may set a header of its own (the message's frame does); only what it left out is added here.
"""

import re

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

PAGE_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; frame-src 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
API_POLICY = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; sandbox"
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=(), browsing-topics=()",
    # No policy covers names: Firefox (153, measured) looks up the hosts that links lead to, before any click.
    "X-DNS-Prefetch-Control": "off",
    "Cache-Control": "no-store",
}
_AHEAD = re.compile(r"<(i?frame|link)", re.IGNORECASE)
STRICT_TRANSPORT = "max-age=31536000"


def frame_policy(images: str) -> str:
    """Return the policy of a message's own frame; ``images`` are the URLs under which its images are.

    The frame has an opaque origin: no script, no cookie, no form, and no image but its own.
    """
    return (
        f"default-src 'none'; img-src {images}; style-src 'unsafe-inline'; base-uri 'none'; "
        "form-action 'none'; frame-ancestors 'self'; sandbox allow-popups allow-popups-to-escape-sandbox"
    )


def connects_ahead(html: str) -> bool:
    """Whether a browser would connect elsewhere before it obeys the policy.

    Chromium (156, measured) connects to the host of a frame in the frame while it reads ahead, Firefox (153)
    to that of a link element with rel=preconnect. No sanitised message has either: the sanitiser is not
    trusted to.
    """
    return bool(_AHEAD.search(html))


class SecureHeaders:
    """Adds the headers that an answer does not have yet."""

    def __init__(self, app: ASGIApp, *, secure: bool) -> None:
        """Args: ``secure`` where people reach us by https only."""
        self._app = app
        self._secure = secure

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request (ASGI)."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                # A file of somebody's mail is no page of ours, whatever its type.
                is_page = (
                    headers.get("content-type", "").startswith("text/html")
                    and "content-disposition" not in headers
                )
                headers.setdefault("Content-Security-Policy", PAGE_POLICY if is_page else API_POLICY)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
                if self._secure:
                    headers.setdefault("Strict-Transport-Security", STRICT_TRANSPORT)
            await send(message)

        await self._app(scope, receive, send_with_headers)
