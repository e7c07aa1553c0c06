"""docs/lock_client.py against the product's processes: another webmail and this one, one mailbox, both ways.

The client is imported as it stands in docs, so that what the page shows is what works.
"""

import ast
import importlib.util
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.integration.api_client import ApiClient
from tests.integration.parts_run import SIGNING_IN, Parts, running_parts
from tests.integration.waiting import eventually

FILE = Path(__file__).parents[2] / "docs/lock_client.py"
SECRET = "0123456789abcdef-of-tests"
MAILBOX = "jean.dupont"
SHORTEST_TTL = 10
IDLE_SECONDS = 2
ABSOLUTE_SECONDS = 6


@pytest.fixture(scope="module")
def parts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Parts]:
    """Run what it takes to sign in; sessions end after two idle seconds, and after six in all."""
    settings = {
        "AUTH_LOCK_CLIENTS": f"webmail:{SECRET}",
        "AUTH_REFUSAL_SECONDS": "0",
        "AUTH_IDLE_SECONDS": str(IDLE_SECONDS),
        "AUTH_FUNCTIONAL_IDLE_SECONDS": str(IDLE_SECONDS),
        "AUTH_ABSOLUTE_SECONDS": str(ABSOLUTE_SECONDS),
    }
    with running_parts(tmp_path_factory.mktemp("parts"), "mail", *SIGNING_IN, **settings) as parts:
        yield parts


@pytest.fixture
def webmail(parts: Parts) -> Iterator[Any]:
    """Make the other webmail's client; it leaves nothing locked."""
    spec = importlib.util.spec_from_file_location("lock_client", FILE)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    client = module.LockClient(parts.url, "webmail", SECRET)
    yield client
    client.release(MAILBOX, "s-1")


@pytest.fixture
def person(parts: Parts) -> Iterator[ApiClient]:
    """Make a client of the public API; it leaves nothing open."""
    with ApiClient(parts.url) as client:
        yield client
        if client.token:
            client.call("DELETE", "/api/session")


def test_the_client_is_short_and_needs_nothing() -> None:
    """Twenty lines of code besides its imports and docstrings, and the standard library."""
    tree = ast.parse(FILE.read_text())
    names = {
        alias.name if isinstance(node, ast.Import) else str(node.module)
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }
    assert {name.partition(".")[0] for name in names} <= sys.stdlib_module_names
    statements = {
        line
        for node in ast.walk(tree)
        if isinstance(node, ast.stmt) and not isinstance(node, ast.Import | ast.ImportFrom)
        if not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))
        for line in ([node.lineno] if hasattr(node, "body") else range(node.lineno, node.end_lineno + 1))
    }
    assert len(statements) <= 20


def test_what_the_webmail_holds_is_not_opened_here(webmail: Any, person: ApiClient) -> None:
    """A sign-in is told which application has the mailbox; once that one frees it, it opens."""
    status, granted = webmail.claim(MAILBOX, "s-1")
    assert (status, set(granted)) == (200, {"fence", "expires_at"})
    refused = person.sign_in("Jean.Dupont@demo.example", "demo")
    assert (refused.status, refused.json["type"]) == (409, "mailbox-in-use")
    assert (refused.json["application"], refused.json["takeover"]) == ("webmail", True)
    assert webmail.claim(MAILBOX, "s-1")[1]["fence"] == granted["fence"]
    assert webmail.release(MAILBOX, "s-1") == (204, None)
    assert person.sign_in(MAILBOX, "demo").status == 200


def test_a_wrong_password_does_not_hear_of_the_webmail(webmail: Any, person: ApiClient) -> None:
    """A plain refusal, with takeover or without, and the webmail goes on."""
    _, granted = webmail.claim(MAILBOX, "s-1")
    for takeover in (False, True):
        refused = person.sign_in(MAILBOX, "wrong", takeover=takeover)
        assert (refused.status, refused.json["type"]) == (401, "login-refused")
    assert webmail.claim(MAILBOX, "s-1")[1]["fence"] == granted["fence"]


