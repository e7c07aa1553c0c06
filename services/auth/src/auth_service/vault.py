"""What auth seals: what opens a session's maildrop again, and the address a mailbox was last opened from.

It also derives the key under which mailbox caches what it reads of a mailbox: it follows from the password,
auth's key and the mailbox's name, so that the cache opens only for who signs in.

A credential opens with all three of the sealed value (in Redis), the session's token (with the person) and
auth's key ring. Nothing is stored here.
"""

import base64
import json

from pydantic import SecretStr

from auth_service.errors import SessionEnded
from courriel_seal import KeyRing, SealBroken

CREDENTIAL = "pop3 password and address"
ADDRESS = "address of the last sign-in"
CACHE = "mailbox cache: "


class Vault:
    """Seals and opens under auth's key ring."""

    def __init__(self, keys: KeyRing) -> None:
        self._keys = keys

    def seal_credential(self, password: SecretStr, client_address: str, *, sid: str, token: str) -> bytes:
        """Seal what signed session ``sid`` in under its token: the password, and where it came from."""
        plain = json.dumps([password.get_secret_value(), client_address]).encode()
        return self._keys.seal(plain, purpose=CREDENTIAL, context=sid.encode(), secret=token.encode())

    def open_credential(self, sealed: bytes, *, sid: str, token: str) -> tuple[SecretStr, str]:
        """Open what ``seal_credential`` sealed.

        Raises SessionEnded where the key has left the ring meanwhile: the person must sign in again.
        """
        try:
            plain = self._keys.open(sealed, purpose=CREDENTIAL, context=sid.encode(), secret=token.encode())
        except SealBroken as error:
            raise SessionEnded("unknown") from error
        password, client_address = json.loads(plain)
        return SecretStr(password), client_address

    def cache_key(self, password: SecretStr, *, mailbox: str) -> SecretStr:
        """Derive the key of the mailbox's cache: 32 octets in base64url. It is as secret as the password."""
        key = self._keys.derive(purpose=CACHE + mailbox, secret=password.get_secret_value().encode())
        return SecretStr(base64.urlsafe_b64encode(key).rstrip(b"=").decode("ascii"))

    def seal_address(self, address: str, *, mailbox: str) -> bytes:
        """Seal the client address of a sign-in to ``mailbox``."""
        return self._keys.seal(address.encode(), purpose=ADDRESS, context=mailbox.encode())

    def open_address(self, sealed: bytes, *, mailbox: str) -> str:
        """Open what ``seal_address`` sealed; "" where the key has left the ring meanwhile."""
        try:
            return self._keys.open(sealed, purpose=ADDRESS, context=mailbox.encode()).decode()
        except SealBroken:
            return ""
