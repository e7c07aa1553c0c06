"""Listing and opening messages. It reads; nothing of a maildrop changes here (that is ``deletions.py``).

What others wrote is taken apart by the ``Reader``, away from the event loop and within a time limit; where it
gives up, the message is still listed, still opened (by what is known of it) and still offered as a file.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Protocol

import structlog

from courriel_message import Summary
from mailbox_service.connections import Connection
from mailbox_service.deletions import Deletions
from mailbox_service.errors import (
    CommandRefused,
    HeaderTooLarge,
    MessageTooLarge,
    MessageUnreadable,
    UnknownMessage,
    UnknownPart,
)
from mailbox_service.inline_images import InlineImages
from mailbox_service.maildrops import Access, Maildrops
from mailbox_service.rendering import Attachment, Rendering
from mailbox_service.seen import Seen
from mailbox_service.snapshots import Listed, Snapshot
from mailbox_service.summaries import BLANK, Proof, Shown, digest_header
from mailbox_service.turns import Turns

DEFAULT_PER_PAGE = 50
MAX_PER_PAGE = 200
TOO_LARGE = "too-large"
"""Note: the message is over the limit; only its header was read."""
UNREADABLE = "unreadable"
"""Note: the message could not be taken apart in time; only its header is shown."""
MAX_HOSTILE_HEADERS = 2
"""Of one page: each may cost the reader's whole time limit, and somebody is waiting."""
log = structlog.get_logger(__name__)


