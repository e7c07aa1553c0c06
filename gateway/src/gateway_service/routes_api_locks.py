"""``/api/locks``: how another webmail takes part in exclusive use (docs/lock-api.md), passed through to auth.

Whose credential it is, auth says. A browser's cookie is not looked at, so that no page of another site can
use one: there is nothing here that ``same_origin`` would have to guard.
"""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request

from courriel_web.credentials import basic_credential
from courriel_wire import Code, LockGrant, LockHolder, LockRequest, LockState
from gateway_service.openapi import FOR_WEBMAILS, LOCK_PROBLEMS, problems
from gateway_service.services import UsesServices


async def _credential(request: Request) -> str:
    return basic_credential(request)


Credential = Annotated[str, Depends(_credential)]
router = APIRouter(prefix="/api/locks", tags=["Locks"])


@router.get(
    "/{mailbox:path}",
    summary="Tell who holds a mailbox",
    operation_id="tell_lock",
    openapi_extra=FOR_WEBMAILS,
    responses=problems(*LOCK_PROBLEMS, Code.NOT_LOCKED),
)
async def tell_lock(mailbox: str, credential: Credential, services: UsesServices) -> LockState:
    """Tell the application that holds the mailbox, since when, and until when at least."""
    return await services.locks.tell(credential, mailbox)


@router.put(
    "/{mailbox:path}",
    summary="Acquire, renew or take over a mailbox",
    operation_id="claim_lock",
    openapi_extra=FOR_WEBMAILS,
    responses=problems(*LOCK_PROBLEMS, Code.MAILBOX_IN_USE),
)
async def claim_lock(
    mailbox: str, body: LockRequest, credential: Credential, services: UsesServices
) -> LockGrant:
    """Hold the mailbox for `ttl_seconds` from now, in the session that the caller names `holder`.

    Only for somebody who has proved the mailbox's password to the caller.
    """
    return await services.locks.claim(credential, mailbox, body)


@router.delete(
    "/{mailbox:path}",
    status_code=204,
    summary="Free a mailbox",
    operation_id="release_lock",
    openapi_extra=FOR_WEBMAILS,
    responses=problems(*LOCK_PROBLEMS),
)
async def release_lock(
    mailbox: str,
    holder: Annotated[LockHolder, Query()],
    credential: Credential,
    services: UsesServices,
) -> None:
    """Free the mailbox where this session of the caller has it; anything else changes nothing."""
    await services.locks.release(credential, mailbox, holder)
