"""Errors as RFC 9457 problem details, and the stable codes that stand in their ``type``.

``type`` is a relative URI reference equal to the code; docs/api.md explains each. A code is never reused for
another meaning.
"""

from enum import StrEnum

from pydantic import BaseModel, ConfigDict

from courriel_wire.model import Answer


class Code(StrEnum):
    """Every ``type`` a problem may carry."""

    # Sign-in and sessions
    LOGIN_REFUSED = "login-refused"
    MAILBOX_IN_USE = "mailbox-in-use"
    MAILDROP_BUSY = "maildrop-busy"
    TOO_MANY_ATTEMPTS = "too-many-attempts"
    SIGN_IN_REQUIRED = "sign-in-required"
    SESSION_ENDED = "session-ended"
    CROSS_SITE_REQUEST = "cross-site-request"
    TOO_MANY_STREAMS = "too-many-streams"
    SERVICE_CREDENTIAL_REFUSED = "service-credential-refused"
    NOT_LOCKED = "not-locked"
    # Reading and deleting
    UNKNOWN_MESSAGE = "unknown-message"
    UNKNOWN_PART = "unknown-part"
    MESSAGE_UNREADABLE = "message-unreadable"
    # Writing
    UNKNOWN_UPLOAD = "unknown-upload"
    UNKNOWN_OUTBOX_ENTRY = "unknown-outbox-entry"
    NO_RECIPIENT = "no-recipient"
    INVALID_ADDRESS = "invalid-address"
    INVALID_HEADER = "invalid-header"
    TOO_MANY_RECIPIENTS = "too-many-recipients"
    TOO_MANY_ATTACHMENTS = "too-many-attachments"
    MESSAGE_TOO_LARGE = "message-too-large"
    UPLOAD_TOO_LARGE = "upload-too-large"
    UPLOAD_QUOTA_EXCEEDED = "upload-quota-exceeded"
    TOO_MANY_MESSAGES = "too-many-messages"
    RECIPIENT_NOT_ALLOWED = "recipient-not-allowed"
    FILE_TYPE_NOT_ALLOWED = "file-type-not-allowed"
    IDEMPOTENCY_KEY_REUSED = "idempotency-key-reused"
    NOT_CANCELLABLE = "not-cancellable"
    # Anything
    INVALID_REQUEST = "invalid-request"
    REQUEST_TOO_LARGE = "request-too-large"
    NOT_FOUND = "not-found"
    METHOD_NOT_ALLOWED = "method-not-allowed"
    HTTP_ERROR = "http-error"
    MAIL_SERVER_UNAVAILABLE = "mail-server-unavailable"
    STATE_UNAVAILABLE = "state-unavailable"
    SERVICE_UNAVAILABLE = "service-unavailable"
    INTERNAL_ERROR = "internal-error"


class FieldError(Answer):
    """What is wrong with one field of a request; ``field`` is a dotted path such as ``to.0``."""

    field: str
    message: str


class Problem(BaseModel):
    """RFC 9457 section 3.1; extension members (such as ``limit`` or ``errors``) stand beside these."""

    model_config = ConfigDict(frozen=True, extra="allow")

    type: Code | str
    title: str
    status: int
    detail: str = ""
