"""One attempt to deliver one entry: claim it, keep the claim, try, record each recipient's outcome.

It trusts no hint: only a claim makes it send, and only under a live fence does a result count. Where a crash
leaves "sending" in doubt, the message is sent again with the same Message-ID: at least once.
"""

import asyncio
import random
from collections.abc import Mapping

import structlog

from sender_service.delivery import Envelope, Outcome, Permanent, Relay, RetryPolicy
from sender_service.octet_budget import OctetBudget
from sender_service.outbox import Claim, ContentLost, Letter, Outbox

SETTLE_PAUSE_SECONDS = 0.25
OCTETS_AT_ONCE = 48 * 1024**2
"""Of messages under way in one process; each is there about three times over while its DATA is prepared."""
log = structlog.get_logger(__name__)


class Dispatch:
    """Delivers entries of the outbox, each when its id is given."""

    def __init__(
        self,
        outbox: Outbox,
        relay: Relay,
        retries: RetryPolicy,
        *,
        lease_seconds: float,
        settle_seconds: float = 60.0,
        octets_at_once: int = OCTETS_AT_ONCE,
    ) -> None:
        """`lease_seconds` is the outbox's; for `settle_seconds` a result is kept that cannot be recorded.

        A message waits, with its lease kept, until it fits into `octets_at_once`.
        """
        self._outbox = outbox
        self._relay = relay
        self._retries = retries
        self._lease_seconds = lease_seconds
        self._settle_seconds = settle_seconds
        self._budget = OctetBudget(octets_at_once)
        self._jitter = random.Random()  # noqa: S311 — spreads retries, guards nothing

    async def deliver(self, entry_id: str) -> None:
        """Try once to deliver to the open recipients; do nothing where the entry is not due, or not free."""
        claim = await self._outbox.claim(entry_id)
        if claim is None:
            return
        attempt = asyncio.create_task(self._attempt(claim))
        try:
            kept = await self._keep_lease(claim, attempt)
        finally:
            attempt.cancel()
        if not kept:
            log.warning("lease lost, attempt given up", entry=claim.id, fence=claim.fence)
            return
        outcomes = attempt.result()
        settled = await self._settle(claim, outcomes)
        log.info(
            "attempt ended",
            entry=claim.id,
            attempts=claim.attempts,
            counted=settled,
            outcomes=sorted(type(outcome).__name__ for outcome in outcomes.values()),
        )

    async def _keep_lease(self, claim: Claim, attempt: asyncio.Task[Mapping[str, Outcome]]) -> bool:
        """Renew until the attempt ends (True), or the lease is lost or cannot be renewed in time (False)."""
        loop = asyncio.get_running_loop()
        ends = loop.time() + self._lease_seconds
        while True:
            done, _ = await asyncio.wait([attempt], timeout=self._lease_seconds / 3)
            if done:
                return True
            asked = loop.time()
            try:
                if not await self._outbox.renew(claim):
                    return False
                ends = asked + self._lease_seconds
            except Exception as error:  # noqa: BLE001 — whatever keeps us from renewing, only time decides
                log.warning("lease not renewed", entry=claim.id, error=type(error).__name__)
                if loop.time() >= ends:
                    return False

    async def _attempt(self, claim: Claim) -> Mapping[str, Outcome]:
        envelope = Envelope(claim.letter.sender, claim.letter.open_addresses())
        async with self._budget.hold(claim.octets):
            try:
                message = await self._outbox.content(claim)
            except ContentLost:
                log.exception("content lost", entry=claim.id)
                return dict.fromkeys(envelope.recipients, Permanent("the stored message cannot be read"))
            return await self._relay.deliver(envelope, message)

    async def _settle(self, claim: Claim, outcomes: Mapping[str, Outcome]) -> bool:
        """Record the outcomes; keep trying for a while, since a lost result means a second copy."""
        letter, pause = self._conclude(claim, outcomes)
        deadline = asyncio.get_running_loop().time() + self._settle_seconds
        while True:
            try:
                return await self._outbox.settle(claim, letter, pause)
            except Exception as error:
                if asyncio.get_running_loop().time() >= deadline:
                    raise
                log.warning("result not recorded yet", entry=claim.id, error=type(error).__name__)
                await asyncio.sleep(SETTLE_PAUSE_SECONDS)

    def _conclude(self, claim: Claim, outcomes: Mapping[str, Outcome]) -> tuple[Letter, float | None]:
        """Say what the letter is after this attempt, and when it is tried again (None: never)."""
        letter = claim.letter.record(outcomes)
        if not letter.open_addresses():
            return letter, None
        pause = self._retries.pause(claim.attempts, claim.age_seconds, self._jitter)
        if pause is None:
            return claim.letter.record(self._retries.give_up(outcomes)), None
        return letter, pause
