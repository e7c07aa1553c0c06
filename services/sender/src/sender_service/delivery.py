"""What can become of a message at the relay, and when it is tried again.

For one recipient there are three outcomes and no other: delivered, temporary, permanent. This module opens
nothing.
"""

import random
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

MAX_DETAIL = 500
"""Characters of a server's words that are kept."""
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]+")


NULL_PATH = ""
"""The return path of a report (RFC 5321 section 4.5.5): whoever cannot deliver it tells nobody."""


@dataclass(frozen=True, slots=True)
class Delivered:
    """The relay took responsibility for this recipient (RFC 5321 section 4.2.5)."""

    detail: str = ""


@dataclass(frozen=True, slots=True)
class Temporary:
    """It may work later: a 4xx reply, the network, or a relay that is wrongly set up."""

    detail: str


@dataclass(frozen=True, slots=True)
class Permanent:
    """It will not work: a 5xx reply, or the window of retries (`tried_seconds`) has passed."""

    detail: str
    tried_seconds: float = 0.0


Outcome = Delivered | Temporary | Permanent


@dataclass(frozen=True, slots=True)
class Envelope:
    """RFC 5321's: where failures go, and to whom the message goes.

    `sender` NULL_PATH is that of a report. `notify_success` asks those who deliver to tell the sender
    (RFC 3461).
    """

    sender: str = field(repr=False)
    recipients: tuple[str, ...] = field(repr=False)
    notify_success: bool = False


class RelayAway(Exception):
    """A relay has nothing of the message, so that another may be asked; the text is fit to be shown."""


class Relay(Protocol):
    """What takes messages towards their recipients."""

    async def deliver(self, envelope: Envelope, message: bytes) -> Mapping[str, Outcome]:
        """Try once; return an outcome for every recipient. Never raises for what a server or network does."""


def plain_words(text: str) -> str:
    """Make a server's words fit to be shown: one line, no control or direction characters, bounded."""
    return " ".join(_CONTROL.sub(" ", text).split())[:MAX_DETAIL]


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """Doubling pauses with jitter, inside a window. All in seconds."""

    window: float
    first: float
    longest: float = 900.0

    def pause(self, attempts: int, age: float, jitter: random.Random) -> float | None:
        """Return how long to wait after `attempts` tries, `age` after it was first due; None to give up.

        The pause is between a half and the whole of its step, so that messages refused together come back
        apart.
        """
        step = min(self.longest, self.first * 2.0 ** min(attempts - 1, 30))
        pause = step * jitter.uniform(0.5, 1.0)
        return pause if age + pause <= self.window else None

    def give_up(self, outcomes: Mapping[str, Outcome]) -> Mapping[str, Outcome]:
        """Turn what was temporary into permanent, with the last words the server said."""
        return {
            address: Permanent(outcome.detail, max(self.window, 1.0))
            if isinstance(outcome, Temporary)
            else outcome
            for address, outcome in outcomes.items()
        }
