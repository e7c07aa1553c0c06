"""What the gateway itself refuses. Knows no HTTP status: the table in ``app.py`` has them."""

from typing import Literal


class GatewayError(Exception):
    """The base of this room's errors."""


class SessionEnded(GatewayError):
    """The token opens nothing any more."""

    def __init__(self, reason: Literal["unknown", "taken-over"]) -> None:
        super().__init__()
        self.reason = reason


class CrossSiteRequest(GatewayError):
    """A browser sent a request that changes something, and another site may have made it do so."""


class UnknownMessage(GatewayError):
    """No message can have this identifier."""


class UnknownPart(GatewayError):
    """No part of a message can have this identifier."""


class UnknownOutboxEntry(GatewayError):
    """No entry of the outbox can have this identifier."""


class UnknownFile(GatewayError):
    """There is no such image or static file."""


class MalformedForm(GatewayError):
    """The form cannot be read."""


class OneMessageOnly(GatewayError):
    """Several messages were to be edited as new, or redirected, in one request."""


class TooManyAttachments(GatewayError):
    """What goes along with the forwarded messages is more than one message can carry."""
