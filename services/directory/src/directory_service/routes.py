"""HTTP ⇄ the directory. No decisions."""

from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request

from courriel_web.credentials import bearer_token
from courriel_wire import DirectoryEntry, DirectoryPage, EntryKind
from directory_service import people
from directory_service.auth_client import AuthClient

MAX_QUERY_CHARACTERS = 200
MAX_ENTRIES = 50
SignedIn = Callable[[Request], Awaitable[None]]


def signed_in(auth: AuthClient) -> SignedIn:
    """Make the dependency of every route. It raises BadBearer, SessionEnded or UpstreamUnavailable."""

    async def require_session(request: Request) -> None:
        await auth.require_session(bearer_token(request))

    return require_session


def directory_router(directory: people.People, session: SignedIn) -> APIRouter:
    """Make the route of ``/entries``."""
    router = APIRouter(tags=["directory"], dependencies=[Depends(session)])

    @router.get("/entries")
    async def find_entries(
        q: Annotated[str, Query(max_length=MAX_QUERY_CHARACTERS)] = "",
        kind: EntryKind | None = None,
        limit: Annotated[int, Query(ge=1, le=MAX_ENTRIES)] = 20,
    ) -> DirectoryPage:
        """Find people and services by name, address, unit or phone, the best first."""
        found = await directory.search(people.Query(q, kind, limit))
        return DirectoryPage(
            entries=tuple(
                DirectoryEntry(
                    name=entry.name,
                    address=entry.address,
                    kind=entry.kind,
                    unit=entry.unit,
                    phone=entry.phone,
                )
                for entry in found.entries
            ),
            truncated=found.truncated,
        )

    return router
