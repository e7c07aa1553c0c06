"""The warning before a session ends for lack of activity, without any script.

Pages tell the browser to come back by itself (``Refresh``, a header that every browser follows as it does
``<meta http-equiv="refresh">``): two minutes before the end for the warning, or earlier for the list, where
the person wants it refreshed. Neither counts as activity. Pages with a form of typed text are left alone:
nothing typed may be lost.
"""

from datetime import UTC, datetime
from urllib.parse import quote, urlsplit

from fastapi import Request
from starlette.responses import Response

from gateway_service.browser_session import Visitor

WARNING_SECONDS = 120
WARNING_PAGE = "/session/warning"
HOME = "/messages"


def warning_margin(idle_seconds: int) -> int:
    """Return how long before the end people are warned, in seconds; less where the idle limit is short."""
    return min(WARNING_SECONDS, idle_seconds // 2) if idle_seconds else WARNING_SECONDS


def margin(visitor: Visitor) -> int:
    """Return the margin of a visitor's session."""
    return warning_margin(visitor.idle_seconds)


def seconds_left(visitor: Visitor) -> int | None:
    """Return after how many seconds the session ends without activity; None where auth does not tell."""
    return None if visitor.ends_at is None else int((visitor.ends_at - datetime.now(UTC)).total_seconds())


def come_back(request: Request, answer: Response, visitor: Visitor, *, polled: str = "") -> Response:
    """Let the browser come back for the warning, or for ``polled``, the list's URL, where that is earlier."""
    left = seconds_left(visitor)
    if left is None:
        return answer
    # Nearer to the end than the margin, right after activity: that is the absolute limit.
    wait = left - margin(visitor) if left > margin(visitor) else left + 1
    here = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    where = f"{WARNING_PAGE}?back={quote(here, safe='')}"
    if polled and visitor.display.refresh_seconds and visitor.display.refresh_seconds < wait:
        wait, where = visitor.display.refresh_seconds, polled
    answer.headers["Refresh"] = f"{max(1, wait)}; url={where}"
    return answer


def own_page(path: str) -> str:
    """Return ``path`` where it is one of our pages, else the inbox: no link leads elsewhere."""
    parts = urlsplit(path)
    is_ours = path.startswith("/") and not path.startswith(("//", "/\\")) and not parts.netloc
    return path if is_ours and path.isprintable() and len(path) < 2000 else HOME  # noqa: PLR2004 — a URL
