"""What the gateway asks of the services behind it: protocols, and nothing of how they are reached.

Every call raises ``UpstreamProblem`` for a refusal and ``UpstreamUnavailable`` where nobody answers.
"""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Annotated, Protocol

from fastapi import Depends, Request

from courriel_wire import (
    DeleteAccepted,
    DeleteRequest,
    DeleteResults,
    DirectoryPage,
    EntryKind,
    Introspection,
    LockGrant,
    LockRequest,
    LockState,
    MaildropChange,
    MessagePage,
    MessageView,
    OutboxEntry,
    OutboxPage,
    SeenManyRequest,
    SendingLimits,
    Settings,
    SettingsRequest,
    SignedIn,
    SignInRequest,
    Sort,
    Submission,
    UndeleteRequest,
    Upload,
)


@dataclass(frozen=True)
class Download:
    """Bytes on their way: ``disposition`` and ``length`` (octets) as the service told them, if it did."""

    content_type: str
    chunks: AsyncIterator[bytes]
    disposition: str | None = None
    length: int | None = None


Downloading = AbstractAsyncContextManager[Download]
MaildropChanges = AsyncIterator[MaildropChange]


class Auth(Protocol):
    """Sessions."""

    async def sign_in(self, request: SignInRequest) -> SignedIn:
        """Prove the password and open a session."""
        ...

    async def introspect(self, token: str, *, activity: bool = True) -> Introspection:
        """Ask whether the token lives; with ``activity`` it lives on."""
        ...

    async def revoke(self, token: str) -> None:
        """End the session; the mailbox is free when this returns."""
        ...


class Locks(Protocol):
    """The locks of mailboxes, for other webmails; ``credential`` is the caller's own, as it came."""

    async def tell(self, credential: str, mailbox: str) -> LockState:
        """Tell who holds a mailbox."""
        ...

    async def claim(self, credential: str, mailbox: str, request: LockRequest) -> LockGrant:
        """Acquire, renew or take over."""
        ...

    async def release(self, credential: str, mailbox: str, holder: str) -> None:
        """Free the mailbox where ``holder`` has it."""
        ...


class Mailbox(Protocol):
    """The maildrop of the token's session."""

    async def page(
        self,
        token: str,
        *,
        page: int,
        per_page: int,
        sort: Sort = Sort.NEWEST_FIRST,
        q: str = "",
        refresh: bool = False,
        activity: bool = True,
    ) -> MessagePage:
        """List one page; ``q`` is searched for in senders, recipients and subjects.

        Without ``activity`` the session lives no longer for it.
        """
        ...

    async def open(self, token: str, uid: str, *, mark_seen: bool = True) -> MessageView:
        """Read one message, and mark it as seen unless nobody looks at it."""
        ...

    async def mark(self, token: str, uid: str, *, seen: bool) -> None:
        """Set or clear one message's seen mark."""
        ...

    async def mark_many(self, token: str, request: SeenManyRequest) -> None:
        """Set or clear the seen marks of several messages; what is gone is left out."""
        ...

    async def html_with_images(self, token: str, uid: str) -> str | None:
        """Return the sanitised HTML with its images from elsewhere at our addresses; None without HTML."""
        ...

    async def enclosed(self, token: str, uid: str, part: str) -> MessageView:
        """Read a message that is a part of another."""
        ...

    def raw(self, token: str, uid: str) -> Downloading:
        """Stream the message as it was delivered."""
        ...

    def part(self, token: str, uid: str, part: str) -> Downloading:
        """Stream one part, decoded."""
        ...

    def archive(self, token: str, uid: str) -> Downloading:
        """Stream all attachments as one zip."""
        ...

    def inline(self, name: str) -> Downloading:
        """Stream an inline image by the random name it got at rendering; no session is involved."""
        ...

    def changes(self, token: str, since: str) -> AbstractAsyncContextManager[MaildropChanges]:
        """Follow what comes and goes, from the state ``since`` on; this is no activity."""
        ...

    async def delete(self, token: str, uid: str) -> DeleteResults:
        """Delete one message at once."""
        ...

    async def delete_many(self, token: str, request: DeleteRequest) -> DeleteResults | DeleteAccepted:
        """Delete at once, or hold the deletion."""
        ...

    async def undelete(self, token: str, request: UndeleteRequest) -> None:
        """Take held deletions back."""
        ...

    async def settings(self, token: str) -> Settings:
        """Return what the person chose, or the defaults."""
        ...

    async def save_settings(self, token: str, settings: SettingsRequest) -> Settings:
        """Replace all of it."""
        ...


class Sender(Protocol):
    """Outbound mail of the token's session."""

    async def upload(
        self, token: str, *, disposition: str, content_type: str, chunks: AsyncIterator[bytes]
    ) -> Upload:
        """Stream one attachment to where it waits."""
        ...

    async def remove_upload(self, token: str, upload: str) -> None:
        """Forget an attachment that waits."""
        ...

    async def submit(self, token: str, submission: Submission, key: str | None, digest: str) -> OutboxEntry:
        """Hand a message over; a retry has the same ``key`` (idempotency) and ``digest`` (SHA-256)."""
        ...

    async def limits(self, token: str) -> SendingLimits:
        """Tell what may be sent, and how much of it is left."""
        ...

    async def outbox(self, token: str) -> OutboxPage:
        """List what was sent lately."""
        ...

    async def outbox_entry(self, token: str, entry: str) -> OutboxEntry:
        """Tell what became of one message."""
        ...

    async def cancel(self, token: str, entry: str) -> None:
        """Take a message back while it is held."""
        ...

    async def acknowledge(self, token: str, entry: str) -> None:
        """Note that a failure was seen which could not be reported by mail."""
        ...


class Directory(Protocol):
    """People and services that can be written to."""

    async def find(
        self, token: str, text: str, *, kind: EntryKind | None = None, limit: int = 20
    ) -> DirectoryPage:
        """Find the best entries, of one kind or of all; nothing is found for an empty ``text``."""
        ...


@dataclass(frozen=True)
class Services:
    """The services, as routes get them."""

    auth: Auth
    locks: Locks
    mailbox: Mailbox
    sender: Sender
    directory: Directory


async def services_of(request: Request) -> Services:
    """Return the services that ``create_app`` wired (async: FastAPI runs others in a thread)."""
    services: Services = request.app.state.services
    return services


UsesServices = Annotated[Services, Depends(services_of)]