def test_a_person_takes_the_mailbox_over_here(webmail: Any, person: ApiClient) -> None:
    """The webmail hears at its next renewal; what it acquires later has another fence."""
    _, granted = webmail.claim(MAILBOX, "s-1")
    assert person.sign_in(MAILBOX, "demo", takeover=True).status == 200
    status, held = webmail.claim(MAILBOX, "s-1")
    assert (status, held["application"]) == (409, "courriel-leger")
    assert person.call("DELETE", "/api/session").status == 204
    status, again = webmail.claim(MAILBOX, "s-1")
    assert (status, again["fence"] > granted["fence"]) == (200, True)


def test_a_person_takes_the_mailbox_over_there(webmail: Any, person: ApiClient) -> None:
    """The session here is told why at its next action, and its maildrop is free."""
    assert person.sign_in(MAILBOX, "demo").status == 200
    status, held = webmail.claim(MAILBOX, "s-1")
    assert (status, held["application"], held["takeover"]) == (409, "courriel-leger", True)
    assert person.call("GET", "/api/messages").status == 200
    assert webmail.claim(MAILBOX, "s-1", takeover=True)[0] == 200
    lost = person.call("GET", "/api/messages")
    assert (lost.status, lost.json["type"], lost.json["reason"]) == (401, "session-ended", "taken-over")


def test_a_crashed_webmails_lock_is_free_within_its_time(webmail: Any, person: ApiClient) -> None:
    """Nothing renews and nothing releases: the mailbox opens here when the TTL is over, and not before."""
    claimed = time.monotonic()
    assert webmail.claim(MAILBOX, "s-1", SHORTEST_TTL)[0] == 200
    answered = time.monotonic()
    eventually("the mailbox is free", lambda: person.sign_in(MAILBOX, "demo").status == 200)
    assert time.monotonic() - claimed >= SHORTEST_TTL
    assert time.monotonic() - answered < SHORTEST_TTL + 2  # of which a look each 0.2 s, and the sign-in


def test_a_session_that_nobody_uses_frees_the_mailbox(webmail: Any, person: ApiClient) -> None:
    """The idle limit holds: the webmail gets in when it is over, and the session's next action says so."""
    assert person.sign_in(MAILBOX, "demo").status == 200
    begun = time.monotonic()
    eventually("the mailbox is free", lambda: webmail.claim(MAILBOX, "s-1")[0] == 200)
    assert IDLE_SECONDS - 0.5 <= time.monotonic() - begun < IDLE_SECONDS + 2
    ended = person.call("GET", "/api/messages")
    assert (ended.status, ended.json["type"], ended.json["reason"]) == (401, "session-ended", "unknown")


def test_a_session_that_is_used_all_the_time_ends_all_the_same(webmail: Any, person: ApiClient) -> None:
    """Activity renews up to the absolute limit; the mailbox is free then."""
    begun = time.monotonic()
    assert person.sign_in(MAILBOX, "demo").status == 200
    eventually("the session ends", lambda: person.call("GET", "/api/messages").status == 401)
    assert ABSOLUTE_SECONDS - 0.5 <= time.monotonic() - begun < ABSOLUTE_SECONDS + 2
    assert webmail.claim(MAILBOX, "s-1")[0] == 200


def test_a_wrong_secret_opens_nothing(parts: Parts, webmail: Any) -> None:
    """403 for each call, whatever the mailbox, and the lock stays."""
    _, granted = webmail.claim(MAILBOX, "s-1")
    stranger = type(webmail)(parts.url, "webmail", "fedcba9876543210")
    assert stranger.claim(MAILBOX, "s-1")[1]["type"] == "service-credential-refused"
    assert stranger.release(MAILBOX, "s-1")[0] == 403
    assert webmail.claim(MAILBOX, "s-1")[1]["fence"] == granted["fence"]
