"""The directory keeps its word to the gateway: entries, bounds, and whose session it takes."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from tests.contract.conftest import Providers

from courriel_web.service_client import ServiceClient, UpstreamProblem
from courriel_wire import Code, DirectoryPage, EntryKind


class DirectoryClient:
    """What a consumer asks of the directory."""

    def __init__(self, service: ServiceClient) -> None:
        self._service = service

    async def find(self, token: str, **query: Any) -> DirectoryPage:
        """Search on behalf of a session."""
        found = await self._service.json("GET", "/entries", bearer=token, params=query)
        return DirectoryPage.model_validate(found)


@pytest_asyncio.fixture(loop_scope="session")
async def directory(providers: Providers) -> AsyncIterator[DirectoryClient]:
    """Make the client."""
    async with providers.client("directory", "gateway") as http:
        yield DirectoryClient(http)


async def test_people_and_services_are_found(directory: DirectoryClient, token: str) -> None:
    """By name without its accents, by kind, with all that the directory has."""
    (found,) = (await directory.find(token, q="helene garcon")).entries
    assert (found.name, found.address, found.kind) == (
        "Hélène Garçon",
        "helene.garcon@demo.example",
        EntryKind.PERSON,
    )
    assert found.unit == "Bureau du budget"
    assert found.phone.startswith("+33 ")
    services = await directory.find(token, q="balf", kind="service", limit=3)
    assert {entry.kind for entry in services.entries} == {EntryKind.SERVICE}
    assert (len(services.entries), services.truncated) == (3, True)


async def test_an_empty_query_finds_nothing(directory: DirectoryClient, token: str) -> None:
    """The directory is searched, not told."""
    assert await directory.find(token, q="") == DirectoryPage(entries=())


@pytest.mark.parametrize("query", [{"q": "x" * 201}, {"q": "x", "limit": 51}, {"q": "x", "kind": "robot"}])
async def test_a_query_out_of_bounds_is_refused(
    directory: DirectoryClient, token: str, query: dict[str, Any]
) -> None:
    """With the code for it."""
    with pytest.raises(UpstreamProblem) as refused:
        await directory.find(token, **query)
    assert (refused.value.problem.status, refused.value.problem.type) == (422, Code.INVALID_REQUEST)


async def test_a_dead_token_finds_nothing(directory: DirectoryClient) -> None:
    """The problem every service tells."""
    with pytest.raises(UpstreamProblem) as refused:
        await directory.find("none.such", q="dupont")
    assert refused.value.problem.model_dump()["reason"] == "unknown"
    assert (refused.value.problem.status, refused.value.problem.type) == (401, Code.SESSION_ENDED)
