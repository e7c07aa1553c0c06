"""Listing and opening messages. It reads; nothing of a maildrop changes here (that is ``deletions.py``).

What others wrote is taken apart by the ``Reader``, away from the event loop and within a time limit; where it
gives up, the message is still listed, still opened (by what is known of it) and still offered as a file.
"""

import asyncio
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from functools import partial

from courriel_message import Summary
from courriel_seal import KeyRing
from mailbox_service.connections import Connection
from mailbox_service.deletions import Deletions
from mailbox_service.errors import (
    CommandRefused,
    MessageTooLarge,
    MessageUnreadable,
    UnknownMessage,
    UnknownPart,
)
from mailbox_service.inline_images import InlineImages
from mailbox_service.listing import Page, Wanted, select
from mailbox_service.maildrops import Access, Maildrops
from mailbox_service.message_headers import Headers, find_known, show
from mailbox_service.readers import Reader
from mailbox_service.reading_ahead import ReadingAhead
from mailbox_service.recollection import Recollection
from mailbox_service.rendering import Attachment, Rendering
from mailbox_service.seen import Seen
from mailbox_service.snapshots import Listed, Snapshot
from mailbox_service.summaries import BLANK, Shown, Summaries
from mailbox_service.turns import Turns

DEFAULT_PER_PAGE = 50
MAX_PER_PAGE = 200
TOO_LARGE = "too-large"
"""Note: the message is over the limit; only its header was read."""
UNREADABLE = "unreadable"
"""Note: the message could not be taken apart in time; only its header is shown."""
INDEXED_AT_ONCE = 200
"""Messages that a search or a sorted list learns by itself; the others are learnt behind the answer."""


@dataclass(frozen=True, slots=True)
class _Found:
    """A message that is to be opened: ``content`` is its rendering, or else what was read of it."""

    snapshot: Snapshot
    message: Listed
    shown: Shown
    content: Rendering | bytes = field(repr=False)
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Opened:
    """A message that was opened; ``rendering`` is None where it could not be taken apart (see ``notes``)."""

    uid: str
    size: int
    summary: Summary
    rendering: Rendering | None = field(repr=False)
    notes: tuple[str, ...] = ()
    seen: bool = False


ENCLOSED = "message/rfc822"


