"""Only a service that is known, with its own secret, gets in."""

import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

import pytest
from fastapi import Depends, FastAPI
from pydantic import SecretStr
from starlette.testclient import TestClient

from courriel_web.credentials import service_caller
from courriel_web.service_app import build_service_app

SECRET = "gateway-secret-of-tests"


@pytest.fixture
def client() -> TestClient:
    """Make a service that one caller may call."""

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        yield

    app = build_service_app("a service", version="1", failures={}, checks={}, lifespan=lifespan)
    caller = service_caller({"gateway": SecretStr(SECRET)})

    @app.get("/name")
    async def name(found: Annotated[str, Depends(caller)]) -> str:
        return found

    return TestClient(app)


def basic(text: str) -> dict[str, str]:
    """Write a Basic credential (RFC 7617)."""
    return {"Authorization": "Basic " + base64.b64encode(text.encode()).decode()}


def test_a_known_service_is_told_by_its_name(client: TestClient) -> None:
    """Name and secret together."""
    assert client.get("/name", headers=basic(f"gateway:{SECRET}")).json() == "gateway"


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "Basic"},
        {"Authorization": "Basic !"},
        {"Authorization": f"Bearer {SECRET}"},
        basic("gateway:"),
        basic("gateway:wrong"),
        basic(f"Gateway:{SECRET}"),
        basic(f":{SECRET}"),
        basic(SECRET),
        basic("nobody:"),
        # What an unknown name was once compared with: the source is public, so nothing in it may open.
        basic("nobody:\0 no such service"),
    ],
)
def test_anybody_else_is_refused(client: TestClient, headers: dict[str, str]) -> None:
    """An unknown name gets in with no secret at all, not even with one that stands in the code."""
    refused = client.get("/name", headers=headers)
    assert (refused.status_code, refused.json()["type"]) == (403, "service-credential-refused")
