"""Knowing a login again while its connection lasts, without keeping the login.

A mark is an HMAC-SHA256 (RFC 2104) under a key of this process: it says that two logins are the same, and
nothing to whoever has not the key. It proves nothing by itself: the mail server does.
"""

import hmac
import json
import secrets
from collections.abc import Iterable

from mailbox_service.connections import Login

KEY_OCTETS = 32


class KnownLogins:
    """Makes marks, and compares logins with them."""

    def __init__(self) -> None:
        self._key = secrets.token_bytes(KEY_OCTETS)

    def mark(self, login: Login) -> bytes:
        """Return the mark of a login; other logins have others."""
        return hmac.digest(self._key, json.dumps([login.username, login.password]).encode(), "sha256")

    def recognise(self, login: Login, marks: Iterable[bytes]) -> bool:
        """Tell whether one of these marks is that of ``login``."""
        mark = self.mark(login)
        return any(hmac.compare_digest(mark, each) for each in marks)
