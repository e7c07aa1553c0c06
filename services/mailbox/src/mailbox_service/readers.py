"""What takes mail apart, as the domain needs it: away from the event loop, and within a time limit."""

from collections.abc import Sequence
from typing import Protocol

from courriel_message import Summary
from courriel_seal import KeyRing
from mailbox_service.rendering import Attachment, Rendering


class Reader(Protocol):
    """Takes mail apart. Every method raises MessageUnreadable when that takes too long."""

    async def summarise(self, headers: Sequence[bytes]) -> list[Summary]:
        """Summarise headers, in their order."""
        ...

    async def render(self, raw: bytes, remote: KeyRing | None = None) -> Rendering:
        """Read a message, its HTML made safe; under ``remote``, images from elsewhere get an address."""
        ...

    async def extract(self, raw: bytes, part_id: str) -> Attachment | None:
        """Return one part, or None where there is none of this id."""
        ...

    async def archive(self, raw: bytes) -> bytes:
        """Return a zip of all attachments."""
        ...
