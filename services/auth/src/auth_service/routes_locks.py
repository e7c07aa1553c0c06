"""The lock API over HTTP (docs/lock-api.md); no decisions. Its callers are other webmails, not services."""

from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import SecretStr

from auth_service.locks import Claimant, Locks
from courriel_web.credentials import service_caller
from courriel_wire import LockGrant, LockHolder, LockRequest, LockState


def build_lock_routes(locks: Locks, clients: Mapping[str, SecretStr]) -> APIRouter:
    """Make the routes; ``clients`` are the webmails that may call: their names and secrets."""
    router = APIRouter()
    caller = service_caller(clients)
    Caller = Annotated[str, Depends(caller)]  # noqa: N806 — a type

    # A mailbox name may have a slash.
    @router.get("/locks/{mailbox:path}", dependencies=[Depends(caller)])
    async def tell_lock(mailbox: str) -> LockState:
        """Tell who holds a mailbox."""
        found = await locks.tell(mailbox)
        return LockState(application=found.application, since=found.since, expires_at=found.expires_at)

    @router.put("/locks/{mailbox:path}")
    async def claim_lock(mailbox: str, asked: LockRequest, application: Caller) -> LockGrant:
        """Acquire the mailbox for a session of the caller, or renew; or take it over."""
        granted = await locks.claim(
            mailbox,
            Claimant(application, asked.holder),
            ttl_seconds=asked.ttl_seconds,
            takeover=asked.takeover,
        )
        return LockGrant(fence=granted.fence, expires_at=granted.expires_at)

    @router.delete("/locks/{mailbox:path}", status_code=204)
    async def release_lock(mailbox: str, holder: Annotated[LockHolder, Query()], application: Caller) -> None:
        """Free the mailbox where that session of the caller has it."""
        await locks.release(mailbox, Claimant(application, holder))

    return router
