"""Passwords, keys, tokens and mail stay where they belong: in no log, no Redis value, no Celery message.

Redis is recorded during the whole visit, so that what was written and consumed at once is seen too; Celery's
messages travel through the recorded Redis.
"""

from base64 import b64encode
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass

import pytest
from tests.integration.api_client import ApiClient
from tests.integration.deployed_container import log_of
from tests.integration.journey import Journey, travel
from tests.integration.redis_recording import dump, recording
from tests.integration.stack import STORES, Stack

OURS = ("auth", "mailbox", "sender", "worker", "gateway")
WRONG_PASSWORD = "typed-by-mistake-5cfa2d81"


@dataclass(frozen=True)
class Evidence:
    """What a visit left: commands to and contents of both Redis, logs of every container."""

    journey: Journey
    redis: str
    held_by_redis: str
    logs: dict[str, str]
    secrets: dict[str, str]


@pytest.fixture(scope="module")
def evidence(stack: Stack) -> Iterator[Evidence]:
    """Watch a visit, and a session that is still open, from Redis and from the logs."""
    with closing(stack.store("redis-state")) as state, closing(stack.store("redis-cache")) as cache:
        host, port = stack.address("gateway")
        with (
            recording(state) as told_state,
            recording(cache) as told_cache,
            ApiClient(f"http://{host}:{port}") as client,
        ):
            assert client.sign_in("jean.dupont", WRONG_PASSWORD).status == 401
            journey = travel(stack, "jean.dupont", "marie.martin")
            assert client.sign_in("jean.dupont", stack.passwords["jean.dupont"]).status == 200
            held = [each for store in (state, cache) for each in dump(store)]
        secrets = {**stack.secret_values(), "a wrong password": WRONG_PASSWORD}
        for name, token in (("a dead token", journey.token), ("a living token", client.token)):
            secrets[name] = token.rpartition(".")[2]
        logs = {name: log_of(container) for name, container in stack.containers.items()}
        yield Evidence(
            journey,
            "\n".join([*told_state, *told_cache]),
            b"\n".join(held).decode("latin-1"),
            logs,
            secrets,
        )
        with ApiClient(f"http://{host}:{port}") as again:
            again.token = client.token
            again.call("DELETE", "/api/session")


def _leaks(secrets: dict[str, str], text: str, people: Iterable[str]) -> list[str]:
    """Name the secrets that stand in ``text``, as they are or in base64 as AUTH PLAIN has it (RFC 4616)."""
    found = []
    for name, secret in secrets.items():
        forms = [secret.encode(), b64encode(secret.encode()).rstrip(b"=")]
        forms += [b64encode(f"\0{person}\0{secret}".encode()).rstrip(b"=") for person in people]
        if any(form.decode() in text for form in forms):
            found.append(name)
    return found


def test_the_search_finds_what_is_there(stack: Stack) -> None:
    """The search itself works: a password is found plain, and as AUTH PLAIN encodes it."""
    people = list(stack.passwords)
    secrets = {"it": stack.passwords[people[0]]}
    encoded = b64encode(f"\0{people[0]}\0{secrets['it']}".encode()).decode()
    assert _leaks(secrets, f"… {secrets['it']} …", people) == ["it"]
    assert _leaks(secrets, f"AUTH PLAIN {encoded}", people) == ["it"]
    assert _leaks(secrets, "nothing", people) == []


def test_no_secret_is_ever_told_to_redis(stack: Stack, evidence: Evidence) -> None:
    """Neither a command of the visit nor what Redis holds while a session is open carries a secret."""
    assert "sender" in evidence.redis, "the recording has seen nothing"
    assert evidence.held_by_redis, "Redis holds nothing although a session is open"
    people = list(stack.passwords)
    assert _leaks(evidence.secrets, evidence.redis, people) == []
    assert _leaks(evidence.secrets, evidence.held_by_redis, people) == []


def test_no_mail_is_readable_in_redis(evidence: Evidence) -> None:
    """A word of subject and text stands nowhere in Redis: what is stored of mail is sealed."""
    assert evidence.journey.marker not in evidence.redis
    assert evidence.journey.marker not in evidence.held_by_redis


@pytest.mark.parametrize("service", [*OURS, "dovecot", "postfix", *STORES])
def test_no_secret_is_logged(stack: Stack, evidence: Evidence, service: str) -> None:
    """No container's log, at its most talkative level, carries a secret."""
    assert evidence.logs[service], "the container has written nothing"
    assert _leaks(evidence.secrets, evidence.logs[service], list(stack.passwords)) == []


@pytest.mark.parametrize("service", OURS)
def test_no_mail_is_logged(evidence: Evidence, service: str) -> None:
    """No word of a message is in the log of one of our services."""
    assert evidence.journey.marker not in evidence.logs[service]
