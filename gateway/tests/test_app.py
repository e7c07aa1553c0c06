"""The wiring: the table of failures is complete, and the API's description is true."""

import re
from typing import Any

import httpx2
import pytest

from courriel_web.problems import PROBLEM_JSON
from courriel_wire import Code
from gateway_service.app import FAILURES
from gateway_service.errors import GatewayError
from gateway_service.openapi import STATUSES

HTTP_METHODS = {"get", "post", "put", "delete"}


def all_errors(base: type[Exception]) -> set[type[Exception]]:
    """List the concrete errors of the room."""
    below = base.__subclasses__()
    return set(below).union(*(all_errors(each) for each in below))


def test_every_error_has_a_status() -> None:
    """No error of this room can end as a 500."""
    assert all_errors(GatewayError) == set(FAILURES)


@pytest.fixture
async def document(visitor: httpx2.AsyncClient) -> dict[str, Any]:
    """Get the OpenAPI document, as anybody does."""
    answer = await visitor.get("/api/openapi.json")
    assert answer.status_code == 200
    found: dict[str, Any] = answer.json()
    return found


def test_description_covers_the_api_and_nothing_else(document: dict[str, Any]) -> None:
    """The document has the public calls, with names and summaries, and no page."""
    calls = {
        f"{method.upper()} {path}": operation
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
    }
    assert set(calls) == {
        "POST /api/session",
        "DELETE /api/session",
        "GET /api/messages",
        "GET /api/messages/{uid}",
        "PUT /api/messages/{uid}/seen",
        "GET /api/events",
        "POST /api/messages/seen",
        "GET /api/messages/{uid}/raw",
        "GET /api/messages/{uid}/parts/{part}",
        "GET /api/messages/{uid}/parts.zip",
        "DELETE /api/messages/{uid}",
        "POST /api/messages/delete",
        "POST /api/messages/undelete",
        "POST /api/uploads",
        "POST /api/outbox",
        "GET /api/outbox",
        "GET /api/limits",
        "GET /api/directory",
        "GET /api/settings",
        "PUT /api/settings",
        "GET /api/locks/{mailbox}",
        "PUT /api/locks/{mailbox}",
        "DELETE /api/locks/{mailbox}",
        "GET /api/outbox/{entry}",
        "DELETE /api/outbox/{entry}",
        "PUT /api/outbox/{entry}/seen",
    }
    for operation in calls.values():
        assert re.fullmatch(r"[A-Z][^_]+[^.]", operation["summary"])
        assert operation["description"]
    names = [operation["operationId"] for operation in calls.values()]
    assert len(set(names)) == len(names)


def test_description_tells_how_to_prove_who_calls(document: dict[str, Any]) -> None:
    """The sign-in takes nothing, a lock another webmail's credential alone, the rest bearer or cookie."""
    assert set(document["components"]["securitySchemes"]) == {"bearer", "cookie", "webmail"}
    special: dict[tuple[str, str], list[dict[str, list[str]]]] = {("/api/session", "post"): []}
    special |= {("/api/locks/{mailbox}", method): [{"webmail": []}] for method in HTTP_METHODS}
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            usual: list[dict[str, list[str]]] = [{"bearer": []}, {"cookie": []}]
            assert operation["security"] == special.get((path, method), usual)


def test_description_tells_problems_as_they_are(document: dict[str, Any]) -> None:
    """Every refusal is described as problem+json, with the codes it may carry."""
    assert "HTTPValidationError" not in document["components"]["schemas"]
    for operations in document["paths"].values():
        for operation in operations.values():
            refusals = {
                status: answer for status, answer in operation["responses"].items() if status >= "400"
            }
            assert refusals
            for status, answer in refusals.items():
                assert set(answer["content"]) == {PROBLEM_JSON}
                for code in re.findall(r"`([a-z-]+)`", answer["description"]):
                    assert STATUSES[Code(code)] == int(status)


def test_description_uses_the_wire_s_models(document: dict[str, Any]) -> None:
    """Answers are described by the shared models, under the public names."""
    answer = document["paths"]["/api/messages"]["get"]["responses"]["200"]["content"]["application/json"]
    assert answer["schema"]["$ref"].endswith("/MessagePage")
    assert "from" in document["components"]["schemas"]["MessageSummary"]["properties"]
    upload = document["paths"]["/api/uploads"]["post"]["requestBody"]["content"]
    assert set(upload) == {"multipart/form-data", "*/*"}