class Reader(Protocol):
    """Takes mail apart. Every method raises MessageUnreadable when that takes too long."""

    async def summarise(self, headers: Sequence[bytes]) -> list[Summary]:
        """Summarise headers, in their order."""
        ...

    async def render(self, raw: bytes) -> Rendering:
        """Read a message, its HTML made safe."""
        ...

    async def extract(self, raw: bytes, part_id: str) -> Attachment | None:
        """Return one part, or None where there is none of this id."""
        ...

    async def archive(self, raw: bytes) -> bytes:
        """Return a zip of all attachments."""
        ...


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the list."""

    uid: str
    size: int
    summary: Summary
    seen: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """A page of the list; ``indexed`` counts the messages whose summaries are known."""

    rows: tuple[Row, ...]
    total: int
    unread: int
    total_size: int
    indexed: int
    as_of: datetime


@dataclass(frozen=True, slots=True)
class Opened:
    """A message that was opened; ``rendering`` is None where it could not be taken apart (see ``notes``)."""

    uid: str
    size: int
    summary: Summary
    rendering: Rendering | None = field(repr=False)
    notes: tuple[str, ...] = ()
    seen: bool = False


class Messages:
    """Reads. Sizes in octets, ``snapshot_seconds`` as in MAILBOX_SNAPSHOT_SECONDS."""

    def __init__(
        self,
        maildrops: Maildrops,
        deletions: Deletions,
        reader: Reader,
        images: InlineImages,
        seen: Seen,
        *,
        snapshot_seconds: float,
        max_octets: int,
    ) -> None:
        self._maildrops = maildrops
        self._deletions = deletions
        self._reader = reader
        self._images = images
        self._seen = seen
        self._snapshot_seconds = snapshot_seconds
        self._max_octets = max_octets
        self._turns = Turns()

    async def page(
        self, access: Access, number: int, per_page: int, *, newest_first: bool = True, refresh: bool = False
    ) -> Page:
        """Return page ``number`` (from 1) in the server's order; one beyond the end is empty.

        ``refresh`` asks the server anew, unless it was asked less than ``snapshot_seconds`` ago.
        """
        hidden = await self._deletions.settle(access)
        first = (number - 1) * per_page

        async def work(connection: Connection) -> Page:
            snapshot = await connection.snapshot()
            visible = [message for message in snapshot.messages if message.uid not in hidden]
            if newest_first:
                visible.reverse()
            shown = await self._show(connection, visible[first : first + per_page])
            seen = await self._seen.among(access, snapshot)
            return Page(
                rows=tuple(replace(row, seen=row.uid in seen) for row in shown),
                total=len(visible),
                unread=sum(message.uid not in seen for message in visible),
                total_size=sum(message.size for message in visible),
                indexed=connection.summaries.known_in({message.uid: message.size for message in visible}),
                as_of=snapshot.as_of,
            )

        return await self._maildrops.lend(access, work, max_age=self._snapshot_seconds if refresh else None)

    async def read_ahead(self, access: Access) -> None:
        """Read the newest page, so that the list that follows need not."""

        async def work(connection: Connection) -> None:
            snapshot = await connection.snapshot()
            await self._show(connection, snapshot.messages[: -DEFAULT_PER_PAGE - 1 : -1])
            await self._seen.among(access, snapshot)

        await self._maildrops.lend(access, work)

    async def open(self, access: Access, uid: str, *, mark_seen: bool = True) -> Opened:
        """Return a message ready to be shown, and mark it as seen. Raises UnknownMessage.

        It is never too hostile to be opened: then ``rendering`` is None or made of the header alone.
        """
        await self._deletions.settle(access)

        async def work(connection: Connection) -> tuple[Row, bytes, tuple[str, ...]]:
            snapshot = await connection.snapshot()
            message = find(snapshot, uid)
            row = (await self._show(connection, [message]))[0]
            row = replace(row, seen=mark_seen or uid in await self._seen.among(access, snapshot))
            try:
                return row, await self._retrieve(connection, message), ()
            except MessageTooLarge:
                if connection.summaries.is_oversized(message.uid):
                    return row, b"", (TOO_LARGE,)
                headers = await connection.maildrop.headers([message.number])
                return row, headers.get(message.number, b""), (TOO_LARGE,)

        row, raw, notes = await self._maildrops.lend(access, work)
        if not mark_seen:
            return await self._render(access, row, raw, notes)
        # side by side: the store's answer and the parsing take about as long
        marked = self._seen.mark(access, {row.uid: row.size}, seen=True)
        opened, _ = await asyncio.gather(self._render(access, row, raw, notes), marked)
        return opened

    async def _render(self, access: Access, row: Row, raw: bytes, notes: tuple[str, ...]) -> Opened:
        try:
            async with self._turns.of(access.mailbox):
                rendering = await self._reader.render(raw)
        except MessageUnreadable:
            return Opened(row.uid, row.size, row.summary, None, (*notes, UNREADABLE), row.seen)
        if TOO_LARGE in notes:
            rendering = replace(rendering, message=replace(rendering.message, text="", parts=()), html=None)
        await self._images.keep(rendering.images)
        return Opened(row.uid, row.size, row.summary, rendering, (*notes, *rendering.notes), row.seen)

    async def raw(self, access: Access, uid: str) -> bytes:
        """Return the message as it is. Raises UnknownMessage, MessageTooLarge."""
        await self._deletions.settle(access)

        async def work(connection: Connection) -> bytes:
            return await self._retrieve(connection, find(await connection.snapshot(), uid))

        return await self._maildrops.lend(access, work)

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

    async def _show(self, connection: Connection, messages: Sequence[Listed]) -> list[Row]:
        """Summarise messages, asking the server for those headers only that this session has not seen."""
        summaries = connection.summaries
        known = {message.uid: summaries.find(message.uid, message.size) for message in messages}
        new = [message for message in messages if known[message.uid] is None]
        if new:
            headers = await self._headers(connection, new)
            new = [message for message in new if message.number in headers]
            read = await self._summarise([headers[message.number] for message in new])
            for message, summary in zip(new, read, strict=False):  # the rest has to wait
                shown = Shown(Proof(message.size, digest_header(headers[message.number])), summary)
                known[message.uid] = shown
                summaries.keep(message.uid, shown)
        return [
            Row(message.uid, message.size, found.summary if (found := known[message.uid]) else BLANK)
            for message in messages
        ]

    async def _headers(self, connection: Connection, messages: Sequence[Listed]) -> Mapping[int, bytes]:
        """Ask for headers. One that is too large is remembered, so that the next try leaves it out."""
        try:
            return await connection.maildrop.headers([message.number for message in messages])
        except HeaderTooLarge as error:
            log.warning("a page has a header that is too large")
            for message in messages:
                if message.number == error.number:
                    connection.summaries.keep_oversized(message.uid, message.size)
            raise

    async def _summarise(self, headers: Sequence[bytes]) -> list[Summary]:
        """Summarise headers, in their order; where some are hostile, perhaps not all of them this time."""
        try:
            return await self._reader.summarise(headers)
        except MessageUnreadable:
            log.warning("a page has a header that cannot be read")
        summaries: list[Summary] = []
        failures = 0
        for header in headers:
            try:
                summaries += await self._reader.summarise([header])
            except MessageUnreadable:
                summaries.append(BLANK)
                failures += 1
                if failures == MAX_HOSTILE_HEADERS:
                    break
        return summaries

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