class Messages:
    """Reads. Sizes in octets, ``snapshot_seconds`` as in MAILBOX_SNAPSHOT_SECONDS.

    ``remote`` seals the addresses of images from elsewhere; the gateway opens them.
    """

    def __init__(
        self,
        *,
        maildrops: Maildrops,
        deletions: Deletions,
        reader: Reader,
        images: InlineImages,
        headers: Headers,
        recollection: Recollection,
        ahead: ReadingAhead,
        seen: Seen,
        remote: KeyRing,
        snapshot_seconds: float,
        max_octets: int,
    ) -> None:
        self._maildrops = maildrops
        self._deletions = deletions
        self._reader = reader
        self._images = images
        self._headers = headers
        self._recollection = recollection
        self._ahead = ahead
        self._seen = seen
        self._remote = remote
        self._snapshot_seconds = snapshot_seconds
        self._max_octets = max_octets
        self._turns = Turns()

    async def page(self, access: Access, wanted: Wanted, *, refresh: bool = False) -> Page:
        """Return a page; one beyond the end is empty.

        ``refresh`` asks the server anew, unless it was asked less than ``snapshot_seconds`` ago. Otherwise a
        page of which everything is known is shown without asking, as long as the last snapshot may be.
        """
        hidden = await self._deletions.settle(access)
        summaries = self._maildrops.summaries(access)
        page = None if refresh else await self._known_page(access, summaries, hidden, wanted)
        if page is not None:
            self._maildrops.touch(access)
        else:
            waking = asyncio.create_task(self._recollection.wake(access.mailbox, summaries))

            async def work(connection: Connection) -> Page:
                snapshot = await connection.snapshot()
                await waking
                await self._recollection.wake(access.mailbox, summaries)  # the login may have brought the key
                if wanted.needs_index:
                    await self._headers.learn(connection, snapshot.messages[: -INDEXED_AT_ONCE - 1 : -1])
                selection = select(snapshot, hidden, summaries, wanted)
                messages = selection.cut(wanted)
                shown = await self._headers.show(connection, messages)
                return selection.page(messages, shown, await self._seen.among(access, snapshot))

            max_age = self._snapshot_seconds if refresh else None
            page = await self._maildrops.lend(access, work, max_age=max_age)
        self._ahead.begin(access)
        return page

    async def _known_page(
        self, access: Access, summaries: Summaries, hidden: Collection[str], wanted: Wanted
    ) -> Page | None:
        """Return a page without asking the mail server, None where that cannot be."""
        snapshot = self._ahead.fresh_snapshot(summaries)
        if snapshot is None:
            return None
        selection = select(snapshot, hidden, summaries, wanted)
        if wanted.needs_index and summaries.count(selection.visible) < len(selection.visible):
            return None  # there is something to be learnt: a connection is needed, and left for reading ahead
        messages = selection.cut(wanted)
        known = find_known(summaries, messages)
        if len(known) < len(messages):
            return None
        shown = show(summaries, messages, known)
        return selection.page(messages, shown, await self._seen.among(access, snapshot))

    async def read_ahead(self, access: Access, known: Mapping[str, Shown]) -> None:
        """Read the newest page, so that the list that follows need not; ``known`` is what the cache said."""
        self._maildrops.summaries(access).recall(known)

        async def work(connection: Connection) -> None:
            snapshot = await connection.snapshot()
            await self._headers.learn(connection, snapshot.messages[: -DEFAULT_PER_PAGE - 1 : -1])
            await self._seen.among(access, snapshot)

        await self._maildrops.lend(access, work)

    async def open(self, access: Access, uid: str, *, mark_seen: bool = True) -> Opened:
        """Return a message ready to be shown, and mark it as seen. Raises UnknownMessage.

        It is never too hostile to be opened: then ``rendering`` is None or made of the header alone.
        """
        await self._deletions.settle(access)
        summaries = self._maildrops.summaries(access)
        snapshot = self._ahead.fresh_snapshot(summaries)
        found = None if snapshot is None else await self._find_kept(access, summaries, snapshot, uid)
        if found is None:
            found = await self._maildrops.lend(access, partial(self._find, access, uid))
        if not mark_seen:
            seen = uid in await self._seen.among(access, found.snapshot)
            return await self._show(access, summaries, found, seen=seen)
        # side by side: the store's answer and the parsing take about as long
        marked = self._seen.mark(access, {uid: found.message.size}, seen=True)
        opened, _ = await asyncio.gather(self._show(access, summaries, found, seen=True), marked)
        return opened

    async def _find(self, access: Access, uid: str, connection: Connection) -> _Found:
        """Find a message, and read it unless it was rendered before. Raises UnknownMessage."""
        snapshot = await connection.snapshot()
        message = find(snapshot, uid)
        [shown] = await self._headers.show(connection, [message])
        if kept := await self._find_kept(access, connection.summaries, snapshot, uid):
            return kept
        return _Found(snapshot, message, shown, *await self._retrieve_or_header(connection, message))

    async def _find_kept(
        self, access: Access, summaries: Summaries, snapshot: Snapshot, uid: str
    ) -> _Found | None:
        """Find a message that was rendered before, None where there is none."""
        message = snapshot.by_uid.get(uid)
        shown = summaries.find(uid, message.size) if message else None
        if message is None or shown is None:
            return None
        rendering = await self._recollection.rendering(access.mailbox, summaries, message)
        if rendering is None:
            return None
        summaries.show(uid, shown.proof)
        return _Found(snapshot, message, shown, rendering)

    async def _show(self, access: Access, summaries: Summaries, found: _Found, *, seen: bool) -> Opened:
        """Render what was not, write that down, and store the images for a while."""
        message, summary, rendering = found.message, found.shown.summary, found.content
        if isinstance(rendering, bytes):
            try:
                async with self._turns.of(access.mailbox):
                    rendering = await self._reader.render(rendering)
            except MessageUnreadable:
                return Opened(message.uid, message.size, summary, None, (*found.notes, UNREADABLE), seen)
            if TOO_LARGE in found.notes:
                without_body = replace(rendering.message, text="", parts=())
                rendering = replace(rendering, message=without_body, html=None)
            else:
                await self._recollection.keep(access.mailbox, summaries, message, rendering)
        await self._images.keep(rendering.images)
        notes = (*found.notes, *rendering.notes)
        return Opened(message.uid, message.size, summary, rendering, notes, seen)

    async def raw(self, access: Access, uid: str) -> bytes:
        """Return the message as it is. Raises UnknownMessage, MessageTooLarge."""
        await self._deletions.settle(access)

        async def work(connection: Connection) -> bytes:
            return await self._retrieve(connection, find(await connection.snapshot(), uid))

        return await self._maildrops.lend(access, work)

    async def html_with_images(self, access: Access, uid: str) -> str | None:
        """Return a message's HTML with its images from elsewhere, at addresses of the gateway's.

        None where it has no HTML that can be shown. Nothing of it is kept: the addresses expire. Raises as
        ``part``.
        """
        raw = await self.raw(access, uid)
        async with self._turns.of(access.mailbox):
            rendering = await self._reader.render(raw, self._remote)
        await self._images.keep(rendering.images)
        return rendering.html

    async def enclosed(self, access: Access, uid: str, part_id: str) -> Opened:
        """Return a message that is a part of another, ready to be shown. Raises as ``part``."""
        attachment = await self.part(access, uid, part_id)
        if attachment.content_type != ENCLOSED and not attachment.filename.lower().endswith(".eml"):
            raise UnknownPart
        async with self._turns.of(access.mailbox):
            rendering = await self._reader.render(attachment.content)
        await self._images.keep(rendering.images)
        size = len(attachment.content)
        return Opened(uid, size, BLANK, rendering, rendering.notes, seen=True)

    async def part(self, access: Access, uid: str, part_id: str) -> Attachment:
        """Return a part. Raises UnknownMessage, UnknownPart, MessageTooLarge, MessageUnreadable."""
        raw = await self.raw(access, uid)
        async with self._turns.of(access.mailbox):
            attachment = await self._reader.extract(raw, part_id)
        if attachment is None:
            raise UnknownPart
        return attachment

    async def archive(self, access: Access, uid: str) -> bytes:
        """Return a zip of a message's attachments. Raises as ``part``."""
        raw = await self.raw(access, uid)
        async with self._turns.of(access.mailbox):
            return await self._reader.archive(raw)

    async def _retrieve_or_header(
        self, connection: Connection, message: Listed
    ) -> tuple[bytes, tuple[str, ...]]:
        """Return a message; of one that is too large the header, if that is not too large itself."""
        try:
            return await self._retrieve(connection, message), ()
        except MessageTooLarge:
            if connection.summaries.is_oversized(message.uid):
                return b"", (TOO_LARGE,)
            headers = await connection.maildrop.headers([message.number])
            return headers.get(message.number, b""), (TOO_LARGE,)

    async def _retrieve(self, connection: Connection, message: Listed) -> bytes:
        if message.size > self._max_octets:
            raise MessageTooLarge(self._max_octets)
        try:
            return await connection.retrieve(message.number)
        except CommandRefused as error:
            raise UnknownMessage from error


def find(snapshot: Snapshot, uid: str) -> Listed:
    """Return the message of this uid. Raises UnknownMessage."""
    message = snapshot.by_uid.get(uid)
    if message is None:
        raise UnknownMessage
    return message
