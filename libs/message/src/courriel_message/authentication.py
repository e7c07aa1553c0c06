"""What the receiving server found out about the sender: Authentication-Results (RFC 8601).

Only the server that one trusts counts, by its name (authserv-id), and of its fields only the topmost: those
below may have come with the message. It checks no signature itself.
"""

import re
from collections.abc import Iterable
from typing import Final

_METHODS: Final = ("dmarc", "dkim", "spf")
_RESULT: Final = re.compile(r"\s*([a-z0-9-]{1,20})(?:/\d+)?\s*=\s*([a-z]{1,20})", re.IGNORECASE)
_COMMENT: Final = re.compile(r"\([^()]{0,500}\)")
_MAX: Final = 4000  # characters of the field


def authentication_results(headers: Iterable[tuple[str, str]], server: str) -> dict[str, str]:
    """Return the results (`pass`, `fail`, `none`…) of dmarc, dkim and spf, as far as `server` gave any.

    Of several DKIM signatures the best counts.
    """
    for name, value in headers:
        if name.lower() != "authentication-results":
            continue
        identifier, *statements = _COMMENT.sub("", value[:_MAX]).split(";")
        if identifier.split()[:1] != [server]:
            continue
        results: dict[str, str] = {}
        for found in map(_RESULT.match, statements):
            if found and found[1].lower() in _METHODS and results.get(found[1].lower()) != "pass":
                results[found[1].lower()] = found[2].lower()
        return results
    return {}
