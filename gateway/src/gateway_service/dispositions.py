"""Content-Disposition for any file name (RFC 6266, RFC 8187)."""

import re
from urllib.parse import quote

_UNSAFE = re.compile(r'[\x00-\x1f\x7f/\\:*?"<>|\u202a-\u202e\u2066-\u2069]+')
MAX_NAME = 200


def attachment(filename: str) -> str:
    """Return a header value that makes a browser save the answer under ``filename``."""
    name = " ".join(_UNSAFE.sub(" ", filename).split()).strip(" .")[:MAX_NAME] or "fichier"
    encoded = quote(name.encode("utf-8", "replace"), safe="")
    return f"attachment; filename*=UTF-8''{encoded}"
