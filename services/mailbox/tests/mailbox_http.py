"""The service on doubles over HTTP, without a socket, and its callers' credentials."""

import base64
from collections.abc import AsyncIterator, Mapping

from httpx2 import ASGITransport, AsyncClient, Response
from mailbox_doubles import JEAN, PASSWORD, FakeAuth, FakeHeldDeletions, FakeReader, World
from redis.exceptions import ConnectionError as RedisConnectionError

from mailbox_service.app import create_app
from mailbox_service.deletions import Held
from mailbox_service.errors import AuthUnavailable, SessionEnded
from mailbox_service.maildrops import Access
from mailbox_service.settings import Settings

SECRET = "x" * 16
KEYS = "k1:" + base64.urlsafe_b64encode(bytes(32)).decode()
BEARER = {"Authorization": "Bearer s1"}


def settings(**values: object) -> Settings:
    """Make settings that reach nothing."""
    return Settings(
        pop3_url="pop3://127.0.0.1:1",
        redis_state_url="redis://127.0.0.1:1",
        redis_cache_url="redis://127.0.0.1:1",
        auth_url="http://127.0.0.1:1",
        mailbox_secret=SECRET,
        auth_secret="auth" * 4,
        gateway_secret="gateway" * 4,
        mailbox_keys=KEYS,
        **values,
    )


def basic(name: str, secret: str) -> dict[str, str]:
    """Make the header of a service's credential."""
    return {"Authorization": "Basic " + base64.b64encode(f"{name}:{secret}".encode()).decode()}


AUTH, GATEWAY = basic("auth", "auth" * 4), basic("gateway", "gateway" * 4)


class BrokenHeldDeletions(FakeHeldDeletions):
    """Redis state is away."""

    async def of(self, mailbox: str) -> list[Held]:
        """Fail as redis does."""
        raise RedisConnectionError(f"redis://:s3cret@host {mailbox}")


class DeafAuth(FakeAuth):
    """Auth is away."""

    async def introspect(self, token: str, *, activity: bool = True) -> Access:
        """Fail as the client does."""
        del token, activity
        raise AuthUnavailable


class TakenOverAuth(FakeAuth):
    """Another session took the mailbox."""

    async def introspect(self, token: str, *, activity: bool = True) -> Access:
        """Say so."""
        del token, activity
        raise SessionEnded("taken-over")


async def client_of(
    world: World,
    *,
    max_message_bytes: int = 100_000,
    snapshot_seconds: float = 3.0,
    life: Mapping[str, float] | None = None,
    **adapters: object,
) -> AsyncIterator[AsyncClient]:
    """Serve the world; ``life``: settings of connections."""
    doubles: dict[str, object] = {
        "open_maildrop": world.server.open,
        "auth": world.auth,
        "held": world.held,
        "image_store": world.image_store,
        "preference_store": world.preference_store,
        "seen_store": world.seen_store,
        "lease_store": world.lease_store,
        "cache_store": world.cache_store,
        "reader": FakeReader(),
        "clock": world.clock,
    }
    configured = settings(
        mailbox_max_message_bytes=max_message_bytes, mailbox_snapshot_seconds=snapshot_seconds, **(life or {})
    )
    app = create_app(configured, **{**doubles, **adapters})  # type: ignore[arg-type]
    async with (
        app.router.lifespan_context(app),
        AsyncClient(transport=ASGITransport(app), base_url="http://mailbox") as client,
    ):
        yield client


def problem(answer: Response) -> tuple[int, str]:
    """Check that the answer is a problem, and return its status and type."""
    assert answer.headers["Content-Type"] == "application/problem+json"
    told = answer.json()
    assert told["status"] == answer.status_code
    return answer.status_code, told["type"]


async def sign_in(client: AsyncClient, password: str = PASSWORD, username: str = JEAN) -> Response:
    """Open session s1, as auth does."""
    asked = {"mailbox": username, "username": username, "password": password, "client_address": "192.0.2.1"}
    return await client.put("/sessions/s1", json=asked, headers=AUTH)
