"""Encryption at rest: what a service writes to Redis about people is sealed, and opens only for that service.

A *key ring* holds a service's master keys by id, the current one first; old ones stay to open what was sealed
before a rotation. A *sealed value* is ``version | key id | nonce | AES-256-GCM ciphertext and tag``
(NIST SP 800-38D). The working key is derived from the master key, an optional second secret that the service
does not store (a session's token), and the purpose, by HKDF-SHA-256 (RFC 5869). So neither Redis, nor the
master key, nor the second secret alone opens anything.

It stores nothing, and it knows nothing of what it seals.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
import re
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

__all__ = ["InvalidKeyRing", "KeyRing", "SealBroken"]

KEY_OCTETS = 32
NONCE_OCTETS = 12
VERSION = b"\x01"
_KEY_ID = re.compile(r"[A-Za-z0-9_-]{1,32}")


class SealError(Exception):
    """Base of this library's errors; none carries a key or a plain value."""


class InvalidKeyRing(SealError, ValueError):
    """The text is no key ring."""


class SealBroken(SealError):
    """The value was altered, belongs to another context, or was sealed under a key that is gone."""


@dataclass(frozen=True)
class KeyRing:
    """Master keys by id (``keys``, 32 octets each); ``current`` names the one that seals."""

    current: str
    keys: dict[str, bytes] = field(repr=False)

    @classmethod
    def parse(cls, text: str) -> KeyRing:
        """Read ``id:base64url-of-32-octets``, several separated by commas, the current one first.

        Raises InvalidKeyRing; the message never quotes a key.
        """
        keys: dict[str, bytes] = {}
        for position, entry in enumerate(text.split(","), start=1):
            identifier, _, encoded = entry.strip().partition(":")
            if not _KEY_ID.fullmatch(identifier):
                raise InvalidKeyRing(
                    f"key {position}: an id of letters, digits, - and _ must stand before the colon"
                )
            if identifier in keys:
                raise InvalidKeyRing(f"key {position}: the id {identifier!r} stands twice")
            try:
                key = base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4))
            except (binascii.Error, ValueError):
                key = b""
            if len(key) != KEY_OCTETS:
                raise InvalidKeyRing(
                    f"key {position} ({identifier}): {KEY_OCTETS} octets in base64url are needed"
                )
            keys[identifier] = key
        return cls(current=next(iter(keys)), keys=keys)

    @classmethod
    def of_secret(cls, secret: str) -> KeyRing:
        """Make a ring of a secret that two services share (their service credential)."""
        return cls(current="shared", keys={"shared": hashlib.sha256(secret.encode()).digest()})

    def seal_until(self, text: str, *, purpose: str, until: int) -> str:
        """Seal a text for a URL: base64url, to be opened before ``until`` (POSIX seconds)."""
        sealed = self.seal(f"{until} {text}".encode(), purpose=purpose)
        return base64.urlsafe_b64encode(sealed).rstrip(b"=").decode()

    def open_until(self, token: str, *, purpose: str, now: float) -> str:
        """Return the text that ``seal_until`` sealed. Raises SealBroken, also when it is too late."""
        try:
            sealed = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
        except (binascii.Error, ValueError) as error:
            raise SealBroken("not a sealed text") from error
        until, _, text = self.open(sealed, purpose=purpose).decode().partition(" ")
        if now > int(until):
            raise SealBroken("too late")
        return text

    def seal(self, plain: bytes, *, purpose: str, context: bytes = b"", secret: bytes = b"") -> bytes:
        """Encrypt ``plain`` under the current key.

        ``purpose`` separates uses (it goes into the derivation), ``context`` is authenticated but not stored
        (additional authenticated data), ``secret`` is the second secret, if any. All three must be given
        again to open.
        """
        nonce = os.urandom(NONCE_OCTETS)
        identifier = self.current.encode()
        head = VERSION + bytes([len(identifier)]) + identifier
        cipher = AESGCM(_derive(self.keys[self.current], purpose, secret))
        return head + nonce + cipher.encrypt(nonce, plain, head + context)

    def derive(self, *, purpose: str, secret: bytes) -> bytes:
        """Return a key of 32 octets for ``purpose``, from the current master key and the second secret.

        It lets another service seal what only this one's key and the secret together can open. A rotation
        changes it.
        """
        return _derive(self.keys[self.current], purpose, secret)

    def open(self, sealed: bytes, *, purpose: str, context: bytes = b"", secret: bytes = b"") -> bytes:
        """Decrypt what ``seal`` returned. Raises SealBroken for anything else."""
        if sealed[:1] != VERSION or len(sealed) < 2:  # noqa: PLR2004 — version and length octets
            raise SealBroken("not a sealed value")
        start = 2 + sealed[1]
        key = self.keys.get(sealed[2:start].decode("ascii", "replace"))
        if key is None:
            raise SealBroken("sealed under a key that is not in the ring")
        nonce, body = sealed[start : start + NONCE_OCTETS], sealed[start + NONCE_OCTETS :]
        try:
            return AESGCM(_derive(key, purpose, secret)).decrypt(nonce, body, sealed[:start] + context)
        except (InvalidTag, ValueError) as error:
            raise SealBroken("altered, or sealed for another context") from error


def _derive(key: bytes, purpose: str, secret: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=KEY_OCTETS, salt=secret or None, info=purpose.encode()).derive(key)
