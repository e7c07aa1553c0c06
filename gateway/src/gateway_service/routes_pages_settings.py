"""The page « Paramètres », and the layouts of the menu « Autre »."""

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import RedirectResponse, Response

from courriel_web.problems import BadBearer
from courriel_web.service_client import UpstreamProblem
from courriel_wire import Code, Settings
from gateway_service import display, settings_form
from gateway_service.browser_session import SignedInVisitor, Visitor, visit
from gateway_service.errors import MalformedForm, SessionEnded
from gateway_service.pages import pages_of
from gateway_service.same_origin import only_own_pages
from gateway_service.services import UsesServices
from gateway_service.settings_form import asked_for, read_settings, refused_fields

router = APIRouter(include_in_schema=False, dependencies=[Depends(only_own_pages)])


@router.get("/settings")
async def settings_page(
    request: Request, visitor: SignedInVisitor, services: UsesServices, notice: str = ""
) -> Response:
    """Show what the person chose."""
    current = await services.mailbox.settings(visitor.token)
    return _page(request, visitor, current.model_dump(), notice=notice)


@router.post("/settings")
async def save(request: Request, services: UsesServices) -> Response:
    """Save the form, or show it again with what is wrong; a session that ended loses nothing typed."""
    form = {name: value for name, value in (await request.form()).items() if isinstance(value, str)}
    try:
        visitor = await visit(request, services)
    except (BadBearer, SessionEnded):
        return _page(request, None, asked_for(form, Settings()), status=401)
    values = asked_for(form, await services.mailbox.settings(visitor.token))
    asked, wrong = read_settings(values)
    if asked is None:
        return _page(request, visitor, values, status=422, wrong=wrong)
    try:
        saved = await services.mailbox.save_settings(visitor.token, asked)
    except UpstreamProblem as error:
        wrong = refused_fields(error.problem) if error.problem.type == Code.INVALID_REQUEST else {}
        if not wrong:
            raise
        return _page(request, visitor, values, status=422, wrong=wrong)
    return _followed(request, "/settings?notice=saved", saved)


@router.post("/settings/preview")
async def lay_out(
    request: Request, visitor: SignedInVisitor, services: UsesServices, preview: Annotated[str, Form()] = ""
) -> Response:
    """Put the preview under the list, beside it, or nowhere (« Autre »), from now on."""
    current = await services.mailbox.settings(visitor.token)
    asked, _ = read_settings({**current.model_dump(), "preview": preview})
    if asked is None:
        raise MalformedForm
    return _followed(request, "/messages", await services.mailbox.save_settings(visitor.token, asked))


def _followed(request: Request, where: str, saved: Settings) -> Response:
    """Go on to ``where``, with pages that follow what was saved."""
    answer = RedirectResponse(where, status_code=303)
    display.remember(answer, saved, secure=request.app.state.settings.secure)
    return answer


def _page(
    request: Request,
    visitor: Visitor | None,
    values: dict[str, object],
    *,
    status: int = 200,
    notice: str = "",
    wrong: dict[str, str] | None = None,
) -> Response:
    return pages_of(request).page(
        "settings.html",
        status=status,
        values=values,
        wrong=wrong or {},
        notice=notice,
        choices=settings_form,
        **({"visitor": visitor} if visitor else {}),
    )
