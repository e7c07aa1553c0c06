"""How much of a message is looked at. Beyond a limit nothing is lost.

The rest stays one part, and a note says so.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of `parse`; sizes in octets.

    depth: nested multiparts that are opened; parts: entities in all; header: octets of one header block that
    are read; text: octets of decoded text (of all bodies together) that are turned into characters; total:
    octets of a message that is taken apart at all (a larger one is shown by its header, its content is one
    part).
    """

    depth: int = 20
    parts: int = 500
    header: int = 256 * 1024
    text: int = 1024 * 1024
    total: int = 64 * 1024 * 1024


DEFAULT_LIMITS = Limits()
