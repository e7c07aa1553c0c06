"""Whatever goes wrong in a service is told as problem+json, without what came in."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

import pytest
from fastapi import Depends, FastAPI
from pydantic import BaseModel, SecretStr
from redis.asyncio import BlockingConnectionPool
from redis.exceptions import ConnectionError as RedisConnectionError
from starlette.requests import ClientDisconnect
from starlette.testclient import TestClient
from structlog.testing import capture_logs

from courriel_web.credentials import bearer_token, service_caller
from courriel_web.problems import Failure
from courriel_web.redis_connection import ANSWER_SECONDS, connect_redis
from courriel_web.service_app import build_service_app
from courriel_web.service_client import UpstreamProblem, UpstreamUnavailable
from courriel_wire import Code, Problem


class MailboxInUse(Exception):
    """A domain error with a member and a waiting time."""

    application = "webmail"
    retry_after = 7


class Body(BaseModel):
    """A request that holds a secret."""

    number: int
    password: str


@asynccontextmanager
async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
    """Nothing to open."""
    yield


async def broken() -> None:
    """Fail, as a check of a server that is away does."""
    raise OSError("nobody there")


async def fine() -> None:
    """Pass."""


def make_app() -> FastAPI:
    """Make a service with one route for each way to fail."""
    table = {MailboxInUse: Failure(409, Code.MAILBOX_IN_USE, "In use", members=("application",))}
    app = build_service_app(
        "test", version="1", failures=table, checks={"fine": fine, "redis": broken}, lifespan=lifespan
    )
    errors: dict[str, Exception] = {
        "in-use": MailboxInUse("open elsewhere"),
        "redis": RedisConnectionError("connecting to redis://:s3cret@host"),
        "away": UpstreamUnavailable(),
        "gone": ClientDisconnect(),
        "upstream": UpstreamProblem(Problem(type="too-many-messages", title="t", status=429), 30),
        "bug": RuntimeError("s3cret"),
    }

    @app.get("/fail/{how}")
    async def fail(how: str) -> None:
        raise errors[how]

    @app.post("/body")
    async def body(_body: Body) -> None:
        """Accept a body."""

    accepted = {"gateway": SecretStr("right")}

    @app.get("/service")
    async def service(caller: Annotated[str, Depends(service_caller(accepted))]) -> str:
        return caller

    @app.get("/bearer")
    async def bearer(token: Annotated[str, Depends(bearer_token)]) -> int:
        return len(token)

    return app


@pytest.fixture
def client() -> TestClient:
    """Answer 500s instead of raising them, as a server does."""
    return TestClient(make_app(), raise_server_exceptions=False)


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/fail/in-use", 409, "mailbox-in-use"),
        ("/fail/redis", 503, "state-unavailable"),
        ("/fail/away", 503, "service-unavailable"),
        ("/fail/upstream", 429, "too-many-messages"),
        ("/fail/bug", 500, "internal-error"),
        ("/nowhere", 404, "not-found"),
        ("/body", 405, "method-not-allowed"),
        ("/bearer", 401, "sign-in-required"),
        ("/service", 403, "service-credential-refused"),
    ],
)
def test_every_failure_is_a_problem(client: TestClient, path: str, status: int, code: str) -> None:
    """Status, media type, code, no caching; and no secret of the exception's text."""
    answer = client.get(path)
    assert (answer.status_code, answer.json()["type"]) == (status, code)
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["x-request-id"]
    assert "s3cret" not in answer.text


def test_a_domain_error_brings_its_members_and_waiting_time(client: TestClient) -> None:
    """What the table names becomes extension members; retry_after becomes the header."""
    answer = client.get("/fail/in-use")
    assert answer.json()["application"] == "webmail"
    assert answer.json()["detail"] == "open elsewhere"
    assert answer.headers["retry-after"] == "7"


def test_a_problem_of_another_service_is_passed_on_with_its_waiting_time(client: TestClient) -> None:
    """The gateway's caller sees the sender's own words and Retry-After."""
    assert client.get("/fail/upstream").headers["retry-after"] == "30"


@pytest.mark.parametrize("body", ['{"number": "x", "password": "s3cret"}', '{"password": "s3cret"', "[]"])
def test_a_bad_body_is_422_and_never_echoed(client: TestClient, body: str) -> None:
    """The field and the rule are told, not the value."""
    answer = client.post("/body", content=body, headers={"content-type": "application/json"})
    assert (answer.status_code, answer.json()["type"]) == (422, "invalid-request")
    assert "s3cret" not in answer.text
    assert answer.json()["errors"]


def test_what_is_no_json_is_told_by_its_place(client: TestClient) -> None:
    """An offset is not passed off as a field."""
    answer = client.post("/body", content='{"number":', headers={"content-type": "application/json"})
    assert answer.json()["errors"] == [{"field": "", "message": "not JSON from character 10 on"}]


@pytest.mark.parametrize(
    ("name", "secret", "status"),
    [("gateway", "right", 200), ("gateway", "wrong", 403), ("sender", "right", 403), ("", "", 403)],
)
def test_only_an_accepted_service_may_call(client: TestClient, name: str, secret: str, status: int) -> None:
    """Name and secret must both be right."""
    assert client.get("/service", auth=(name, secret)).status_code == status


@pytest.mark.parametrize("header", ["Basic !!!", "Basic w6k=", "Basic Y29sb25sZXNz", "Bearer x"])
def test_a_malformed_service_credential_is_refused_as_any(client: TestClient, header: str) -> None:
    """The answer does not tell how it was wrong."""
    answer = client.get("/service", headers={"Authorization": header})
    assert (answer.status_code, answer.json()["type"]) == (403, "service-credential-refused")


@pytest.mark.parametrize(
    "header",
    ["Basic abc", "Bearer", "Bearer ", f"Bearer {'x' * 300}", "Bearer a b", "Bearer \x01"],
)
def test_what_is_no_bearer_token_needs_a_sign_in(client: TestClient, header: str) -> None:
    """The answer names the scheme to use (RFC 9110 section 11.6.1)."""
    answer = client.get("/bearer", headers={"Authorization": header})
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"


def test_readiness_names_the_checks_that_failed_and_liveness_does_not_care(client: TestClient) -> None:
    """Alive and ready are two questions."""
    assert client.get("/health/live").status_code == 200
    answer = client.get("/health/ready")
    assert (answer.status_code, answer.json()["failed"]) == (503, ["redis"])


def test_whoever_finds_all_connections_busy_waits_for_one() -> None:
    """A crowd is served in turn; it does not turn others away."""
    pool = connect_redis("redis://127.0.0.1:1").connection_pool
    assert isinstance(pool, BlockingConnectionPool)
    assert pool.timeout == ANSWER_SECONDS


@pytest.mark.parametrize(("sent", "kept"), [("abcdefgh12", True), ("short", False), ("bad\tchars!!!", False)])
def test_a_well_formed_request_id_is_kept(client: TestClient, sent: str, *, kept: bool) -> None:
    """One id follows a request through the services; anything else is replaced."""
    answer = client.get("/health/live", headers={"X-Request-ID": sent})
    assert (answer.headers["x-request-id"] == sent) is kept


def test_whoever_hangs_up_is_no_error_of_ours(client: TestClient) -> None:
    """Nine hundred clients that broke off their forms wrote nine hundred tracebacks for operators."""
    with capture_logs() as lines:
        assert client.get("/fail/gone").status_code == 499
    assert [line for line in lines if line["log_level"] in {"warning", "error"}] == []
