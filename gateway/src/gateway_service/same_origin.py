"""Cross-site request forgery: whatever changes something must come from our own pages.

Browsers tell where a request comes from: ``Sec-Fetch-Site``, else ``Origin``, else ``Referer``. There is no
token in forms. An API client that carries a bearer token proves its intent by that; one that carries nothing
has no cookie that could be abused.
"""

from urllib.parse import urlsplit

from starlette.requests import Request

from gateway_service.browser_session import cookie_name
from gateway_service.errors import CrossSiteRequest

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


async def only_own_pages(request: Request) -> None:
    """Refuse an unsafe request that does not prove to be ours; raises CrossSiteRequest (a dependency)."""
    if request.method not in SAFE_METHODS and _comes_from_us(request) is not True:
        raise CrossSiteRequest


async def only_own_pages_with_cookie(request: Request) -> None:
    """Do the same for the API, where clients without bearer and cookie need not say where they come from."""
    if request.method in SAFE_METHODS or "authorization" in request.headers:
        return
    verdict = _comes_from_us(request)
    if verdict is False or (verdict is None and cookie_name(request.app.state.settings) in request.cookies):
        raise CrossSiteRequest


def _comes_from_us(request: Request) -> bool | None:
    """Tell whether the request is ours; None where it says nothing about it."""
    if site := request.headers.get("sec-fetch-site"):
        return site in ("same-origin", "none")
    said = request.headers.get("origin") or request.headers.get("referer")
    if not said:
        return None
    public = urlsplit(request.app.state.settings.public_url).netloc.lower()
    ours = {request.headers.get("host", "").lower(), public} - {""}
    try:
        return urlsplit(said).netloc.lower() in ours
    except ValueError:  # such as "http://["
        return False
