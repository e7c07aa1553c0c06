"""One attempt for one entry: claim it, keep the claim, deliver or report, record what became of it.

An attempt does one thing: it delivers to the open recipients, or it tells the sender, by a non-delivery
report, who failed. The report is no entry of its own, so that none can ever be about a report.

It trusts no hint: only a claim makes it send, and only under a live fence does a result count. Where a crash
leaves "sending" in doubt, the message is sent again with the same Message-ID: at least once.
"""

import asyncio
import random
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import structlog

from courriel_message import InvalidDraft
from courriel_wire import ReportState
from sender_service.delivery import (
    NULL_PATH,
    Delivered,
    Envelope,
    Outcome,
    Permanent,
    Relay,
    RetryPolicy,
    Temporary,
)
from sender_service.errors import SenderError
from sender_service.letter import Letter
from sender_service.limits import Limits
from sender_service.octet_budget import OctetBudget
from sender_service.outbox import Claim, ContentLost, Outbox
from sender_service.report import CONTENT_LOST, Reporter

SETTLE_PAUSE_SECONDS = 0.25
PATROL_SECONDS = 1.0
OCTETS_AT_ONCE = 48 * 1024**2
"""Of messages under way in one process; each is there about three times over while its DATA is prepared."""
log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Result:
    """What the letter is after an attempt; it is tried again in `pause` seconds, None: never."""

    letter: Letter
    pause: float | None
    outcomes: tuple[Outcome, ...]


