"""The page of what was sent lately, and what became of it."""

from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse, Response

from gateway_service.browser_session import SignedInVisitor
from gateway_service.identifiers import PathEntry
from gateway_service.pages import pages_of
from gateway_service.same_origin import only_own_pages
from gateway_service.services import UsesServices
from gateway_service.session_end import come_back

router = APIRouter(include_in_schema=False, dependencies=[Depends(only_own_pages)])


@router.get("/outbox")
async def outbox_page(
    request: Request, visitor: SignedInVisitor, services: UsesServices, notice: str = ""
) -> Response:
    """Show the state of each recipient, in words."""
    outbox = await services.sender.outbox(visitor.token)
    answer = pages_of(request).page("outbox.html", visitor=visitor, entries=outbox.entries, notice=notice)
    return come_back(request, answer, visitor)


@router.post("/outbox/{entry}/cancel")
async def cancel(entry: PathEntry, visitor: SignedInVisitor, services: UsesServices) -> Response:
    """Take a message back while it is held."""
    await services.sender.cancel(visitor.token, entry)
    return RedirectResponse("/outbox?notice=cancelled", status_code=303)


@router.post("/outbox/{entry}/seen")
async def acknowledge(entry: PathEntry, visitor: SignedInVisitor, services: UsesServices) -> Response:
    """Take note of a failure that no report by mail tells."""
    await services.sender.acknowledge(visitor.token, entry)
    return RedirectResponse("/outbox", status_code=303)
