"""``GET /api/directory``: what is passed on, and what is answered."""

import httpx2
import pytest
from gateway_fakes import FakeAuth, FakeDirectory, problem

from courriel_web.problems import PROBLEM_JSON
from courriel_web.service_client import UpstreamUnavailable
from courriel_wire import Code, EntryKind


async def test_entries_have_the_shape_of_the_document(
    client: httpx2.AsyncClient, auth: FakeAuth, directory: FakeDirectory
) -> None:
    """Five members of each entry, and whether there are more; auth is told of no activity."""
    answer = await client.get("/api/directory", params={"q": "hélène", "kind": "person"})
    assert answer.json() == {
        "entries": [
            {
                "name": "Hélène Garçon",
                "address": "helene.garcon@demo.example",
                "kind": "person",
                "unit": "Bureau du budget",
                "phone": "+33 1 99 00 10 74",
            }
        ],
        "truncated": False,
    }
    assert directory.asked == [("hélène", EntryKind.PERSON, 20)]
    assert not auth.activity
    assert (await client.get("/api/directory?q=e&limit=1")).json()["truncated"] is True


@pytest.mark.parametrize("query", ["q=" + "x" * 201, "q=x&kind=robot", "q=x&limit=51", "q=x&limit=0"])
async def test_query_out_of_bounds_is_told_at_once(
    client: httpx2.AsyncClient, directory: FakeDirectory, query: str
) -> None:
    """The document's own limits hold: 422, and the directory is not asked."""
    answer = await client.get(f"/api/directory?{query}")
    assert (answer.status_code, answer.json()["type"]) == (422, "invalid-request")
    assert not directory.asked


@pytest.mark.parametrize(
    ("failure", "status", "code"),
    [
        (problem(Code.SESSION_ENDED, 401, reason="taken-over"), 401, "session-ended"),
        (problem(Code.STATE_UNAVAILABLE, 503, 5), 503, "state-unavailable"),
        (UpstreamUnavailable(), 503, "service-unavailable"),
    ],
)
async def test_problems_pass_as_they_are(
    *, client: httpx2.AsyncClient, directory: FakeDirectory, failure: Exception, status: int, code: str
) -> None:
    """A dead token, and a directory that is away."""
    directory.failure = failure
    answer = await client.get("/api/directory?q=x")
    assert (answer.status_code, answer.headers["content-type"]) == (status, PROBLEM_JSON)
    assert answer.json()["type"] == code


async def test_only_sessions_are_served(visitor: httpx2.AsyncClient) -> None:
    """Nobody looks up addresses without a token."""
    assert (await visitor.get("/api/directory?q=x")).status_code == 401
