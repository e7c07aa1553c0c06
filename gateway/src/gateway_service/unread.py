"""Which lines of a list are unread, beside the message that is open."""

from courriel_wire import MessagePage, MessageView


def seen_when_open(listing: MessagePage, message: MessageView | None) -> MessagePage:
    """Return the list with ``message`` seen.

    Both are asked for at the same time, so the list may be older than the mark.
    """
    unread = {each.uid for each in listing.messages if not each.seen}
    if message is None or message.uid not in unread:
        return listing
    rows = tuple(
        each.model_copy(update={"seen": True}) if each.uid == message.uid else each
        for each in listing.messages
    )
    return listing.model_copy(update={"messages": rows, "unread": listing.unread - 1})
