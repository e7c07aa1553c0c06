"""What a person chose for a mailbox (the wire's ``Settings``), kept sealed and replaced as a whole.

A signature and a display name are somebody's own: the store sees neither them nor the mailbox's name. It
decides no default but the wire's, and reading never fails for what is stored: what cannot be opened or is not
understood (a key that is gone, a newer version's value) counts as not chosen. The last writer wins.
"""

import hashlib
import json
from typing import Protocol

import structlog
from pydantic import ValidationError

from courriel_message import is_address
from courriel_seal import KeyRing, SealBroken
from courriel_wire import Settings
from mailbox_service.errors import InvalidReplyTo

PURPOSE = "mailbox: settings"
log = structlog.get_logger(__name__)


class PreferenceStore(Protocol):
    """Where sealed preferences outlive this process; a key names nobody."""

    async def get(self, key: str) -> bytes | None:
        """Return what is stored, or None."""
        ...

    async def put(self, key: str, sealed: bytes) -> None:
        """Store durably, instead of what was there."""
        ...


class Preferences:
    """Reads and replaces the settings of mailboxes."""

    def __init__(self, store: PreferenceStore, ring: KeyRing) -> None:
        self._store = store
        self._ring = ring

    async def of(self, mailbox: str) -> Settings:
        """Return a mailbox's settings; the defaults where it has none that can be read."""
        key = _key(mailbox)
        sealed = await self._store.get(key)
        if sealed is None:
            return Settings()
        try:
            plain = self._ring.open(sealed, purpose=PURPOSE, context=key.encode())
        except SealBroken as error:
            log.warning("settings cannot be opened: the defaults are used", reason=str(error))
            return Settings()
        return _read(plain)

    async def replace(self, mailbox: str, settings: Settings) -> None:
        """Keep these settings instead of those before. Raises InvalidReplyTo."""
        if settings.reply_to and not is_address(settings.reply_to):
            raise InvalidReplyTo
        key = _key(mailbox)
        plain = settings.model_dump_json().encode()
        await self._store.put(key, self._ring.seal(plain, purpose=PURPOSE, context=key.encode()))


def _key(mailbox: str) -> str:
    return hashlib.sha256(mailbox.encode()).hexdigest()


def _read(plain: bytes) -> Settings:
    """Read what this or another version wrote, leaving out the fields whose value is not understood."""
    fields = json.loads(plain)
    try:
        return Settings.model_validate(fields)
    except ValidationError as error:
        unknown = {detail["loc"][0] for detail in error.errors()}
    log.warning("settings of another version", fields=sorted(map(str, unknown)))
    return Settings.model_validate({name: fields[name] for name in fields.keys() - unknown})
