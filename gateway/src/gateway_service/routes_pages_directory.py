"""« Carnet d'adresses »: on a page of its own, and beside a letter, which that page carries whole."""

from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import RedirectResponse, Response

from courriel_web.service_client import UpstreamProblem
from gateway_service.browser_session import SignedInVisitor
from gateway_service.directory_search import MAX_ENTRIES, look_up
from gateway_service.letter_form import read_letter, recipient_field
from gateway_service.letter_pages import (
    author_of,
    ended_page,
    error_of,
    file_errors,
    letter_page,
    picking_page,
    writer_of,
)
from gateway_service.letters import RECIPIENT_FIELDS
from gateway_service.pages import pages_of
from gateway_service.same_origin import only_own_pages
from gateway_service.services import UsesServices
from gateway_service.session_end import come_back

router = APIRouter(include_in_schema=False, dependencies=[Depends(only_own_pages)])
Typed = Annotated[str, Form()]
NOTHING_TICKED = "nothing-ticked"
BACK = "back"


@router.get("/directory")
async def directory_page(
    request: Request,
    visitor: SignedInVisitor,
    services: UsesServices,
    *,
    q: str = "",
    kind: str = "",
    notice: str = "",
) -> Response:
    """Search, and show whom one may write to."""
    search = await look_up(services.directory, visitor.token, q, kind)
    answer = pages_of(request).page(
        "directory.html", status=search.status, visitor=visitor, search=search, notice=notice
    )
    return come_back(request, answer, visitor)


@router.post("/directory/write")
async def write(
    *,
    request: Request,
    visitor: SignedInVisitor,
    services: UsesServices,
    pick: Annotated[list[str], Form(max_length=MAX_ENTRIES)] = [],  # noqa: B006 — FastAPI copies it
    alone: Typed = "",
    field: Typed = "",
    q: Typed = "",
    kind: Typed = "",
) -> Response:
    """Begin a letter to one entry ``alone``, or to all that are ticked.

    By POST: addresses stand in no URL.
    """
    picked = [alone] if alone else list(filter(None, pick))
    if not picked:
        again = urlencode({"q": q, "kind": kind, "notice": NOTHING_TICKED})
        return RedirectResponse(f"/directory?{again}", status_code=303)
    letter = (await author_of(visitor, services)).new()
    letter.add(picked, recipient_field(field))
    return letter_page(request, visitor, letter)


@router.post("/compose/directory")
async def pick_for_letter(request: Request, services: UsesServices) -> Response:
    """Search beside a letter, put into its fields what is ticked, or go back to it; nothing of it is lost."""
    visitor = await writer_of(request, services)
    form = await read_letter(request, services.sender, visitor.token if visitor else None)
    adds = form.action in RECIPIENT_FIELDS
    if adds:
        form.letter.add(form.picking.ticked, form.action)
    refused = file_errors(form.refused)
    if visitor is None:
        return ended_page(request, form.letter, refused)
    if refused:
        return letter_page(request, visitor, form.letter, status=422, errors=refused, notice="incomplete")
    if form.action == BACK or (adds and form.picking.ticked):
        return letter_page(request, visitor, form.letter)
    try:
        search = await look_up(services.directory, visitor.token, form.picking.text, form.picking.kind)
    except UpstreamProblem as error:
        problem = error.problem
        return letter_page(
            request, visitor, form.letter, status=problem.status, errors=[error_of(request, problem)]
        )
    return picking_page(request, visitor, form, search, notice=NOTHING_TICKED if adds else "")
