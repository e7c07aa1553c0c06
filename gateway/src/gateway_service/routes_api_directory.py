"""``/api/directory``: the address book, passed through to the directory service."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query

from courriel_wire import Code, DirectoryPage, EntryKind
from gateway_service.browser_session import ApiToken
from gateway_service.directory_search import MAX_CHARACTERS, MAX_ENTRIES
from gateway_service.openapi import SECURED, SESSION_PROBLEMS, problems
from gateway_service.same_origin import only_own_pages_with_cookie
from gateway_service.services import UsesServices

router = APIRouter(prefix="/api", tags=["Directory"], dependencies=[Depends(only_own_pages_with_cookie)])


@router.get(
    "/directory",
    summary="Find people and services to write to",
    operation_id="find_in_directory",
    openapi_extra=SECURED,
    responses=problems(*SESSION_PROBLEMS, Code.INVALID_REQUEST),
)
async def find_in_directory(
    token: ApiToken,
    services: UsesServices,
    q: Annotated[
        str, Query(max_length=MAX_CHARACTERS, description="Name, address, unit or phone number")
    ] = "",
    kind: EntryKind | None = None,
    limit: Annotated[int, Query(ge=1, le=MAX_ENTRIES)] = 20,
) -> DirectoryPage:
    """Give the best entries first. Accents and case count for nothing; looking up is no activity."""
    return await services.directory.find(token, q, kind=kind, limit=limit)
