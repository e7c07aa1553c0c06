"""``/api/settings``: « Paramètres », passed through to the mailbox service."""

from fastapi import APIRouter, Depends, Request, Response

from courriel_wire import Code, Settings, SettingsRequest
from gateway_service import display
from gateway_service.browser_session import ApiToken, cookie_token
from gateway_service.openapi import SECURED, SESSION_PROBLEMS, problems
from gateway_service.same_origin import only_own_pages_with_cookie
from gateway_service.services import UsesServices

router = APIRouter(
    prefix="/api/settings", tags=["Settings"], dependencies=[Depends(only_own_pages_with_cookie)]
)


@router.get(
    "",
    summary="Tell what was chosen for this mailbox",
    operation_id="show_settings",
    openapi_extra=SECURED,
    responses=problems(*SESSION_PROBLEMS),
)
async def show_settings(token: ApiToken, services: UsesServices) -> Settings:
    """Give every setting. Null means no choice: the installation's own counts then."""
    return await services.mailbox.settings(token)


@router.put(
    "",
    summary="Replace the settings of this mailbox",
    operation_id="replace_settings",
    openapi_extra=SECURED,
    responses=problems(*SESSION_PROBLEMS, Code.CROSS_SITE_REQUEST, Code.INVALID_REQUEST),
)
async def replace_settings(
    body: SettingsRequest, token: ApiToken, request: Request, response: Response, services: UsesServices
) -> Settings:
    """Replace all of them; what is left out gets its default."""
    saved = await services.mailbox.save_settings(token, body)
    if cookie_token(request) == token:
        display.remember(response, saved, secure=request.app.state.settings.secure)
    return saved
