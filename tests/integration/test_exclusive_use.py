"""A mailbox is open in one session; only who proves the password learns that it is, and may take it over."""

from collections.abc import Iterator

import pytest
from tests.integration.api_client import ApiClient
from tests.integration.stack import Stack

PERSON = "paul.durand"


@pytest.fixture
def first(stack: Stack) -> Iterator[ApiClient]:
    """Sign a client in, and free the mailbox in the end."""
    with _client(stack) as client:
        assert client.sign_in(PERSON, stack.passwords[PERSON]).status == 200
        yield client
        client.call("DELETE", "/api/session")


@pytest.fixture
def second(stack: Stack) -> Iterator[ApiClient]:
    """Make a client that is not signed in; it leaves nothing open."""
    with _client(stack) as client:
        yield client
        if client.token:
            client.call("DELETE", "/api/session")


def _client(stack: Stack) -> ApiClient:
    host, port = stack.address("gateway")
    return ApiClient(f"http://{host}:{port}")


def test_the_second_sign_in_is_told_where_the_mailbox_is_open(
    stack: Stack, first: ApiClient, second: ApiClient
) -> None:
    """With the right password: 409, the application and since when; the first session goes on."""
    refusal = second.sign_in(PERSON, stack.passwords[PERSON])
    assert refusal.status == 409
    assert refusal.json["type"] == "mailbox-in-use"
    assert refusal.json["application"] == "courriel-leger"
    assert refusal.json["since"]
    assert first.call("GET", "/api/messages").status == 200


def test_a_wrong_password_learns_nothing_of_the_open_mailbox(first: ApiClient, second: ApiClient) -> None:
    """With a wrong password: a plain refusal, although the mailbox is open, and no harm to who has it."""
    refusal = second.sign_in(PERSON, "not the password")
    assert refusal.status == 401
    assert refusal.json["type"] == "login-refused"
    assert first.call("GET", "/api/messages").status == 200


def test_taking_over_ends_the_first_session(stack: Stack, first: ApiClient, second: ApiClient) -> None:
    """With the right password and takeover the mailbox changes hands; the first token says why it is dead."""
    assert second.sign_in(PERSON, stack.passwords[PERSON], takeover=True).status == 200
    assert second.call("GET", "/api/messages").status == 200
    lost = first.call("GET", "/api/messages")
    assert (lost.status, lost.json["type"]) == (401, "session-ended")


def test_the_mailbox_is_free_at_once_after_sign_out(
    stack: Stack, first: ApiClient, second: ApiClient
) -> None:
    """When sign-out is answered, another session can open the mailbox."""
    assert first.call("DELETE", "/api/session").status == 204
    assert second.sign_in(PERSON, stack.passwords[PERSON]).status == 200


def test_an_imap_only_account_is_refused_like_a_wrong_password(stack: Stack, second: ApiClient) -> None:
    """POP3 refuses the account whatever the password; the words are those of a wrong password."""
    imap_only = second.sign_in("imap.seulement", stack.passwords["imap.seulement"])
    wrong = second.sign_in("imap.seulement", "not the password")
    unknown = second.sign_in("nobody.at.all", "not the password")
    assert imap_only.status == wrong.status == unknown.status == 401
    assert imap_only.json == wrong.json == unknown.json
