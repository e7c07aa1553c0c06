"""Another webmail's side of the lock API (lock-api.md), whole, with the standard library alone."""

import json
from base64 import b64encode
from typing import Any
from urllib.error import HTTPError
from urllib.parse import quote
from urllib.request import Request, urlopen


class LockClient:
    """``url``: where people reach Courriel léger; ``name`` and ``secret``: as in AUTH_LOCK_CLIENTS there."""

    def __init__(self, url: str, name: str, secret: str) -> None:
        self._url = url + "/api/locks/"
        basic = b64encode(f"{name}:{secret}".encode()).decode()
        self._headers = {"Authorization": f"Basic {basic}", "Content-Type": "application/json"}

    def claim(self, mailbox: str, holder: str, ttl: int = 60, *, takeover: bool = False) -> tuple[int, Any]:
        """Acquire or renew. 200 `fence`, `expires_at`; 409 `application`, `since`, `takeover`."""
        body = json.dumps({"holder": holder, "ttl_seconds": ttl, "takeover": takeover})
        return self._call("PUT", quote(mailbox, safe=""), body.encode())

    def release(self, mailbox: str, holder: str) -> tuple[int, Any]:
        """Free the mailbox where this session has it. 204, also where it has not."""
        return self._call("DELETE", f"{quote(mailbox, safe='')}?holder={quote(holder, safe='')}")

    def _call(self, method: str, path: str, body: bytes | None = None) -> tuple[int, Any]:
        """Return status and JSON. Raises OSError where nobody answers."""
        try:
            answer = urlopen(Request(self._url + path, body, self._headers, method=method), timeout=20)
        except HTTPError as refusal:
            answer = refusal
        with answer:
            return answer.status, json.loads(answer.read() or "null")