class Dispatch:
    """Delivers entries of the outbox, each when its id is given."""

    def __init__(
        self,
        outbox: Outbox,
        relay: Relay,
        retries: RetryPolicy,
        reporter: Reporter,
        limits: Limits,
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
        self._reporter = reporter
        self._limits = limits
        self._lease_seconds = lease_seconds
        self._settle_seconds = settle_seconds
        self._budget = OctetBudget(octets_at_once)
        self._is_stopping = False
        self._jitter = random.Random()  # noqa: S311 — spreads retries, guards nothing

    async def work(self, entry_id: str) -> None:
        """Follow a hint, then go on with whatever is due, until there is nothing or `stop` was called.

        So a queue is worked off without a hint for each entry, which costs more than its delivery.
        """
        await self._go_on(await self._outbox.claim(entry_id))

    async def patrol(self, pause_seconds: float = PATROL_SECONDS) -> None:
        """Look every `pause_seconds` for what is due and no hint told of, until `stop` was called.

        Hints need room in Redis; what is due must leave a full one all the same, since that makes the room.
        """
        while not self._is_stopping:
            try:
                await self._go_on(await self._outbox.claim_next())
            except Exception as error:  # noqa: BLE001 — an outbox that is away is asked again
                log.warning("patrol failed", error=type(error).__name__)
            await asyncio.sleep(pause_seconds)

    async def _go_on(self, claim: Claim | None) -> None:
        while claim is not None:
            await self._try(claim)
            claim = None if self._is_stopping else await self._outbox.claim_next()

    def stop(self) -> None:
        """Begin nothing more; what is under way goes on."""
        self._is_stopping = True

    async def deliver(self, entry_id: str) -> None:
        """Try once what is next for an entry; do nothing where it is not due, or not free."""
        claim = await self._outbox.claim(entry_id)
        if claim is not None:
            await self._try(claim)

    async def _try(self, claim: Claim) -> None:
        attempt = asyncio.create_task(self._attempt(claim))
        try:
            kept = await self._keep_lease(claim, attempt)
        finally:
            attempt.cancel()
        if not kept:
            log.warning("lease lost, attempt given up", entry=claim.id, fence=claim.fence)
            return
        result = attempt.result()
        settled = await self._settle(claim, result)
        log.info(
            "attempt ended",
            entry=claim.id,
            attempts=claim.attempts,
            counted=settled,
            about="report" if claim.letter.unreported() else "message",
            outcomes=sorted(type(outcome).__name__ for outcome in result.outcomes),
        )

    async def _keep_lease(self, claim: Claim, attempt: asyncio.Task[_Result]) -> bool:
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

    async def _attempt(self, claim: Claim) -> _Result:
        async with self._budget.hold(claim.octets):
            try:
                message = await self._outbox.content(claim)
            except ContentLost:
                log.exception("content lost", entry=claim.id)
                message = None
            if claim.letter.unreported():
                return await self._report(claim, message)
            return await self._deliver(claim, message)

    async def _deliver(self, claim: Claim, message: bytes | None) -> _Result:
        """Try the open recipients."""
        outcomes = await self._outcomes(claim.letter, message)
        letter, pause = claim.letter.record(outcomes), None
        if letter.open_addresses():
            pause = self._retries.pause(claim.attempts, claim.age_seconds, self._jitter)
            if pause is None:
                letter = claim.letter.record(self._retries.give_up(outcomes))
        if letter.unreported():
            state = letter.reporting.state
            due = ReportState.FAILED if state is ReportState.FAILED else ReportState.QUEUED
            reporting = replace(
                letter.reporting, state=due, since_attempts=claim.attempts, since_seconds=claim.age_seconds
            )
            letter, pause = replace(letter, reporting=reporting), 0.0
        return _Result(letter, pause, tuple(outcomes.values()))

    async def _outcomes(self, letter: Letter, message: bytes | None) -> Mapping[str, Outcome]:
        """Ask the relay, unless the limits of today do not allow what was accepted under others."""
        envelope = letter.envelope()
        if message is None:
            return dict.fromkeys(envelope.recipients, Permanent(CONTENT_LOST))
        try:
            self._limits.check_recipients(envelope.recipients)
            self._limits.check_files(letter.files)
            self._limits.check_size(len(message))
        except SenderError as error:
            return dict.fromkeys(envelope.recipients, Permanent(str(error)))
        return await self._relay.deliver(envelope, message)

    async def _report(self, claim: Claim, message: bytes | None) -> _Result:
        """Try to tell the sender who failed; it has a window of its own."""
        letter, now = claim.letter, datetime.now(UTC)
        arrival = now - timedelta(seconds=claim.age_seconds)
        try:
            report = self._reporter.write(letter, message, arrival=arrival, now=now)
        except InvalidDraft as error:
            log.exception("report cannot be written", entry=claim.id, field=error.field)
            outcome: Outcome = Permanent("the report cannot be written")
        else:
            outcome = (await self._relay.deliver(Envelope(NULL_PATH, (letter.sender,)), report))[
                letter.sender
            ]
        if isinstance(outcome, Temporary):
            since = letter.reporting
            attempts, age = claim.attempts - since.since_attempts, claim.age_seconds - since.since_seconds
            pause = self._retries.pause(attempts, age, self._jitter)
            if pause is not None:
                return _Result(letter, pause, (outcome,))
        letter = letter.report(ReportState.SENT if isinstance(outcome, Delivered) else ReportState.FAILED)
        pause = None
        if letter.open_addresses():
            pause = self._retries.pause(claim.attempts, claim.age_seconds, self._jitter) or 0.0
        return _Result(letter, pause, (outcome,))

    async def _settle(self, claim: Claim, result: _Result) -> bool:
        """Record the result; keep trying for a while, since a lost result means a second copy."""
        deadline = asyncio.get_running_loop().time() + self._settle_seconds
        while True:
            try:
                return await self._outbox.settle(claim, result.letter, result.pause, _counted(claim, result))
            except Exception as error:
                if asyncio.get_running_loop().time() >= deadline:
                    raise
                log.warning("result not recorded yet", entry=claim.id, error=type(error).__name__)
                await asyncio.sleep(SETTLE_PAUSE_SECONDS)


def _counted(claim: Claim, result: _Result) -> Mapping[str, int]:
    """Count what an attempt brought: `message.delivered`, `report.temporary` and so on."""
    about = "report" if claim.letter.unreported() else "message"
    return Counter(f"{about}.{type(outcome).__name__.lower()}" for outcome in result.outcomes)
