"""The lock API: how another webmail takes part in exclusive use of a mailbox (docs/lock-api.md)."""

from datetime import datetime
from typing import Annotated

from pydantic import Field

from courriel_wire.model import Answer, Request

LockHolder = Annotated[str, Field(pattern=r"^[!-~]{1,128}$")]
"""The caller's own name of one of its sessions: visible ASCII, opaque here, and no secret."""


class LockRequest(Request):
    """``PUT /locks/{mailbox}``: acquire or renew for ``ttl_seconds``; ``takeover``: whoever holds it."""

    holder: LockHolder
    ttl_seconds: Annotated[int, Field(ge=10, le=3600)]
    takeover: bool = False


class LockGrant(Answer):
    """The caller's session holds the mailbox until ``expires_at``, and may renew before.

    ``fence`` is the acquisition's number: the same at each renewal, greater at each acquisition. Where it has
    changed between two calls, the lock was lost in between, and another may have had the mailbox.
    """

    fence: int
    expires_at: datetime


class LockState(Answer):
    """``GET /locks/{mailbox}``: which application holds the mailbox, since when, and until when at least."""

    application: str
    since: datetime
    expires_at: datetime
