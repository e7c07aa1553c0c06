"""The directory keeps its word to the gateway: entries, bounds, and whose session it takes."""

import time
from collections.abc import AsyncIterator
from datetime import datetime

import pytest
import pytest_asyncio
from tests.contract.conftest import Providers

from courriel_web.service_client import UpstreamProblem, UpstreamUnavailable
from courriel_wire import Code, DirectoryPage, EntryKind
from gateway_service.auth_client import AuthClient
from gateway_service.directory_client import DirectoryClient


@pytest_asyncio.fixture(loop_scope="session")
async def directory(providers: Providers) -> AsyncIterator[DirectoryClient]:
    """Make the client."""
    async with providers.client("directory", "gateway") as http:
        yield DirectoryClient(http)


async def test_people_and_services_are_found(directory: DirectoryClient, token: str) -> None:
    """By name without its accents, by kind, with all that the directory has."""
    (found,) = (await directory.find(token, "helene garcon")).entries
    assert (found.name, found.address, found.kind) == (
        "Hélène Garçon",
        "helene.garcon@demo.example",
        EntryKind.PERSON,
    )
    assert found.unit == "Bureau du budget"
    assert found.phone.startswith("+33 ")
    services = await directory.find(token, "balf", kind=EntryKind.SERVICE, limit=3)
    assert {entry.kind for entry in services.entries} == {EntryKind.SERVICE}
    assert (len(services.entries), services.truncated) == (3, True)


@pytest.mark.parametrize("text", ["", " ", "*", "(", "*)(mail=*", "\0", "😀", "&kind=robot", "%", "x" * 200])
async def test_nothing_found_is_an_answer(directory: DirectoryClient, token: str, text: str) -> None:
    """The directory is searched, not told: not by nothing, by signs, or by what would be another query."""
    assert await directory.find(token, text) == DirectoryPage(entries=())


@pytest.mark.parametrize(("text", "limit"), [("x" * 201, 20), ("x", 51)])
async def test_a_query_out_of_bounds_is_refused(
    directory: DirectoryClient, token: str, text: str, limit: int
) -> None:
    """With the code for it."""
    with pytest.raises(UpstreamProblem) as refused:
        await directory.find(token, text, limit=limit)
    assert (refused.value.problem.status, refused.value.problem.type) == (422, Code.INVALID_REQUEST)


async def test_a_dead_token_finds_nothing(directory: DirectoryClient) -> None:
    """The problem every service tells."""
    with pytest.raises(UpstreamProblem) as refused:
        await directory.find("none.such", "dupont")
    assert refused.value.problem.model_dump()["reason"] == "unknown"
    assert (refused.value.problem.status, refused.value.problem.type) == (401, Code.SESSION_ENDED)


async def test_looking_up_is_no_activity(directory: DirectoryClient, auth: AuthClient, token: str) -> None:
    """The session ends when it would have ended without the searches; auth renews once a second at most."""

    async def end() -> datetime | None:
        return (await auth.introspect(token, activity=False)).expires_at

    before, renewable = await end(), time.monotonic() + 1.1
    while time.monotonic() < renewable:
        await directory.find(token, "dupont")
    assert await end() == before
    await auth.introspect(token)
    assert await end() != before


async def test_a_directory_that_is_away_is_told(providers: Providers, token: str) -> None:
    """Nobody answers: that is one error, whatever the socket said."""
    away = Providers(**{**vars(providers), "directory": "http://127.0.0.1:1"})
    async with away.client("directory", "gateway") as http:
        with pytest.raises(UpstreamUnavailable):
            await DirectoryClient(http).find(token, "dupont")
