"""The writing page, and the page after it: what was sent, and the way to take it back."""

from collections.abc import Mapping, Sequence

from fastapi import Request
from fastapi.responses import Response

from courriel_web.problems import BadBearer
from courriel_wire import Code, OutboxEntry, Problem
from gateway_service.beginnings import Author
from gateway_service.browser_session import Visitor, visit
from gateway_service.directory_search import Search
from gateway_service.errors import SessionEnded
from gateway_service.languages import language
from gateway_service.letter_form import FormError, SentForm
from gateway_service.letters import Letter
from gateway_service.pages import pages_of
from gateway_service.quotations import Quotations
from gateway_service.services import Services
from gateway_service.words import explain_letter

ABOUT = 80
FILES = "files"
FORM = "letter"
FIELD_OF: Mapping[str, str] = {
    Code.NO_RECIPIENT: "to",
    Code.INVALID_ADDRESS: "to",
    Code.TOO_MANY_RECIPIENTS: "to",
    Code.INVALID_HEADER: "subject",
}


async def author_of(visitor: Visitor, services: Services) -> Author:
    """Return who writes, with what they chose in « Paramètres »."""
    return Author(
        address=visitor.identity.address,
        choices=await services.mailbox.settings(visitor.token),
        quotations=Quotations(language(), visitor.display.time_zone),
    )


async def writer_of(request: Request, services: Services) -> Visitor | None:
    """Return who writes, None where the session has ended meanwhile."""
    try:
        return await visit(request, services)
    except (BadBearer, SessionEnded):
        return None


def letter_page(
    request: Request,
    visitor: Visitor | None,
    letter: Letter,
    *,
    status: int = 200,
    errors: Sequence[FormError] = (),
    notice: str = "",
) -> Response:
    """Show the letter in its form; without a ``visitor`` the session has ended."""
    context = {"visitor": visitor} if visitor else {}
    return pages_of(request).page(
        "compose.html",
        status=status,
        letter=letter,
        errors=errors,
        wrong={error.field: error for error in reversed(errors)},
        ended=visitor is None,
        notice=notice,
        **context,
    )


def ended_page(request: Request, letter: Letter, errors: Sequence[FormError]) -> Response:
    """Show the letter to somebody whose session has ended: nothing typed is lost."""
    ended = FormError(FORM, explain_letter(Code.SESSION_ENDED))
    return letter_page(request, None, letter, status=401, errors=[ended, *errors])


def picking_page(
    request: Request, visitor: Visitor, form: SentForm, search: Search, *, notice: str
) -> Response:
    """Show the directory to whoever picks recipients; the page's form carries the letter."""
    return pages_of(request).page(
        "picking.html",
        status=search.status,
        visitor=visitor,
        letter=form.letter,
        picking=form.picking,
        search=search,
        notice=notice,
    )


def sent_page(request: Request, visitor: Visitor, letter: Letter, entries: Sequence[OutboxEntry]) -> Response:
    """Say until when the letter is held; its form carries it, so that undoing brings it back as it was."""
    due = max(entry.due_at for entry in entries)
    return pages_of(request).page("sent.html", visitor=visitor, letter=letter, entries=entries, due=due)


def error_of(request: Request, problem: Problem) -> FormError:
    """Return what to tell about a letter that sender refused, and at which field."""
    limit = (problem.model_extra or {}).get("limit") or request.app.state.settings.sender_max_recipients
    return FormError(FIELD_OF.get(problem.type, FORM), explain_letter(problem.type), limit=int(limit))


def file_errors(refused: Sequence[tuple[str, Problem]]) -> list[FormError]:
    """Return what to tell about files that sender refused, by their names."""
    return [FormError(FILES, explain_letter(problem.type), name[:ABOUT]) for name, problem in refused]
