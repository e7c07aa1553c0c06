"""Deleting for good: at once, or held for some seconds in which it can be taken back.

A message is deleted only when it is the one that was shown, and it counts as deleted only when the server has
acknowledged QUIT (RFC 1939 section 6). Held deletions are durable: when this process dies, the mailbox's next
use carries out what is due, and waits for the rest as the dead process did. There is no trash: what was
carried out cannot be taken back.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

import structlog

from courriel_wire import DeleteOutcome
from mailbox_service.clock import Clock
from mailbox_service.commits import Committed, Proofs, commit, judge
from mailbox_service.connections import Connection
from mailbox_service.errors import MailboxError, SessionEnded, UnknownMessage
from mailbox_service.maildrops import Access, Maildrops
from mailbox_service.summaries import Proof

RETRY_SECONDS = 5.0
"""Before a due deletion is tried again; doubled up to ``MAX_RETRY_SECONDS``."""
MAX_RETRY_SECONDS = 60.0
log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Held:
    """A deletion that session ``sid`` asked for, to be carried out at ``due``; a proof of what was shown."""

    uid: str
    sid: str
    due: datetime
    proof: Proof | None


class HeldDeletions(Protocol):
    """Where held deletions outlive this process, by mailbox."""

    async def add(self, mailbox: str, held: Sequence[Held]) -> None:
        """Store; what is held already under the same uid is replaced."""
        ...

    async def of(self, mailbox: str) -> list[Held]:
        """Return all of the mailbox."""
        ...

    async def remove(self, mailbox: str, uids: Iterable[str]) -> None:
        """Forget; unknown uids are fine."""
        ...


class Deletions:
    """Deletes, holds and takes back. Used within one event loop."""

    def __init__(self, maildrops: Maildrops, held: HeldDeletions, clock: Clock) -> None:
        self._maildrops = maildrops
        self._held = held
        self._clock = clock
        self._waiting: dict[asyncio.Task[None], tuple[Access, datetime]] = {}

    async def delete_one(self, access: Access, uid: str) -> DeleteOutcome:
        """Delete one message at once.

        Raises UnknownMessage where there is none and this session never saw one.
        """
        shown = self._maildrops.summaries(access).proof(uid)
        outcome = (await self.delete(access, [uid]))[uid]
        if outcome is DeleteOutcome.GONE and shown is None:
            raise UnknownMessage
        return outcome

    async def delete(self, access: Access, uids: Iterable[str]) -> dict[str, DeleteOutcome]:
        """Delete at once, and return what became of each.

        Raises MailboxError only when nothing was deleted.
        """
        held = await self.settle(access)
        summaries = self._maildrops.summaries(access)
        proofs = {uid: summaries.proof(uid) for uid in uids}

        async def wanted() -> Proofs:
            return proofs

        outcomes = await self._delete(access, wanted)
        await self._forget_held(access.mailbox, {uid: outcomes[uid] for uid in held & outcomes.keys()})
        return outcomes

    async def hold(self, access: Access, uids: Iterable[str], seconds: int) -> datetime:
        """Hold deletions, and return until when they can be taken back: they are stored when this returns."""
        due = self._clock.now() + timedelta(seconds=seconds)
        proof = self._maildrops.summaries(access).proof
        held = [Held(uid, access.sid, due, proof(uid)) for uid in dict.fromkeys(uids)]
        await self._held.add(access.mailbox, held)
        self._wait(access, due)
        return due

    async def take_back(self, access: Access, uids: Iterable[str]) -> None:
        """Take back what this session holds.

        Raises UnknownMessage where one of ``uids`` was carried out already.
        """
        wanted = set(uids)
        async with self._maildrops.turn(access.mailbox):
            mine = {held.uid for held in await self._held.of(access.mailbox) if held.sid == access.sid}
            if wanted & mine:
                await self._held.remove(access.mailbox, wanted & mine)
        if wanted - mine:
            snapshot = await self._maildrops.lend(access, Connection.snapshot)
            if not wanted <= snapshot.by_uid.keys():
                raise UnknownMessage("The message was deleted already")

    async def settle(self, access: Access) -> frozenset[str]:
        """Carry out what is due and what an ended session left; return the uids that are still held.

        ``access`` is active, so every other session of the mailbox has ended: an undo never outlives its
        session. What a process held that died, or that serves this mailbox no more, is waited for here.
        """
        held = await self._held.of(access.mailbox)
        ready = {each.uid for each in held if self._is_due(each) or each.sid != access.sid}
        await self._carry_out(access, ready)
        for due in {each.due for each in held if each.uid not in ready}:
            if (access.sid, due) not in {(waiting.sid, at) for waiting, at in self._waiting.values()}:
                self._wait(access, due)
        return frozenset(each.uid for each in held) - ready

    async def carry_out_due(self, access: Access) -> None:
        """Carry out what is due in the mailbox, whoever held it."""
        held = await self._held.of(access.mailbox)
        await self._carry_out(access, {each.uid for each in held if self._is_due(each)})

    async def finish(self, sid: str) -> None:
        """Carry out all that a session of this process still holds: it signs out. Never fails.

        What cannot be carried out now stays stored for the mailbox's next use.
        """
        access = next((access for access, _ in self._waiting.values() if access.sid == sid), None)
        if access is None:
            return
        try:
            held = await self._held.of(access.mailbox)
            await self._carry_out(access, {each.uid for each in held if each.sid == sid})
        except Exception as error:  # noqa: BLE001 — a sign-out goes on, whatever else fails
            log.warning("held deletions wait for the next use", error=type(error).__name__)

    async def close(self) -> None:
        """Stop waiting; what is held stays stored."""
        for task in self._waiting:
            task.cancel()

    def _wait(self, access: Access, due: datetime) -> None:
        task = asyncio.create_task(self._carry_out_at(access, due))
        self._waiting[task] = (access, due)
        task.add_done_callback(self._waiting.pop)

    def _is_due(self, held: Held) -> bool:
        return held.due <= self._clock.now()

    async def _carry_out_at(self, access: Access, due: datetime) -> None:
        """Carry out in time, and try again while the mail server is away, as long as the session lasts."""
        pause = RETRY_SECONDS
        while True:
            while (remaining := (due - self._clock.now()).total_seconds()) > 0:
                await self._clock.sleep(remaining)
            try:
                await self.carry_out_due(access)
            except SessionEnded:
                return
            except Exception as error:  # noqa: BLE001 — stored as it is, it is tried again
                log.warning("held deletions are tried again", error=type(error).__name__)
            else:
                return
            await self._clock.sleep(pause)
            pause = min(2 * pause, MAX_RETRY_SECONDS)

    async def _carry_out(self, access: Access, uids: Collection[str]) -> None:
        """Delete those of ``uids`` that are still held once it is our turn: some may have been taken back."""
        if not uids:
            return

        async def wanted() -> Proofs:
            return {held.uid: held.proof for held in await self._held.of(access.mailbox) if held.uid in uids}

        outcomes = await self._delete(access, wanted)
        await self._forget_held(access.mailbox, outcomes)
        log.info("held deletions carried out", outcomes=Counter(outcomes.values()))

    async def _forget_held(self, mailbox: str, outcomes: Mapping[str, DeleteOutcome]) -> None:
        """Forget those whose fate is known: what the server refused is shown again, not tried again."""
        known = [uid for uid, outcome in outcomes.items() if outcome is not DeleteOutcome.UNKNOWN]
        if known:
            await self._held.remove(mailbox, known)

    async def _delete(
        self, access: Access, wanted: Callable[[], Awaitable[Proofs]]
    ) -> dict[str, DeleteOutcome]:
        async def work(connection: Connection) -> Committed:
            return await commit(connection, await wanted())

        summaries = self._maildrops.summaries(access)  # a sign-out later on does not undo what is done
        committed = await self._maildrops.lend(access, work)
        summaries.snapshot = None  # what it says is true no more
        outcomes = committed.outcomes
        if committed.doubtful:
            outcomes |= await self._compare(access, committed)
        for uid, outcome in outcomes.items():
            if outcome in {DeleteOutcome.DELETED, DeleteOutcome.GONE}:
                summaries.forget(uid)
            elif outcome is DeleteOutcome.CHANGED:
                summaries.distrust(uid)
        return outcomes

    async def _compare(self, access: Access, committed: Committed) -> dict[str, DeleteOutcome]:
        """Log in again and see what QUIT did."""

        async def work(connection: Connection) -> dict[str, DeleteOutcome]:
            return await judge(connection, committed)

        try:
            return await self._maildrops.lend(access, work)
        except MailboxError:
            return {each.message.uid: DeleteOutcome.UNKNOWN for each in committed.doubtful}
