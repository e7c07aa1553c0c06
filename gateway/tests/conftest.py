"""Unit tests of the gateway: no sockets; the services are hand-written fakes, the app is called over ASGI."""

import sys
from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import pytest
from fastapi import FastAPI
from pytest_socket import disable_socket

sys.path.append(str(Path(__file__).parent))

from gateway_fakes import ORIGIN, SETTINGS, FakeAuth, FakeDirectory, FakeLocks, FakeMailbox, FakeSender

from gateway_service.app import create_app
from gateway_service.services import Services
from gateway_service.settings import Settings

OURS = {"Origin": ORIGIN}


@pytest.fixture(autouse=True)
def no_network() -> None:
    """Refuse internet sockets; an event loop's own pair is a Unix one."""
    disable_socket(allow_unix_socket=True)


@pytest.fixture
def settings() -> Settings:
    """Make the settings of an installation reached by http."""
    return SETTINGS


@pytest.fixture
def auth() -> FakeAuth:
    """Make sessions in memory."""
    return FakeAuth()


@pytest.fixture
def locks() -> FakeLocks:
    """Make the lock API of auth, which believes everybody."""
    return FakeLocks()


@pytest.fixture
def mailbox() -> FakeMailbox:
    """Make a maildrop in memory."""
    return FakeMailbox()


@pytest.fixture
def sender() -> FakeSender:
    """Make an outbox in memory."""
    return FakeSender()


@pytest.fixture
def directory() -> FakeDirectory:
    """Make an address book in memory."""
    return FakeDirectory()


@pytest.fixture(scope="session")
def wired() -> FastAPI:
    """Wire the application once: that takes longer than most tests."""
    return create_app(
        SETTINGS,
        auth=FakeAuth(),
        locks=FakeLocks(),
        mailbox=FakeMailbox(),
        sender=FakeSender(),
        directory=FakeDirectory(),
    )


@pytest.fixture
def app(
    *,
    wired: FastAPI,
    settings: Settings,
    auth: FakeAuth,
    locks: FakeLocks,
    mailbox: FakeMailbox,
    sender: FakeSender,
    directory: FakeDirectory,
) -> FastAPI:
    """Put the gateway in front of this test's fakes."""
    wired.state.settings = settings
    wired.state.services = Services(auth, locks, mailbox, sender, directory)
    return wired


@pytest.fixture
async def visitor(app: FastAPI) -> AsyncIterator[httpx2.AsyncClient]:
    """Open a browser that says where its forms come from, and follows no redirect."""
    transport = httpx2.ASGITransport(app, raise_app_exceptions=False)
    async with httpx2.AsyncClient(transport=transport, base_url=ORIGIN, headers=OURS) as client:
        yield client


@pytest.fixture
async def browser(visitor: httpx2.AsyncClient) -> httpx2.AsyncClient:
    """Sign the browser in to jean.dupont."""
    await visitor.post("/sign-in", data={"username": "jean.dupont", "password": "demo"})
    return visitor


@pytest.fixture
async def client(app: FastAPI, auth: FakeAuth) -> AsyncIterator[httpx2.AsyncClient]:
    """Make an API client with a token, and no cookie."""
    transport = httpx2.ASGITransport(app, raise_app_exceptions=False)
    headers = {"Authorization": f"Bearer {auth.open_session('jean.dupont')}"}
    async with httpx2.AsyncClient(transport=transport, base_url=ORIGIN, headers=headers) as client:
        yield client
