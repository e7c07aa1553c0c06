"""``/api/session``: signing in and out, for API clients. Pages have routes of their own."""

from fastapi import APIRouter, Depends, Request, Response

from courriel_wire import Code, SessionRequest, SignedIn, SignInRequest
from gateway_service.browser_session import ApiToken, clear_session
from gateway_service.client_address import client_address
from gateway_service.openapi import OPEN, SECURED, problems
from gateway_service.same_origin import only_own_pages_with_cookie
from gateway_service.services import UsesServices

router = APIRouter(
    prefix="/api/session", tags=["Session"], dependencies=[Depends(only_own_pages_with_cookie)]
)


@router.post(
    "",
    summary="Sign in to a mailbox",
    operation_id="sign_in",
    openapi_extra=OPEN,
    responses=problems(
        Code.LOGIN_REFUSED,
        Code.CROSS_SITE_REQUEST,
        Code.MAILBOX_IN_USE,
        Code.INVALID_REQUEST,
        Code.TOO_MANY_ATTEMPTS,
        Code.MAIL_SERVER_UNAVAILABLE,
        Code.MAILDROP_BUSY,
        Code.STATE_UNAVAILABLE,
        Code.SERVICE_UNAVAILABLE,
    ),
)
async def sign_in(body: SessionRequest, request: Request, services: UsesServices) -> SignedIn:
    """Prove the mailbox's password and get a token. With `takeover`, a session elsewhere is closed."""
    return await services.auth.sign_in(
        SignInRequest(
            username=body.username,
            password=body.password,
            takeover=body.takeover,
            client_address=client_address(request, request.app.state.settings.trusted_proxies),
        )
    )


@router.delete(
    "",
    status_code=204,
    summary="Sign out",
    operation_id="sign_out",
    openapi_extra=SECURED,
    responses=problems(
        Code.SIGN_IN_REQUIRED, Code.CROSS_SITE_REQUEST, Code.STATE_UNAVAILABLE, Code.SERVICE_UNAVAILABLE
    ),
)
async def sign_out(token: ApiToken, request: Request, response: Response, services: UsesServices) -> None:
    """End the session. The mailbox is free for another application when this answers."""
    await services.auth.revoke(token)
    clear_session(response, request.app.state.settings)
