"""What auth seals: the POP3 password of a session, and the address a mailbox was last opened from.

A password opens with all three of the sealed value (in Redis), the session's token (with the person) and
auth's key ring. Nothing is stored here.
"""

from pydantic import SecretStr

from auth_service.errors import SessionEnded
from courriel_seal import KeyRing, SealBroken

PASSWORD = "pop3 password"  # noqa: S105 — the purpose of a derived key, no password
ADDRESS = "address of the last sign-in"


class Vault:
    """Seals and opens under auth's key ring."""

    def __init__(self, keys: KeyRing) -> None:
        self._keys = keys

    def seal_password(self, password: SecretStr, *, sid: str, token: str) -> bytes:
        """Seal the password of the session ``sid`` under its token."""
        plain = password.get_secret_value().encode()
        return self._keys.seal(plain, purpose=PASSWORD, context=sid.encode(), secret=token.encode())

    def open_password(self, sealed: bytes, *, sid: str, token: str) -> SecretStr:
        """Open what ``seal_password`` sealed.

        Raises SessionEnded where the key has left the ring meanwhile: the person must sign in again.
        """
        try:
            plain = self._keys.open(sealed, purpose=PASSWORD, context=sid.encode(), secret=token.encode())
        except SealBroken as error:
            raise SessionEnded("unknown") from error
        return SecretStr(plain.decode())

    def seal_address(self, address: str, *, mailbox: str) -> bytes:
        """Seal the client address of a sign-in to ``mailbox``."""
        return self._keys.seal(address.encode(), purpose=ADDRESS, context=mailbox.encode())

    def open_address(self, sealed: bytes, *, mailbox: str) -> str:
        """Open what ``seal_address`` sealed; "" where the key has left the ring meanwhile."""
        try:
            return self._keys.open(sealed, purpose=ADDRESS, context=mailbox.encode()).decode()
        except SealBroken:
            return ""
