"""The secrets of one demo: made at random once, kept in a file that only its owner may read.

They are kept so that sessions survive a restart of the demo. Nothing here shows, logs or sends them.
"""

from __future__ import annotations

import base64
import os
import secrets
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_CREDENTIALS = (
    "GATEWAY_SECRET",
    "AUTH_SECRET",
    "MAILBOX_SECRET",
    "SENDER_SECRET",
    "DIRECTORY_SECRET",
    "VALKEY_PASSWORD",
)
_KEYS = ("AUTH_KEYS", "MAILBOX_KEYS", "SENDER_KEYS")
_KEY_OCTETS = 32


def keep_secrets(file: Path) -> dict[str, str]:
    """Return the secrets in `file` by variable name; those that are missing are made and written first."""
    kept = dict(line.split("=", 1) for line in file.read_text().splitlines()) if file.exists() else {}
    made = {name: secrets.token_urlsafe(_KEY_OCTETS) for name in _CREDENTIALS}
    made |= {name: f"demo:{_key()}" for name in _KEYS}
    if made.keys() - kept.keys():
        kept = made | kept
        draft = file.with_suffix(".new")
        draft.unlink(missing_ok=True)
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as writing:
            writing.writelines(f"{name}={value}\n" for name, value in kept.items())
        draft.replace(file)
    return kept


def _key() -> str:
    return base64.urlsafe_b64encode(secrets.token_bytes(_KEY_OCTETS)).decode()
