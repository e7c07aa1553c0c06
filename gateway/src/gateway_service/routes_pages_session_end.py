"""The page that warns before a session ends, and « Rester connecté »."""

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Query, Request
from fastapi.responses import RedirectResponse, Response

from gateway_service.browser_session import SignedInVisitor, visit
from gateway_service.pages import pages_of
from gateway_service.same_origin import only_own_pages
from gateway_service.services import UsesServices
from gateway_service.session_end import WARNING_PAGE, margin, own_page, seconds_left

router = APIRouter(include_in_schema=False, dependencies=[Depends(only_own_pages)])
Back = Annotated[str, Query(max_length=2000)]


@router.get(WARNING_PAGE)
async def warning(
    request: Request, services: UsesServices, back: Back = "", *, longest: bool = False
) -> Response:
    """Say when the session ends; when it has, this leads to the sign-in page, which says so.

    Where another window was active meanwhile there is nothing to warn of: 204 leaves the page that came here
    as it is. This is no activity.
    """
    visitor = await visit(request, services, activity=False)
    left = seconds_left(visitor)
    if left is None or (left > margin(visitor) and not longest):
        return Response(status_code=204)
    answer = pages_of(request).page(
        "session_warning.html", visitor=visitor, back=own_page(back), longest=longest
    )
    answer.headers["Refresh"] = f"{max(1, left + 1)}; url={WARNING_PAGE}"
    return answer


@router.post("/session/stay")
async def stay(request: Request, visitor: SignedInVisitor, back: Annotated[str, Form()] = "") -> Response:
    """Go on: this is activity. Where the absolute limit stands in the way, say so."""
    left = seconds_left(visitor)
    if left is not None and left <= margin(visitor):
        again = request.url_for("warning").include_query_params(back=own_page(back), longest="1")
        return RedirectResponse(f"{again.path}?{again.query}", status_code=303)
    return RedirectResponse(own_page(back), status_code=303)
