"""Joins what a session knows with what the cache knows: asked once when a session wakes, told what is new.

It writes only for a session that auth vouched for: a sign-in that finds the mailbox open elsewhere leaves
nothing.
"""

from collections.abc import Mapping, Sequence

from mailbox_service.mail_cache import MailCache
from mailbox_service.rendering import Rendering
from mailbox_service.snapshots import Listed
from mailbox_service.summaries import Shown, Summaries


class Recollection:
    """Wakes sessions' memories, and writes them down."""

    def __init__(self, cache: MailCache) -> None:
        self._cache = cache

    async def ask(self, mailbox: str, key: bytes | None) -> Mapping[str, Shown]:
        """Return what the cache knows of a mailbox, for ``Summaries.recall``."""
        return {} if key is None else await self._cache.summaries(key, mailbox)

    async def wake(self, mailbox: str, summaries: Summaries) -> None:
        """Let a session remember what the cache knows, unless it does."""
        if summaries.awake or summaries.cache_key is None:
            return
        known = await self._cache.summaries(summaries.cache_key, mailbox)
        if not summaries.awake:
            summaries.recall(known)

    async def save(self, mailbox: str, summaries: Summaries) -> None:
        """Write down what is new. What is not saved now is read again some day."""
        new, summaries.unsaved = summaries.unsaved, {}
        if new and summaries.cache_key is not None:
            await self._cache.keep_summaries(summaries.cache_key, mailbox, new)

    async def rendering(self, mailbox: str, summaries: Summaries, message: Listed) -> Rendering | None:
        """Return a message as it was rendered before, or None."""
        name = _name(summaries, message)
        if summaries.cache_key is None or name is None:
            return None
        return await self._cache.message(summaries.cache_key, mailbox, name, message.size)

    async def not_kept(
        self, mailbox: str, summaries: Summaries, messages: Sequence[Listed]
    ) -> Sequence[Listed]:
        """Return those of these messages that may be written down as rendered, and are not."""
        named = [(message, name) for message in messages if (name := _name(summaries, message))]
        if summaries.cache_key is None:
            return [message for message, _ in named]
        asked = [(name, message.size) for message, name in named]
        kept = await self._cache.kept_messages(summaries.cache_key, mailbox, asked)
        return [message for message, name in named if (name, message.size) not in kept]

    async def keep(self, mailbox: str, summaries: Summaries, message: Listed, rendering: Rendering) -> None:
        """Write a rendered message down."""
        name = _name(summaries, message)
        if summaries.cache_key is not None and name is not None:
            await self._cache.keep_message(summaries.cache_key, mailbox, name, message.size, rendering)


def _name(summaries: Summaries, message: Listed) -> str | None:
    """Return what a rendering is kept under: the uid and the digest of the header, or None without one.

    A server may give a UIDL again, to another message of the same size: the list shows that one's header, and
    must not open the other's text.
    """
    shown = None if message.ambiguous else summaries.find(message.uid, message.size)
    return f"{message.uid} {shown.proof.digest}" if shown and shown.proof.digest else None
