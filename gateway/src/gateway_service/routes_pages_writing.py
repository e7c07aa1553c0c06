"""Pages of « Nouveau Message », « Répondre » and « Répondre à tous », sending, and taking back.

Whatever goes wrong, nothing typed or joined is lost. What was sent cannot be read again anywhere: the page
that confirms it carries the letter, so that « Annuler l’envoi » can bring it back.
"""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import RedirectResponse, Response
from pydantic import ValidationError

from courriel_web.service_client import UpstreamProblem, UpstreamUnavailable
from courriel_wire import Code, OutboxEntry, Problem, RecipientState
from gateway_service.browser_session import SignedInVisitor, Visitor
from gateway_service.identifiers import checked_entry, checked_uid
from gateway_service.letter_form import FormError, SentForm, read_letter
from gateway_service.letter_pages import (
    ABOUT,
    author_of,
    ended_page,
    error_of,
    file_errors,
    letter_page,
    sent_page,
    writer_of,
)
from gateway_service.letters import RECIPIENT_FIELDS, Letter, Occasion, new_key
from gateway_service.same_origin import only_own_pages
from gateway_service.services import Services, UsesServices
from gateway_service.words import explain_letter

router = APIRouter(include_in_schema=False, dependencies=[Depends(only_own_pages)])
ANSWERS = {"reply": False, "reply-all": True}
INVALID = Problem(type=Code.INVALID_REQUEST, title="", status=422)
UNAVAILABLE = Problem(type=Code.SERVICE_UNAVAILABLE, title="", status=503)
NOTHING_TO_REDIRECT = Problem(type=Code.UNKNOWN_UPLOAD, title="", status=422)


@router.get("/compose")
async def writing_page(
    *,
    request: Request,
    visitor: SignedInVisitor,
    services: UsesServices,
    uid: Annotated[list[str], Query(max_length=1000)] = [],  # noqa: B006 — FastAPI copies it
    opened: Annotated[str, Query(alias="open")] = "",
    action: str = "",
) -> Response:
    """Show an empty letter, or an answer to what the list has ticked or open."""
    author = await author_of(visitor, services)
    if action not in ANSWERS:
        return letter_page(request, visitor, author.new())
    wanted = uid or [opened]
    if len(wanted) != 1 or not wanted[0]:
        return RedirectResponse("/messages?notice=tick-one", status_code=303)
    message = await services.mailbox.open(visitor.token, checked_uid(wanted[0]))
    return letter_page(request, visitor, author.answer(message, everyone=ANSWERS[action]))


@router.post("/compose")
async def send(request: Request, services: UsesServices) -> Response:
    """Send the letter, or only join its files; show it again with what is wrong."""
    visitor = await writer_of(request, services)
    form = await read_letter(request, services.sender, visitor.token if visitor else None)
    errors = _errors(form)
    if visitor is None:
        return ended_page(request, form.letter, errors)
    if form.action != "send" or errors:
        return letter_page(request, visitor, form.letter, status=422 if errors else 200, errors=errors)
    return await _send(request, visitor, services, form)


async def _send(request: Request, visitor: Visitor, services: Services, form: SentForm) -> Response:
    entries: list[OutboxEntry] = []
    if problem := await _hand_over(services, visitor.token, form, entries):
        return _not_sent(request, visitor, form.letter, problem, entries)
    states = {entry.state for entry in entries}
    if RecipientState.CANCELLED in states:
        return _taken_back(request, visitor, form.letter, status=409)
    if states == {RecipientState.HELD}:
        return sent_page(request, visitor, form.letter, entries)
    return RedirectResponse("/messages?notice=accepted", status_code=303)


async def _hand_over(
    services: Services, token: str, form: SentForm, entries: list[OutboxEntry]
) -> Problem | None:
    """Hand over what the letter asks for, one after the other; ``entries`` tells how far that came."""
    try:
        choices = await services.mailbox.settings(token)
        for key, submission in form.letter.submissions(choices):
            entries.append(await services.sender.submit(token, submission, key, form.digest))
    except ValidationError:
        return INVALID
    except UpstreamProblem as error:
        return error.problem
    except UpstreamUnavailable:
        return UNAVAILABLE
    return None if entries else NOTHING_TO_REDIRECT


@router.post("/compose/undo")
async def undo(request: Request, visitor: SignedInVisitor, services: UsesServices) -> Response:
    """Take a letter back while it is held, and show it again, under another key.

    Its uploads still wait at sender: those of a held message live on until it has left.
    """
    form = await read_letter(request, services.sender, visitor.token)
    for entry in form.entries:
        await services.sender.cancel(visitor.token, checked_entry(entry))
    return _taken_back(request, visitor, form.letter)


def _taken_back(request: Request, visitor: Visitor, letter: Letter, status: int = 200) -> Response:
    letter.key = new_key()
    return letter_page(request, visitor, letter, status=status, notice="cancelled")


def _errors(form: SentForm) -> list[FormError]:
    """Return what is wrong with the form itself."""
    invalid = explain_letter(Code.INVALID_ADDRESS)
    wrong = form.letter.invalid_fields()
    return [
        *(FormError(name, invalid, wrong[name][:ABOUT]) for name in RECIPIENT_FIELDS if name in wrong),
        *file_errors(form.refused),
    ]


def _not_sent(
    request: Request, visitor: Visitor, letter: Letter, problem: Problem, accepted: list[OutboxEntry]
) -> Response:
    """Show the letter again; files that expired are taken off, and messages that were redirected.

    What was sent under the letter's key already needs another one to be sent again.
    """
    if letter.occasion == Occasion.REDIRECT:
        letter.uploads = letter.uploads[len(accepted) :]
    elif problem.type == Code.UNKNOWN_UPLOAD:
        letter.uploads = ()
    if problem.type == Code.IDEMPOTENCY_KEY_REUSED:
        letter.key = new_key()
    return letter_page(request, visitor, letter, status=problem.status, errors=[error_of(request, problem)])
