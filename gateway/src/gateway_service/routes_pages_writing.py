"""Pages of « Nouveau Message » and « Répondre ». Whatever goes wrong, nothing typed or joined is lost."""

from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import RedirectResponse, Response
from pydantic import ValidationError

from courriel_web.problems import BadBearer
from courriel_web.service_client import UpstreamProblem, UpstreamUnavailable
from courriel_wire import Code, Problem
from gateway_service.browser_session import SignedInVisitor, Visitor, visit
from gateway_service.errors import SessionEnded
from gateway_service.identifiers import checked_uid
from gateway_service.letter_form import FormError, SentForm, read_letter
from gateway_service.letters import Letter, reply
from gateway_service.pages import pages_of, written
from gateway_service.same_origin import only_own_pages
from gateway_service.services import Services, UsesServices
from gateway_service.words import explain_letter

router = APIRouter(include_in_schema=False, dependencies=[Depends(only_own_pages)])
FIELD_OF: Mapping[str, str] = {
    Code.NO_RECIPIENT: "to",
    Code.INVALID_ADDRESS: "to",
    Code.TOO_MANY_RECIPIENTS: "to",
    Code.INVALID_HEADER: "subject",
}
FILES = "files"
ABOUT = 80
FORM = "letter"
INVALID = Problem(type=Code.INVALID_REQUEST, title="", status=422)
UNAVAILABLE = Problem(type=Code.SERVICE_UNAVAILABLE, title="", status=503)


@router.get("/compose")
async def writing_page(
    *,
    request: Request,
    visitor: SignedInVisitor,
    services: UsesServices,
    reply_to: str = "",
    uid: Annotated[list[str], Query(max_length=1000)] = [],  # noqa: B006 — FastAPI copies it
    opened: Annotated[str, Query(alias="open")] = "",
    action: str = "",
) -> Response:
    """Show an empty letter, or an answer: to ``reply_to``, else to what the list has ticked or open."""
    wanted = [reply_to] if reply_to else (uid or [opened]) if action == "reply" else []
    if action == "reply" and (len(wanted) != 1 or not wanted[0]):
        return RedirectResponse("/messages?notice=tick-one", status_code=303)
    letter = await _answer(request, services, visitor, wanted[0]) if wanted else Letter()
    return _page(request, visitor, letter)


async def _answer(request: Request, services: Services, visitor: Visitor, uid: str) -> Letter:
    message = await services.mailbox.open(visitor.token, checked_uid(uid))
    to = ", ".join(written(address) for address in message.reply_to or message.from_)
    attribution = pages_of(request).text("blocks/attribution.txt", message=message).strip()
    return reply(message, to, attribution)


@router.post("/compose")
async def send(request: Request, services: UsesServices) -> Response:
    """Send the letter, or only join its files; show it again with what is wrong."""
    visitor = await _writer(request, services)
    form = await read_letter(request, services.sender, visitor.token if visitor else None)
    errors = _errors(form)
    if visitor is None:
        errors.insert(0, FormError(FORM, explain_letter(Code.SESSION_ENDED)))
        return _page(request, None, form.letter, status=401, errors=errors)
    if form.action == "attach" or errors:
        return _page(request, visitor, form.letter, status=422 if errors else 200, errors=errors)
    try:
        entry = await services.sender.submit(visitor.token, form.letter.submission(), form.letter.key)
    except ValidationError:
        return _not_sent(request, visitor, form.letter, INVALID)
    except UpstreamProblem as error:
        return _not_sent(request, visitor, form.letter, error.problem)
    except UpstreamUnavailable:
        return _not_sent(request, visitor, form.letter, UNAVAILABLE)
    return RedirectResponse(f"/messages?notice=accepted&entry={entry.id}", status_code=303)


async def _writer(request: Request, services: Services) -> Visitor | None:
    """Return who writes, None where the session has ended meanwhile."""
    try:
        return await visit(request, services)
    except (BadBearer, SessionEnded):
        return None


def _errors(form: SentForm) -> list[FormError]:
    """Return what is wrong with the form itself."""
    invalid = explain_letter(Code.INVALID_ADDRESS)
    return [
        *(FormError(name, invalid, text[:ABOUT]) for name, text in form.letter.invalid_fields().items()),
        *(FormError(FILES, explain_letter(problem.type), name[:ABOUT]) for name, problem in form.refused),
    ]


def _not_sent(request: Request, visitor: Visitor, letter: Letter, problem: Problem) -> Response:
    """Show the letter again; files that expired are taken off."""
    if problem.type == Code.UNKNOWN_UPLOAD:
        letter.uploads = ()
    limit = (problem.model_extra or {}).get("limit") or request.app.state.settings.sender_max_recipients
    error = FormError(FIELD_OF.get(problem.type, FORM), explain_letter(problem.type), limit=int(limit))
    return _page(request, visitor, letter, status=problem.status, errors=[error])


def _page(
    request: Request,
    visitor: Visitor | None,
    letter: Letter,
    *,
    status: int = 200,
    errors: list[FormError] | None = None,
) -> Response:
    context = {"visitor": visitor} if visitor else {}
    told = errors or []
    return pages_of(request).page(
        "compose.html",
        status=status,
        letter=letter,
        errors=told,
        wrong={error.field: error for error in reversed(told)},
        ended=visitor is None,
        **context,
    )
