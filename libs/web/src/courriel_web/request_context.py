"""One id a request, from the browser to the worker, in every log line and in the answer.

An exception that nothing handled is answered here, by the handler the application has for it, so that this
answer carries the id as well.

The access log names the route's template, so that no uid, query or token of a URL reaches a log.
"""

import re
import secrets
import time
from contextvars import ContextVar

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

REQUEST_ID_HEADER = "X-Request-ID"
_WELL_FORMED = re.compile(r"[A-Za-z0-9_-]{8,64}")
_QUIET = ("/health/live", "/health/ready")

request_id: ContextVar[str] = ContextVar("request_id", default="")
log = structlog.get_logger(__name__)


class RequestContext:
    """ASGI middleware: takes the caller's request id or makes one, answers with it, logs the outcome."""

    def __init__(self, app: ASGIApp, *, trust_incoming: bool = True) -> None:
        """Args: ``trust_incoming`` is off at the edge of the system, where anybody may send anything."""
        self._app = app
        self._trust_incoming = trust_incoming

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request (ASGI)."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        incoming = Headers(scope=scope).get(REQUEST_ID_HEADER, "")
        accepted = self._trust_incoming and _WELL_FORMED.fullmatch(incoming)
        identifier = incoming if accepted else secrets.token_urlsafe(12)
        request_id.set(identifier)
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=identifier)
        started = time.perf_counter()
        status = 0

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)[REQUEST_ID_HEADER] = identifier
            await send(message)

        try:
            await self._app(scope, receive, send_with_id)
        except Exception as error:
            if status:  # the answer is on its way: all that is left is to break it off
                raise
            answer = await scope["app"].exception_handlers[Exception](Request(scope), error)
            await answer(scope, receive, send_with_id)
        finally:
            if scope["path"] not in _QUIET:
                log.info(
                    "request",
                    method=scope["method"],
                    route=getattr(scope.get("route"), "path", "(no route)"),
                    status=status,
                    ms=round((time.perf_counter() - started) * 1000, 1),
                )
