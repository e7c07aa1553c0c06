"""How much a mailbox has sent lately, from Redis: told here, and counted by the accepting script itself."""

from redis.asyncio import Redis

from sender_service import outbox_scripts, redis_keys
from sender_service.rates import Rates, TooMuchSent, Usage


class RedisRates:
    """What each mailbox may send, and how much of it is used."""

    def __init__(self, redis: Redis, rates: Rates) -> None:
        self._rates = rates.each()
        self._check = redis.register_script(outbox_scripts.CHECK_RATES)
        self._usage = redis.register_script(outbox_scripts.USAGE)

    async def check(self, mailbox: str, recipients: int) -> None:
        """See `Outbox.check_rates`."""
        refusal = await self._check(keys=[redis_keys.recent(mailbox)], args=[recipients, *self.arguments()])
        if refusal:
            raise self.refusal(refusal)

    async def usage(self, mailbox: str) -> Usage:
        """See `Outbox.usage`."""
        used = await self._usage(
            keys=[redis_keys.recent(mailbox)],
            args=[value for rate in self._rates for value in (rate.counted, rate.seconds * 1000)],
        )
        return Usage(dict(zip(self._rates, used, strict=True)))

    def arguments(self) -> list[str | int]:
        """Return the rates as the scripts take them: (counted ms limit)*."""
        return [value for rate in self._rates for value in (rate.counted, rate.seconds * 1000, rate.limit)]

    def refusal(self, answer: bytes) -> TooMuchSent:
        """Read a script's refusal: 'rate-index left retry_ms'."""
        index, left, retry_ms = map(int, answer.split())
        return TooMuchSent(self._rates[index], left, retry_ms / 1000)
