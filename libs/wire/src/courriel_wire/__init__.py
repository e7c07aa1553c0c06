"""What crosses a service boundary: frozen models and stable error codes.

Shapes only. Nothing here decides, computes or talks to anything; a rule about these values lives in the
service that owns it. Field names are the public API's (docs/api.md). Changes are additive: a field may be
added with a default, never renamed or removed within a major version.
"""

from courriel_wire.addresses import Address
from courriel_wire.directory import DirectoryEntry, DirectoryPage, EntryKind
from courriel_wire.events import MaildropChange, SessionEnd, SessionWarning
from courriel_wire.locks import LockGrant, LockHolder, LockRequest, LockState
from courriel_wire.messages import (
    DeleteAccepted,
    DeleteOutcome,
    DeleteRequest,
    DeleteResult,
    DeleteResults,
    Excerpt,
    Indexed,
    MessageHtml,
    MessagePage,
    MessagePart,
    MessageSummary,
    MessageView,
    SeenManyRequest,
    SeenRequest,
    Sort,
    UndeleteRequest,
)
from courriel_wire.outbox import (
    Forwarding,
    ForwardManner,
    OutboxEntry,
    OutboxPage,
    OutboxRequest,
    PartReference,
    Priority,
    RecipientState,
    RecipientStatus,
    ReportState,
    SendingLimits,
    SendingRate,
    Submission,
    Upload,
    UploadReference,
)
from courriel_wire.problems import Code, FieldError, Problem
from courriel_wire.sessions import (
    Credential,
    Introspection,
    LastSignIn,
    MaildropSession,
    SessionRequest,
    SignedIn,
    SignInRequest,
)
from courriel_wire.settings import Settings, SettingsRequest

__all__ = [
    "Address",
    "Code",
    "Credential",
    "DeleteAccepted",
    "DeleteOutcome",
    "DeleteRequest",
    "DeleteResult",
    "DeleteResults",
    "DirectoryEntry",
    "DirectoryPage",
    "EntryKind",
    "Excerpt",
    "FieldError",
    "ForwardManner",
    "Forwarding",
    "Indexed",
    "Introspection",
    "LastSignIn",
    "LockGrant",
    "LockHolder",
    "LockRequest",
    "LockState",
    "MaildropChange",
    "MaildropSession",
    "MessageHtml",
    "MessagePage",
    "MessagePart",
    "MessageSummary",
    "MessageView",
    "OutboxEntry",
    "OutboxPage",
    "OutboxRequest",
    "PartReference",
    "Priority",
    "Problem",
    "RecipientState",
    "RecipientStatus",
    "ReportState",
    "SeenManyRequest",
    "SeenRequest",
    "SendingLimits",
    "SendingRate",
    "SessionEnd",
    "SessionRequest",
    "SessionWarning",
    "Settings",
    "SettingsRequest",
    "SignInRequest",
    "SignedIn",
    "Sort",
    "Submission",
    "UndeleteRequest",
    "Upload",
    "UploadReference",
]
