"""The bearer token of a session: made here, handed out once, never stored. Redis knows its SHA-256 only."""

import hashlib
import secrets

from courriel_web.routing import routing_hint

SECRET_OCTETS = 32


def new_token(mailbox: str) -> str:
    """Make a token: the mailbox's public routing hint, a dot, 256 random bits in base64url."""
    return f"{routing_hint(mailbox)}.{secrets.token_urlsafe(SECRET_OCTETS)}"


def digest_of(token: str) -> str:
    """Return the SHA-256 under which a token's session is stored, 64 hexadecimal digits."""
    return hashlib.sha256(token.encode()).hexdigest()
