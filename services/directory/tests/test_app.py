"""The directory over ASGI: what it answers, and every problem it tells."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from directory_doubles import KnownSessions
from directory_port_suite import ENTRIES

from courriel_wire import Introspection
from directory_service.app import FAILURES, create_app
from directory_service.auth_client import AuthClient, SessionEnded
from directory_service.errors import DirectoryError
from directory_service.people_memory import MemoryPeople
from directory_service.settings import Settings


def settings(file: Path) -> Settings:
    """Make settings that point to a file, and nowhere else."""
    return Settings(directory_secret="s", directory_ldif_file=file)


@pytest.fixture
async def http() -> AsyncIterator[httpx2.AsyncClient]:
    """Make the application over the suite's entries; requests are jean's."""
    app = create_app(settings(Path(__file__)), people=MemoryPeople(ENTRIES), auth=KnownSessions())  # type: ignore[arg-type]
    transport = httpx2.ASGITransport(app=app)
    headers = {"Authorization": "Bearer jean"}
    async with httpx2.AsyncClient(
        transport=transport, base_url="http://directory", headers=headers
    ) as client:
        yield client


def problem(answer: httpx2.Response, status: int, code: str) -> dict[str, Any]:
    """Return the problem, which must be of this status and code."""
    assert answer.headers["content-type"] == "application/problem+json"
    found: dict[str, Any] = answer.json()
    assert (answer.status_code, found["type"]) == (status, code), found
    return found


def concrete(kind: type[Exception]) -> Iterator[type[Exception]]:
    """List all subclasses."""
    for each in kind.__subclasses__():
        yield each
        yield from concrete(each)


def test_every_error_of_the_room_is_in_the_table() -> None:
    """No error of ours ends as a 500."""
    assert set(concrete(DirectoryError)) == set(FAILURES)


async def test_an_entry_has_the_shape_of_the_api(http: httpx2.AsyncClient) -> None:
    """Five members, empty where the directory has nothing; what else it is found by is not told."""
    answer = await http.get("/entries", params={"q": "budget", "kind": "service"})
    assert answer.json() == {
        "entries": [
            {
                "name": "Service du budget",
                "address": "budget@demo.example",
                "kind": "service",
                "unit": "",
                "phone": "+33 1 40 00 00 00",
            }
        ],
        "truncated": False,
    }


async def test_the_limit_is_the_callers(http: httpx2.AsyncClient) -> None:
    """One of several, and it says so."""
    found = (await http.get("/entries", params={"q": "demo", "limit": 1})).json()
    assert (len(found["entries"]), found["truncated"]) == (1, True)


@pytest.mark.parametrize(
    "query",
    [{}, *({"q": q} for q in ("", "x" * 200, "*", "(", "*)(cn=*", "\0", "😀", "😀" * 200))],
)
async def test_nothing_found_is_an_answer(http: httpx2.AsyncClient, query: dict[str, str]) -> None:
    """Empty, long, or full of signs."""
    answer = await http.get("/entries", params=query)
    assert (answer.status_code, answer.json()) == (200, {"entries": [], "truncated": False})


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"q": "x" * 201}, "q"),
        ({"q": "x" * 10_000}, "q"),
        ({"q": "x", "limit": 0}, "limit"),
        ({"q": "x", "limit": 51}, "limit"),
        ({"q": "x", "kind": "robot"}, "kind"),
    ],
)
async def test_a_query_out_of_bounds_is_told(
    http: httpx2.AsyncClient, query: dict[str, Any], field: str
) -> None:
    """422 with the field; the query itself is not quoted."""
    found = problem(await http.get("/entries", params=query), 422, "invalid-request")
    assert [each["field"] for each in found["errors"]] == [field]
    assert "robot" not in str(found)


async def test_only_sessions_are_served(http: httpx2.AsyncClient) -> None:
    """No token, a dead one, one that was taken over."""
    problem(await http.get("/entries?q=demo", headers={"Authorization": ""}), 401, "sign-in-required")
    for token, reason in (("dead", "unknown"), ("taken", "taken-over")):
        answer = await http.get("/entries?q=demo", headers={"Authorization": f"Bearer {token}"})
        assert problem(answer, 401, "session-ended")["reason"] == reason


async def test_health(http: httpx2.AsyncClient) -> None:
    """Alive and ready: the file was read before the first request."""
    assert (await http.get("/health/live")).status_code == 200
    assert (await http.get("/health/ready")).json() == {"status": "ready", "failed": []}


async def test_the_real_adapter_reads_the_file_of_the_settings(tmp_path: Path) -> None:
    """What stands in DIRECTORY_LDIF_FILE is found."""
    file = tmp_path / "people.ldif"
    file.write_text("dn: cn=x\ncn: Jean\nmail: jean@demo.example\n")
    app = create_app(settings(file), auth=KnownSessions())  # type: ignore[arg-type]
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://d") as client:
        answer = await client.get("/entries?q=jean", headers={"Authorization": "Bearer jean"})
    assert [entry["name"] for entry in answer.json()["entries"]] == ["Jean"]


class ScriptedAuth:
    """A ServiceClient that gives one answer and records what was asked."""

    def __init__(self, answer: Introspection) -> None:
        self.answer = answer
        self.asked: list[tuple[str, str, object]] = []

    async def json(self, method: str, path: str, *, data: object) -> object:
        """Answer."""
        self.asked.append((method, path, data))
        return self.answer.model_dump(mode="json")


async def test_looking_somebody_up_is_no_activity() -> None:
    """The session is asked for, and not prolonged."""
    service = ScriptedAuth(Introspection(active=True, sid="s", mailbox="jean"))
    await AuthClient(service).require_session("t")  # type: ignore[arg-type]
    assert service.asked == [("POST", "/introspect", {"token": "t", "activity": "false"})]


async def test_a_session_that_ended_says_why() -> None:
    """As auth said."""
    service = ScriptedAuth(Introspection(active=False, reason="taken-over"))
    with pytest.raises(SessionEnded) as ended:
        await AuthClient(service).require_session("t")  # type: ignore[arg-type]
    assert ended.value.reason == "taken-over"
