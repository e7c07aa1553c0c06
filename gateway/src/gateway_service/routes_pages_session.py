"""Pages of the sign-in form and sign-out. A password goes to auth, and into no page."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import RedirectResponse, Response
from pydantic import SecretStr, ValidationError

from courriel_web.service_client import UpstreamProblem, UpstreamUnavailable
from courriel_wire import Code, Problem, SignedIn, SignInRequest
from gateway_service import display, last_sign_in, personal_device
from gateway_service.browser_session import choices_of, clear_session, cookie_token, set_session
from gateway_service.client_address import client_address
from gateway_service.mailbox_in_use import MailboxInUse
from gateway_service.pages import pages_of
from gateway_service.same_origin import only_own_pages
from gateway_service.services import Services, UsesServices
from gateway_service.words import explain

router = APIRouter(include_in_schema=False, dependencies=[Depends(only_own_pages)])
# Not "cookies": that would sign out of every application of the administration's domain.
FORGET = '"cache", "storage"'
UNAVAILABLE = Problem(type=Code.SERVICE_UNAVAILABLE, title="", status=503)


@router.get("/")
async def home() -> Response:
    """Lead to the inbox, which leads to the sign-in page where nobody is signed in."""
    return RedirectResponse("/messages", status_code=303)


@router.get("/sign-in")
async def sign_in_page(request: Request, services: UsesServices, why: str = "") -> Response:
    """Show the form, or the inbox where somebody is signed in already."""
    if (token := cookie_token(request)) and await _lives(services, token):
        return RedirectResponse("/messages", status_code=303)
    return _form(request, why=why)


@router.post("/sign-in")
async def sign_in(
    *,
    request: Request,
    services: UsesServices,
    username: Annotated[str, Form()] = "",
    password: Annotated[str, Form()] = "",
    mode: Annotated[str, Form()] = "",
    personal: Annotated[bool, Form()] = False,
    takeover: Annotated[bool, Form()] = False,
) -> Response:
    """Open the mailbox, or show the form again with what was wrong."""
    settings = request.app.state.settings
    try:
        asked = SignInRequest(
            username=username.strip(),
            password=SecretStr(password),
            takeover=takeover,
            client_address=client_address(request, settings.trusted_proxies),
        )
    except ValidationError as error:
        missing = tuple(str(detail["loc"][0]) for detail in error.errors())
        return _form(request, status=422, username=username, mode=mode, personal=personal, missing=missing)
    try:
        signed_in = await _sign_in(services, asked, cookie_token(request))
    except (UpstreamProblem, UpstreamUnavailable) as error:
        return _refused(request, username, mode, error, personal=personal)
    answer = RedirectResponse("/messages", status_code=303)
    set_session(answer, signed_in.access_token, settings)
    if personal:
        personal_device.remember(answer, secure=settings.secure)
    elif personal_device.is_personal(request):
        personal_device.forget(answer, secure=settings.secure)
    if choices := await choices_of(services, signed_in.access_token):
        display.remember(answer, choices, secure=settings.secure)
    if signed_in.last_sign_in:
        last_sign_in.remember(answer, signed_in.last_sign_in, secure=settings.secure)
    return answer


async def _sign_in(services: Services, asked: SignInRequest, earlier: str | None) -> SignedIn:
    """Sign in; a session that this browser has itself gives way, once the new password was proved."""
    try:
        signed_in = await services.auth.sign_in(asked)
    except UpstreamProblem as error:
        if earlier is None or error.problem.type != Code.MAILBOX_IN_USE:
            raise
        await services.auth.revoke(earlier)
        return await services.auth.sign_in(asked)
    if earlier:
        await services.auth.revoke(earlier)
    return signed_in


def _refused(
    request: Request,
    username: str,
    mode: str,
    error: UpstreamProblem | UpstreamUnavailable,
    *,
    personal: bool,
) -> Response:
    problem = error.problem if isinstance(error, UpstreamProblem) else UNAVAILABLE
    retry_after = error.retry_after if isinstance(error, UpstreamProblem) else 5
    page = _form(
        request,
        status=problem.status,
        username=username,
        mode=mode,
        personal=personal,
        problem=problem,
        retry_after=retry_after,
    )
    if retry_after:
        page.headers["Retry-After"] = str(retry_after)
    if problem.status == HTTPStatus.UNAUTHORIZED:
        page.headers["WWW-Authenticate"] = "Bearer"
    return page


def _form(
    request: Request,
    *,
    status: int = 200,
    why: str = "",
    username: str = "",
    mode: str = "",
    personal: bool = False,
    problem: Problem | None = None,
    retry_after: int | None = None,
    missing: tuple[str, ...] = (),
) -> Response:
    """Show the sign-in form and what there is to say over it; never a password."""
    return pages_of(request).page(
        "sign_in.html",
        status=status,
        why=why,
        username=username,
        mode=mode,
        personal=personal,
        problem=problem,
        explanation=explain(problem.type) if problem else None,
        in_use=MailboxInUse.of(problem) if problem and problem.type == Code.MAILBOX_IN_USE else None,
        retry_after=retry_after,
        missing=missing,
    )


@router.post("/sign-out")
async def sign_out(request: Request, services: UsesServices) -> Response:
    """End the session; the mailbox is free, and the browser forgets, when this answers."""
    if token := cookie_token(request):
        await services.auth.revoke(token)
    answer = RedirectResponse("/sign-in?why=signed-out", status_code=303)
    settings = request.app.state.settings
    clear_session(answer, settings)
    display.forget(answer, secure=settings.secure)
    personal_device.forget(answer, secure=settings.secure)
    answer.headers["Clear-Site-Data"] = FORGET
    return answer


async def _lives(services: Services, token: str) -> bool:
    try:
        return (await services.auth.introspect(token, activity=False)).active
    except (UpstreamProblem, UpstreamUnavailable):
        return False
