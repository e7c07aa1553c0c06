"""What a session's event stream tells (``GET /api/events``)."""

from datetime import datetime
from typing import Literal

from courriel_wire.messages import Uid
from courriel_wire.model import Answer


class MaildropChange(Answer):
    """Event ``messages``: what came and went since the last one of this stream.

    ``state`` names what the maildrop holds: where a stream goes on after an interruption and ``state`` is not
    the one that was told last, ``new`` and ``vanished`` are empty, and the list is to be asked for again.
    """

    state: str
    new: tuple[Uid, ...] = ()
    vanished: tuple[Uid, ...] = ()
    total: int
    unread: int
    as_of: datetime


class SessionWarning(Answer):
    """Event ``session-warning``: without activity the session ends then."""

    expires_at: datetime


class SessionEnd(Answer):
    """Event ``session-ended``, the last of its stream."""

    reason: Literal["unknown", "taken-over"]
