"""Unit tests of the gateway: no sockets; the services are hand-written fakes, the app is called over ASGI."""

import sys
from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import pytest
from fastapi import FastAPI
from pytest_socket import disable_socket

sys.path.append(str(Path(__file__).parent))

from gateway_fakes import FakeAuth, FakeMailbox, FakeSender

from gateway_service.app import create_app
from gateway_service.settings import Settings

ORIGIN = "http://courriel.test"
OURS = {"Origin": ORIGIN}


@pytest.fixture(autouse=True)
def no_network() -> None:
    """Refuse internet sockets; an event loop's own pair is a Unix one."""
    disable_socket(allow_unix_socket=True)


@pytest.fixture
def settings() -> Settings:
    """Settings of an installation reached by http."""
    return Settings(gateway_secret="secret", public_url=ORIGIN, sender_max_message_bytes=1024 * 1024)


@pytest.fixture
def auth() -> FakeAuth:
    """Sessions in memory."""
    return FakeAuth()


@pytest.fixture
def mailbox() -> FakeMailbox:
    """A maildrop in memory."""
    return FakeMailbox()


@pytest.fixture
def sender() -> FakeSender:
    """An outbox in memory."""
    return FakeSender()


@pytest.fixture
def app(settings: Settings, auth: FakeAuth, mailbox: FakeMailbox, sender: FakeSender) -> FastAPI:
    """The gateway in front of the fakes."""
    return create_app(settings, auth=auth, mailbox=mailbox, sender=sender)


@pytest.fixture
async def visitor(app: FastAPI) -> AsyncIterator[httpx2.AsyncClient]:
    """A browser that nobody signed in with; it says where its forms come from, and follows no redirect."""
    transport = httpx2.ASGITransport(app, raise_app_exceptions=False)
    async with httpx2.AsyncClient(transport=transport, base_url=ORIGIN, headers=OURS) as client:
        yield client


@pytest.fixture
async def browser(visitor: httpx2.AsyncClient) -> httpx2.AsyncClient:
    """A browser that is signed in to jean.dupont."""
    await visitor.post("/sign-in", data={"username": "jean.dupont", "password": "demo"})
    return visitor


@pytest.fixture
async def client(app: FastAPI, auth: FakeAuth) -> AsyncIterator[httpx2.AsyncClient]:
    """An API client with a token, and no cookie."""
    transport = httpx2.ASGITransport(app, raise_app_exceptions=False)
    headers = {"Authorization": f"Bearer {auth.open_session('jean.dupont')}"}
    async with httpx2.AsyncClient(transport=transport, base_url=ORIGIN, headers=headers) as client:
        yield client
