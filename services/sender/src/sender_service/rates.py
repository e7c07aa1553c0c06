"""How much a mailbox may send in an hour and in a day: messages, and recipients of messages.

A window slides: what was accepted leaves it an hour or a day later. Counting is the store's, in the same step
as accepting; this module says what is counted.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from sender_service.errors import SenderError

Counted = Literal["messages", "recipients"]
HOUR_SECONDS = 3600
DAY_SECONDS = 86_400


@dataclass(frozen=True, slots=True)
class Rate:
    """At most `limit` in any `seconds`."""

    counted: Counted
    seconds: int
    limit: int


@dataclass(frozen=True, slots=True)
class Rates:
    """The four limits of a mailbox."""

    messages_per_hour: int
    messages_per_day: int
    recipients_per_hour: int
    recipients_per_day: int

    def each(self) -> tuple[Rate, ...]:
        """List them, the narrower window first."""
        return (
            Rate("messages", HOUR_SECONDS, self.messages_per_hour),
            Rate("recipients", HOUR_SECONDS, self.recipients_per_hour),
            Rate("messages", DAY_SECONDS, self.messages_per_day),
            Rate("recipients", DAY_SECONDS, self.recipients_per_day),
        )


@dataclass(frozen=True, slots=True)
class Usage:
    """How much of each rate is used now."""

    used: Mapping[Rate, int] = field(default_factory=dict)

    def left(self, rate: Rate) -> int:
        """Say how many more are accepted now."""
        return max(0, rate.limit - self.used.get(rate, 0))


class TooMuchSent(SenderError):
    """A rate does not allow this message: `left` is what it allows now; it may go in `retry_after` s."""

    def __init__(self, rate: Rate, left: int, retry_after: float) -> None:
        period = "hour" if rate.seconds == HOUR_SECONDS else "day"
        super().__init__(f"at most {rate.limit} {rate.counted} in any {period}: {left} left")
        self.rate = rate
        self.counted = rate.counted
        self.period_seconds = rate.seconds
        self.limit = rate.limit
        self.left = left
        self.retry_after = retry_after
