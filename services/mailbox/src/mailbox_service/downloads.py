"""Octets as HTTP answers that a browser saves and never shows or guesses at."""

import re
from urllib.parse import quote

from fastapi.responses import Response

_NOT_QUOTABLE = re.compile(r'[^\x20-\x7e]|["\\%]')


def download(content: bytes, *, filename: str, content_type: str) -> Response:
    """Answer with a file to be saved under ``filename`` (RFC 6266, appendix D: both forms of the name)."""
    plain = _NOT_QUOTABLE.sub("_", filename)
    exact = quote(filename, safe="", errors="replace")
    return Response(
        content,
        headers={
            "Content-Type": content_type,
            "Content-Disposition": f"attachment; filename=\"{plain}\"; filename*=UTF-8''{exact}",
            "X-Content-Type-Options": "nosniff",
            "Cache-Control": "no-store",
        },
    )
