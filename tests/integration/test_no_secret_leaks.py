"""Passwords, keys, tokens and mail stay where they belong: in no log, no Redis value, no Celery message.

Redis is recorded during the whole visit, so that what was written and consumed at once is seen too; Celery's
messages travel through the recorded Redis.
"""

from base64 import b64encode
from collections.abc import Iterator, Mapping
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


def _forms(secret: str) -> Iterator[str]:
    """Yield how ``secret`` may stand in a text: as it is, or in base64 wherever it begins among other octets.

    Celery's bodies and AUTH PLAIN are base64. What of it depends on the neighbours is cut off.
    """
    yield secret
    for octets_before, characters_before in ((0, 0), (1, 2), (2, 3)):
        padded = bytes(octets_before) + secret.encode()
        yield b64encode(padded)[characters_before : len(padded) * 8 // 6].decode()


def _leaks(secrets: Mapping[str, str], text: str) -> list[str]:
    """Name the secrets that stand in ``text``."""
    return [name for name, secret in secrets.items() if any(form in text for form in _forms(secret))]


def test_the_search_finds_what_is_there(stack: Stack) -> None:
    """The search itself works: a password is found plain, and in base64 at each of the three alignments."""
    password = stack.passwords["jean.dupont"]
    assert _leaks({"it": password}, f"… {password} …") == ["it"]
    for before in ("", "a", "ab", "abc"):
        assert _leaks({"it": password}, b64encode(f"{before}{password}, and more".encode()).decode()) == [
            "it"
        ]
    assert _leaks({"it": password}, password.swapcase()) == []


def test_no_secret_is_ever_told_to_redis(evidence: Evidence) -> None:
    """Neither a command of the visit nor what Redis holds while a session is open carries a secret."""
    assert "sender" in evidence.redis, "the recording has seen nothing"
    assert evidence.held_by_redis, "Redis holds nothing although a session is open"
    assert _leaks(evidence.secrets, evidence.redis) == []
    assert _leaks(evidence.secrets, evidence.held_by_redis) == []


def test_no_mail_is_readable_in_redis(evidence: Evidence) -> None:
    """A word of subject and text stands nowhere in Redis: what is stored of mail is sealed."""
    marker = {"a word of the mail": evidence.journey.marker}
    assert _leaks(marker, evidence.redis) == []
    assert _leaks(marker, evidence.held_by_redis) == []


@pytest.mark.parametrize("service", [*OURS, "dovecot", "postfix", *STORES])
def test_no_secret_is_logged(evidence: Evidence, service: str) -> None:
    """No container's log, at its most talkative level, carries a secret."""
    assert evidence.logs[service], "the container has written nothing"
    assert _leaks(evidence.secrets, evidence.logs[service]) == []


@pytest.mark.parametrize("service", OURS)
def test_no_mail_is_logged(evidence: Evidence, service: str) -> None:
    """No word of a message is in the log of one of our services."""
    assert _leaks({"a word of the mail": evidence.journey.marker}, evidence.logs[service]) == []
