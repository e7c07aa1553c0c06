"""The services in memory, as ``gateway_service.services`` has them, with what a test may look at."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from courriel_web.service_client import UpstreamProblem
from courriel_wire import (
    Address,
    Code,
    DeleteAccepted,
    DeleteOutcome,
    DeleteRequest,
    DeleteResult,
    DeleteResults,
    DirectoryEntry,
    DirectoryPage,
    EntryKind,
    Indexed,
    Introspection,
    LastSignIn,
    LockGrant,
    LockRequest,
    LockState,
    MaildropChange,
    MessagePage,
    MessagePart,
    MessageSummary,
    MessageView,
    OutboxEntry,
    OutboxPage,
    Problem,
    RecipientState,
    RecipientStatus,
    ReportState,
    SeenManyRequest,
    SendingLimits,
    SendingRate,
    Settings,
    SettingsRequest,
    SignedIn,
    SignInRequest,
    Sort,
    Submission,
    UndeleteRequest,
    Upload,
)
from gateway_service.services import Download, Downloading, MaildropChanges
from gateway_service.settings import Settings as GatewaySettings

PASSWORD = "demo"
ORIGIN = "http://courriel.test"
SETTINGS = GatewaySettings(gateway_secret="secret", public_url=ORIGIN, sender_max_message_bytes=1024 * 1024)
NOON = datetime(2026, 3, 1, 11, 0, tzinfo=UTC)


def problem(code: Code, status: int, retry_after: int | None = None, **members: Any) -> UpstreamProblem:
    """Make what a client raises when its service answers with a problem."""
    return UpstreamProblem(Problem(type=code, title="", status=status, **members), retry_after)


@dataclass
class FakeAuth:
    """Tokens in memory; ``failure`` is raised by every call, ``in_use`` by a sign-in without take-over."""

    sessions: dict[str, str] = field(default_factory=dict)
    reason: str = "unknown"
    requests: list[SignInRequest] = field(default_factory=list)
    revoked: list[str] = field(default_factory=list)
    activity: list[bool] = field(default_factory=list)
    failure: Exception | None = None
    in_use: UpstreamProblem | None = None
    last: LastSignIn | None = None
    idle_seconds: int = 0
    ends_at: datetime | None = None

    def open_session(self, mailbox: str) -> str:
        """Make a session without a password."""
        token = f"0123456789abcdef.token{len(self.sessions) + len(self.revoked)}"
        self.sessions[token] = mailbox
        return token

    async def sign_in(self, request: SignInRequest) -> SignedIn:
        """Prove the password and open a session."""
        self.requests.append(request)
        if self.failure:
            raise self.failure
        if request.password.get_secret_value() != PASSWORD:
            raise problem(Code.LOGIN_REFUSED, 401)
        if request.username in self.sessions.values() and not request.takeover:
            raise problem(Code.MAILBOX_IN_USE, 409, application="courriel-leger", takeover=True)
        if self.in_use and not request.takeover:
            raise self.in_use
        token = self.open_session(request.username)
        return SignedIn(access_token=token, expires_in=1800, mailbox=request.username, last_sign_in=self.last)

    async def introspect(self, token: str, *, activity: bool = True) -> Introspection:
        """Ask whether the token lives."""
        self.activity.append(activity)
        if self.failure:
            raise self.failure
        mailbox = self.sessions.get(token)
        if mailbox is None:
            return Introspection.model_validate({"active": False, "reason": self.reason})
        identity = Address(name="Jean Dupont", address=f"{mailbox}@demo.example")
        return Introspection(
            active=True,
            mailbox=mailbox,
            identity=identity,
            idle_seconds=self.idle_seconds,
            expires_at=self.ends_at,
        )

    async def revoke(self, token: str) -> None:
        """End the session."""
        self.sessions.pop(token, None)
        self.revoked.append(token)


@dataclass
class FakeLocks:
    """Answers to another webmail; ``failure`` is raised by every call."""

    asked: list[tuple[Any, ...]] = field(default_factory=list)
    failure: Exception | None = None

    def _called(self, *call: Any) -> None:
        self.asked.append(call)
        if self.failure:
            raise self.failure

    async def tell(self, credential: str, mailbox: str) -> LockState:
        """Tell who holds a mailbox."""
        self._called("tell", credential, mailbox)
        return LockState(application="webmail", since=NOON, expires_at=NOON + timedelta(minutes=1))

    async def claim(self, credential: str, mailbox: str, request: LockRequest) -> LockGrant:
        """Acquire, renew or take over."""
        self._called("claim", credential, mailbox, request)
        return LockGrant(fence=7, expires_at=NOON)

    async def release(self, credential: str, mailbox: str, holder: str) -> None:
        """Free the mailbox."""
        self._called("release", credential, mailbox, holder)


def letter(uid: str, **given: Any) -> MessageView:
    """Make a message; ``from`` and the rest may be given by the names of the wire."""
    usual: dict[str, Any] = {
        "from": [{"name": "Marie Martin", "address": "marie.martin@demo.example"}],
        "to": [{"name": "Jean Dupont", "address": "jean.dupont@demo.example"}],
        "subject": f"Objet {uid}",
        "date": NOON,
        "size": 2048,
        "message_id": f"<{uid}@demo.example>",
        "text": f"Texte {uid}\n",
    }
    return MessageView.model_validate({"uid": uid, **usual, **given})


@dataclass
class FakeMailbox:
    """A maildrop in memory; ``failure`` is raised by every call."""

    letters: dict[str, MessageView] = field(default_factory=lambda: {"m1": letter("m1"), "m2": letter("m2")})
    contents: dict[tuple[str, str], bytes] = field(default_factory=dict)
    images: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    html_with_remote: dict[str, str] = field(default_factory=dict)
    enclosures: dict[tuple[str, str], MessageView] = field(default_factory=dict)
    held: dict[str, MessageView] = field(default_factory=dict)
    outcomes: dict[str, DeleteOutcome] = field(default_factory=dict)
    asked: list[tuple[Any, ...]] = field(default_factory=list)
    chosen: Settings = field(default_factory=Settings)
    seen: set[str] = field(default_factory=set)
    activity: list[bool] = field(default_factory=list)
    indexed: int | None = None
    told: "asyncio.Queue[MaildropChange | None]" = field(default_factory=asyncio.Queue)
    followers: int = 0
    closed: int = 0
    failure: Exception | None = None

    def _called(self, *call: Any) -> None:
        self.asked.append(call)
        if self.failure:
            raise self.failure

    def add(self, uid: str, **given: Any) -> None:
        """Deliver one message."""
        self.letters[uid] = letter(uid, **given)

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
        """List one page, the newest first; of those whose subject holds ``q``."""
        self._called("page", token, page, per_page, sort.value, q, refresh)
        self.activity.append(activity)
        newest = [each for each in reversed(self.letters.values()) if q.lower() in each.subject.lower()]
        indexed = len(self.letters) if self.indexed is None else self.indexed
        shown = newest[(page - 1) * per_page : page * per_page]
        return MessagePage(
            messages=tuple(
                MessageSummary(
                    uid=each.uid,
                    from_=each.from_,
                    to=each.to,
                    subject=each.subject,
                    date=each.date,
                    size=each.size,
                    seen=each.uid in self.seen,
                    has_attachments=bool(each.parts),
                )
                for each in shown
            ),
            total=len(newest),
            unread=len(self.letters.keys() - self.seen),
            page=page,
            per_page=per_page,
            total_size=sum(each.size for each in newest),
            indexed=Indexed(done=indexed, total=len(self.letters)),
            as_of=NOON,
        )

    async def open(self, token: str, uid: str, *, mark_seen: bool = True) -> MessageView:
        """Read one message."""
        self._called("open", token, uid)
        if uid not in self.letters:
            raise problem(Code.UNKNOWN_MESSAGE, 404)
        if mark_seen:
            self.seen.add(uid)
        return self.letters[uid].model_copy(update={"seen": uid in self.seen})

    async def mark(self, token: str, uid: str, *, seen: bool) -> None:
        """Set or clear one mark."""
        self._called("mark", token, uid, seen)
        if uid not in self.letters:
            raise problem(Code.UNKNOWN_MESSAGE, 404)
        await self.mark_many(token, SeenManyRequest(uids=(uid,), seen=seen))

    async def mark_many(self, token: str, request: SeenManyRequest) -> None:
        """Set or clear several."""
        self._called("mark_many", token, request)
        if request.seen:
            self.seen |= self.letters.keys() & set(request.uids)
        else:
            self.seen -= set(request.uids)

    async def html_with_images(self, token: str, uid: str) -> str | None:
        """Return what a test put there."""
        self._called("html_with_images", token, uid)
        return self.html_with_remote.get(uid)

    async def enclosed(self, token: str, uid: str, part: str) -> MessageView:
        """Read the enclosed message that a test put there."""
        self._called("enclosed", token, uid, part)
        if (uid, part) not in self.enclosures:
            raise problem(Code.UNKNOWN_PART, 404)
        return self.enclosures[uid, part]

    def raw(self, token: str, uid: str) -> Downloading:
        """Stream the message."""
        self._called("raw", token, uid)
        return self._stream("message/rfc822", f"Subject: {uid}\r\n\r\n".encode(), None)

    def part(self, token: str, uid: str, part: str) -> Downloading:
        """Stream one part."""
        self._called("part", token, uid, part)
        if (uid, part) not in self.contents:
            raise problem(Code.UNKNOWN_PART, 404)
        return self._stream(
            "application/pdf", self.contents[uid, part], "attachment; filename*=UTF-8''%C3%A9.pdf"
        )

    def archive(self, token: str, uid: str) -> Downloading:
        """Stream all attachments."""
        self._called("archive", token, uid)
        return self._stream("application/zip", b"PK", "attachment; filename*=UTF-8''parts.zip")

    def inline(self, name: str) -> Downloading:
        """Stream an inline image."""
        self._called("inline", name)
        if name not in self.images:
            raise problem(Code.NOT_FOUND, 404)
        return self._stream(*self.images[name], None)

    @asynccontextmanager
    async def _stream(
        self, content_type: str, content: bytes, disposition: str | None
    ) -> AsyncIterator[Download]:
        async def chunks() -> AsyncIterator[bytes]:
            yield content[:1]
            yield content[1:]

        try:
            yield Download(content_type, chunks(), disposition, len(content))
        finally:
            self.closed += 1

    @asynccontextmanager
    async def changes(self, token: str, since: str) -> AsyncIterator[MaildropChanges]:
        """Follow what a test tells by ``told``; None ends it."""
        self._called("changes", token, since)

        async def told() -> AsyncIterator[MaildropChange]:
            while change := await self.told.get():
                yield change

        self.followers += 1
        try:
            yield told()
        finally:
            self.followers -= 1

    async def delete(self, token: str, uid: str) -> DeleteResults:
        """Delete one message at once."""
        self._called("delete", token, uid)
        if self.letters.pop(uid, None) is None:
            raise problem(Code.UNKNOWN_MESSAGE, 404)
        return DeleteResults(results=(DeleteResult(uid=uid, outcome=DeleteOutcome.DELETED),))

    async def delete_many(self, token: str, request: DeleteRequest) -> DeleteResults | DeleteAccepted:
        """Delete at once, or hold the deletion."""
        self._called("delete_many", token, request)
        for uid in request.uids:
            if gone := self.letters.pop(uid, None):
                self.held[uid] = gone
        if request.undo_seconds:
            return DeleteAccepted(undo_until=datetime.now(UTC) + timedelta(seconds=request.undo_seconds))
        return DeleteResults(
            results=tuple(
                DeleteResult(uid=uid, outcome=self.outcomes.get(uid, DeleteOutcome.DELETED))
                for uid in request.uids
            )
        )

    async def undelete(self, token: str, request: UndeleteRequest) -> None:
        """Take held deletions back."""
        self._called("undelete", token, request)
        for uid in request.uids:
            self.letters[uid] = self.held.pop(uid)

    async def settings(self, token: str) -> Settings:
        """Return what the person chose."""
        self._called("settings", token)
        return self.chosen

    async def save_settings(self, token: str, settings: SettingsRequest) -> Settings:
        """Replace all of it."""
        self._called("save_settings", token, settings)
        self.chosen = Settings.model_validate(settings.model_dump())
        return self.chosen


@dataclass
class FakeSender:
    """An outbox in memory; ``refusal`` is raised by a submission, ``upload_refusal`` by an upload.

    ``cancellation`` is raised by a cancellation, ``answer_state`` is that of entries asked for again.
    """

    uploads: dict[str, tuple[str, str, bytes]] = field(default_factory=dict)
    removed: list[str] = field(default_factory=list)
    submissions: dict[str, tuple[Submission, OutboxEntry]] = field(default_factory=dict)
    digests: dict[str, str] = field(default_factory=dict)
    entries: list[OutboxEntry] = field(default_factory=list)
    cancelled: list[str] = field(default_factory=list)
    acknowledged: list[str] = field(default_factory=list)
    refusal: Exception | None = None
    upload_refusal: Exception | None = None
    cancellation: Exception | None = None
    answer_state: RecipientState | None = None

    async def upload(
        self, token: str, *, disposition: str, content_type: str, chunks: AsyncIterator[bytes]
    ) -> Upload:
        """Keep one attachment."""
        assert token
        if self.upload_refusal:
            raise self.upload_refusal
        content = b""
        async for chunk in chunks:
            content += chunk
        identifier = f"upload{len(self.uploads)}"
        self.uploads[identifier] = (disposition, content_type, content)
        return Upload(id=identifier, filename=disposition, size=len(content), content_type=content_type)

    async def remove_upload(self, token: str, upload: str) -> None:
        """Forget an attachment."""
        assert token
        self.removed.append(upload)

    async def submit(self, token: str, submission: Submission, key: str | None, digest: str) -> OutboxEntry:
        """Accept a message; the same key and digest again answer with the same entry."""
        assert token
        if self.refusal:
            raise self.refusal
        if key in self.submissions:
            if self.digests[key or ""] != digest:
                raise problem(Code.IDEMPOTENCY_KEY_REUSED, 409)
            entry = self.submissions[key or ""][1]
            return entry.model_copy(update={"state": self.answer_state or entry.state})
        self.digests[key or ""] = digest
        entry = outbox_entry(
            f"entry{len(self.entries)}",
            RecipientState.HELD if submission.undo_seconds else RecipientState.QUEUED,
            subject=submission.subject,
            due_at=datetime.now(UTC) + timedelta(seconds=submission.undo_seconds),
        )
        self.entries.append(entry)
        self.submissions[key or entry.id] = (submission, entry)
        return entry

    async def limits(self, token: str) -> SendingLimits:
        """Tell some."""
        assert token
        rate = SendingRate(counted="messages", period_seconds=3600, limit=100, left=99)
        return SendingLimits(recipients=20, message_bytes=9, attachment_bytes=9, attachments=9, rates=(rate,))

    async def outbox(self, token: str) -> OutboxPage:
        """List what was sent."""
        assert token
        return OutboxPage(entries=tuple(self.entries))

    async def outbox_entry(self, token: str, entry: str) -> OutboxEntry:
        """Tell what became of one message."""
        assert token
        for each in self.entries:
            if each.id == entry:
                return each
        raise problem(Code.UNKNOWN_OUTBOX_ENTRY, 404)

    async def cancel(self, token: str, entry: str) -> None:
        """Take a message back."""
        if self.cancellation:
            raise self.cancellation
        await self.outbox_entry(token, entry)
        self.cancelled.append(entry)

    async def acknowledge(self, token: str, entry: str) -> None:
        """Take note."""
        await self.outbox_entry(token, entry)
        self.acknowledged.append(entry)


HELENE = DirectoryEntry(
    name="Hélène Garçon",
    address="helene.garcon@demo.example",
    kind=EntryKind.PERSON,
    unit="Bureau du budget",
    phone="+33 1 99 00 10 74",
)
ARCHIVES = DirectoryEntry(name="Archives", address="archives@demo.example", kind=EntryKind.SERVICE)


@dataclass
class FakeDirectory:
    """People and services in memory, found by a part of their name; ``failure`` is raised by every call."""

    entries: list[DirectoryEntry] = field(default_factory=lambda: [HELENE, ARCHIVES])
    asked: list[tuple[str, EntryKind | None, int]] = field(default_factory=list)
    failure: Exception | None = None

    async def find(
        self, token: str, text: str, *, kind: EntryKind | None = None, limit: int = 20
    ) -> DirectoryPage:
        """Find entries."""
        assert token
        self.asked.append((text, kind, limit))
        if self.failure:
            raise self.failure
        found = [
            entry
            for entry in self.entries
            if text and text.lower() in entry.name.lower() and kind in (None, entry.kind)
        ]
        return DirectoryPage(entries=tuple(found[:limit]), truncated=len(found) > limit)


def outbox_entry(
    identifier: str,
    state: RecipientState,
    *,
    subject: str = "Objet",
    detail: str = "",
    due_at: datetime = NOON,
    report: ReportState = ReportState.NONE,
) -> OutboxEntry:
    """Make one entry with one recipient."""
    status = RecipientStatus(address="marie.martin@demo.example", state=state, detail=detail)
    return OutboxEntry(
        id=identifier,
        state=state,
        subject=subject,
        created_at=NOON,
        due_at=due_at,
        recipients=(status,),
        report=report,
    )


def attached(identifier: str = "2", filename: str = "facture.pdf", size: int = 1536) -> MessagePart:
    """Make the description of one attachment."""
    return MessagePart(id=identifier, filename=filename, content_type="application/pdf", size=size)
