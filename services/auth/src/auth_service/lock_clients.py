"""The webmails that may use the lock API, as configured: names (which people are told) and secrets.

Refuses with a message that shows no secret, nor what may be one.
"""

import re
from collections.abc import Mapping

from pydantic import SecretStr

MIN_SECRET_LENGTH = 16
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_SECRET = re.compile(
    rf"[!-~]{{{MIN_SECRET_LENGTH},}}"
)  # of HTTP Basic only ASCII is read the same everywhere


def parse_lock_clients(text: SecretStr | None) -> Mapping[str, SecretStr]:
    """Read ``name:secret,name2:secret2``; None and "" are nobody.

    Raises ValueError with a message to show.
    """
    clients: dict[str, SecretStr] = {}
    entries = text.get_secret_value().split(",") if text and text.get_secret_value() else []
    for number, entry in enumerate(entries, 1):
        name, colon, secret = entry.strip().partition(":")
        if not colon or not _NAME.fullmatch(name):
            raise ValueError(
                f"client {number}: a name of letters, digits, . _ and - must stand before the colon"
            )
        if name in clients:
            raise ValueError(f"client {number} ({name}): this name stands there twice")
        if not _SECRET.fullmatch(secret):
            raise ValueError(
                f"client {number} ({name}): the secret must have at least {MIN_SECRET_LENGTH} characters, "
                "all of them visible ASCII"
            )
        clients[name] = SecretStr(secret)
    return clients
