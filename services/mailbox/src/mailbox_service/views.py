"""Domain values as the wire's shapes. It leaves nothing out and decides nothing."""

from collections.abc import Iterable

from courriel_message import Address, Part
from courriel_wire import Address as WireAddress
from courriel_wire import Excerpt, Indexed, MessagePage, MessagePart, MessageSummary, MessageView
from mailbox_service.listing import Page, Row, Wanted
from mailbox_service.messages import Opened
from mailbox_service.rendering import Rendering, name_of


def show_page(page: Page, wanted: Wanted) -> MessagePage:
    """Return the wire's page."""
    return MessagePage(
        messages=tuple(_row(row) for row in page.rows),
        total=page.total,
        unread=page.unread,
        page=wanted.number,
        per_page=wanted.per_page,
        total_size=page.total_size,
        indexed=Indexed(done=page.indexed, total=page.messages),
        as_of=page.as_of,
    )


def show_message(opened: Opened) -> MessageView:
    """Return the wire's message: what its rendering says, or else what its header says."""
    if opened.rendering is None:
        return MessageView(
            uid=opened.uid,
            from_=_addresses([opened.summary.from_] if opened.summary.from_ else []),
            to=_addresses(opened.summary.to),
            subject=opened.summary.subject,
            date=opened.summary.date,
            size=opened.size,
            seen=opened.seen,
            message_id=opened.summary.message_id,
            notes=opened.notes,
        )
    return _rendered(opened, opened.rendering)


def _rendered(opened: Opened, rendering: Rendering) -> MessageView:
    message = rendering.message
    return MessageView(
        uid=opened.uid,
        from_=_addresses(message.from_),
        sender=_addresses(message.sender),
        reply_to=_addresses(message.reply_to),
        to=_addresses(message.to),
        cc=_addresses(message.cc),
        subject=message.subject,
        date=message.date,
        size=opened.size,
        seen=opened.seen,
        message_id=message.message_id,
        in_reply_to=message.in_reply_to,
        references=message.references,
        headers=message.headers,
        text=message.text,
        html=rendering.html,
        parts=tuple(_part(part) for part in message.parts),
        excerpts=tuple(
            Excerpt(kind=excerpt.kind, part=excerpt.part, lines=excerpt.lines) for excerpt in message.excerpts
        ),
        remote_images=rendering.remote_images,
        notes=opened.notes,
    )


def _row(row: Row) -> MessageSummary:
    summary = row.summary
    return MessageSummary(
        uid=row.uid,
        from_=_addresses([summary.from_] if summary.from_ else []),
        to=_addresses(summary.to),
        subject=summary.subject,
        date=summary.date,
        size=row.size,
        seen=row.seen,
        has_attachments=summary.has_attachments,
    )


def _part(part: Part) -> MessagePart:
    return MessagePart(
        id=part.id,
        filename=name_of(part),
        content_type=part.content_type,
        size=part.size,
        inline=part.inline,
        content_id=part.content_id,
    )


def _addresses(addresses: Iterable[Address]) -> tuple[WireAddress, ...]:
    return tuple(WireAddress(name=address.name, address=address.address) for address in addresses)
