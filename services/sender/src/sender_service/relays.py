"""Several relays as one: the first that can be asked, in the order of the settings.

One that was away is asked after the others for a while. Where a message was begun nobody else is asked, since
that could make a second copy: its outcome is temporary, and it is tried again later.
"""

import time
from collections.abc import Callable, Mapping, Sequence

import structlog

from sender_service.delivery import Envelope, Outcome, Relay, RelayAway, Temporary

AVOIDED_SECONDS = 30.0
log = structlog.get_logger(__name__)


class Relays:
    """Implements `sender_service.delivery.Relay` over relays that may raise RelayAway."""

    def __init__(self, relays: Sequence[Relay], *, clock: Callable[[], float] = time.monotonic) -> None:
        """`clock` tells seconds."""
        self._relays = relays
        self._clock = clock
        self._avoided_until = [0.0] * len(relays)

    async def deliver(self, envelope: Envelope, message: bytes) -> Mapping[str, Outcome]:
        """See `Relay.deliver`."""
        said = ""
        for index in self._order():
            try:
                outcomes = await self._relays[index].deliver(envelope, message)
            except RelayAway as away:
                said = str(away)
                self._avoided_until[index] = self._clock() + AVOIDED_SECONDS
                log.warning("relay away", relay=index + 1, reason=said)
            else:
                self._avoided_until[index] = 0.0
                return outcomes
        return dict.fromkeys(envelope.recipients, Temporary(said))

    def _order(self) -> list[int]:
        """Return the relays to ask: those that were away lately last, each group in its own order."""
        now = self._clock()
        return sorted(range(len(self._relays)), key=lambda index: self._avoided_until[index] > now)
