"""Reading headers into summaries: those alone that nobody has read yet, in one flight.

What others wrote is summarised by the ``Reader``; where it gives up, the message is a blank line of the list.
"""

from collections.abc import Mapping, Sequence

import structlog

from courriel_message import Summary
from mailbox_service.connections import Connection
from mailbox_service.errors import HeaderTooLarge, MessageUnreadable
from mailbox_service.readers import Reader
from mailbox_service.snapshots import Listed
from mailbox_service.summaries import BLANK, Proof, Shown, Summaries, digest_header

MAX_HOSTILE_HEADERS = 2
"""Of one page: each may cost the reader's whole time limit, and somebody is waiting."""
log = structlog.get_logger(__name__)


class Headers:
    """Learns what messages are, and shows them."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    async def show(self, connection: Connection, messages: Sequence[Listed]) -> list[Shown]:
        """Return what a person is to see of these messages, in their order."""
        known = await self.learn(connection, messages)
        return show(connection.summaries, messages, known)

    async def learn(self, connection: Connection, messages: Sequence[Listed]) -> dict[str, Shown]:
        """Ask the server for those headers that are not known, remember and return what all of them say."""
        summaries = connection.summaries
        known = find_known(summaries, messages)
        new = [message for message in messages if message.uid not in known]
        if not new:
            return known
        headers = await self._ask(connection, new)
        new = [message for message in new if message.number in headers]
        read = await self._summarise([headers[message.number] for message in new])
        for message, summary in zip(new, read, strict=False):  # the rest has to wait
            proof = Proof(message.size, digest_header(headers[message.number]))
            # where a UIDL does not name one message, its summary may be another's the next time
            known[message.uid] = Shown(proof, summary)
            save = not message.ambiguous and summary is not BLANK
            summaries.keep(message.uid, known[message.uid], save=save)
        return known

    async def _ask(self, connection: Connection, messages: Sequence[Listed]) -> Mapping[int, bytes]:
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


def find_known(summaries: Summaries, messages: Sequence[Listed]) -> dict[str, Shown]:
    """Return what is known of these messages, by uid."""
    return {
        message.uid: found
        for message in messages
        if (found := summaries.find(message.uid, message.size)) is not None
    }


def show(summaries: Summaries, messages: Sequence[Listed], known: Mapping[str, Shown]) -> list[Shown]:
    """Return what a person is to see of these messages, a blank where nothing is known, and note it."""
    shown = []
    for message in messages:
        found = known.get(message.uid)
        if found is not None:
            summaries.show(message.uid, found.proof)
        shown.append(found or Shown(Proof(message.size, ""), BLANK))
    return shown
