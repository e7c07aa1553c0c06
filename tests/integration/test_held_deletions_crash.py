"""The mailbox service is killed between a held deletion and its due time, with Dovecot behind it.

Neither is the message gone too early nor does it come back: the maildrop is looked at as Thunderbird does.
"""

import time
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from tests.integration.api_client import ApiClient
from tests.integration.dovecot_run import PASSWORD, Dovecot
from tests.integration.parts_run import SIGNING_IN, Parts, running_parts
from tests.integration.waiting import eventually

MAILBOX = "balf-de-mon.service"
LONG_HOLD_SECONDS = 80


@pytest.fixture(scope="module")
def parts(dovecot: Dovecot, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Parts]:
    """Run the services beside Dovecot; connections end soon, so that a look at the maildrop gets in."""
    settings = {"MAILBOX_IDLE_SECONDS": "0.2", "MAILBOX_CONNECTION_SECONDS": "2"}
    folder = tmp_path_factory.mktemp("parts")
    with running_parts(folder, *SIGNING_IN, pop3_url=dovecot.url, **settings) as parts:
        yield parts


@pytest.fixture
def person(dovecot: Dovecot, parts: Parts) -> Iterator[ApiClient]:
    """Sign in to a maildrop of two messages; nothing is left of it."""
    dovecot.deliver(MAILBOX, "garde", "supprime")
    with ApiClient(parts.url) as client:
        assert client.sign_in(MAILBOX, PASSWORD).status == 200
        yield client
        client.sign_in(MAILBOX, PASSWORD, takeover=True)
        everything = [message["uid"] for message in listed(client).values()]
        client.call("POST", "/api/messages/delete", json={"uids": everything})
        client.call("DELETE", "/api/session")


def listed(client: ApiClient) -> dict[str, dict[str, str]]:
    """Return the list, by subject."""
    answer = client.call("GET", "/api/messages?refresh=1")
    assert answer.status == 200, answer.json
    return {message["subject"]: message for message in answer.json["messages"]}


def hold_and_kill(client: ApiClient, parts: Parts, seconds: int) -> tuple[str, datetime]:
    """Hold one deletion, kill the process that waits for it; return uid and due time."""
    uid = listed(client)["supprime"]["uid"]
    held = client.call("POST", "/api/messages/delete", json={"uids": [uid], "undo_seconds": seconds})
    assert held.status == 202
    parts.kill("mailbox")
    return uid, datetime.fromisoformat(held.json["undo_until"])


def wait_until_due(due: datetime) -> None:
    """Wait until the time that the API told is over."""
    eventually("it is due", lambda: datetime.now(UTC) > due, LONG_HOLD_SECONDS)


def test_undo_works_after_the_restart(dovecot: Dovecot, parts: Parts, person: ApiClient) -> None:
    """Not deleted by the death, hidden after the restart, and back when it is taken back."""
    uid, _ = hold_and_kill(person, parts, LONG_HOLD_SECONDS)
    assert dovecot.subjects(MAILBOX) == ["garde", "supprime"]
    assert person.call("GET", "/api/messages").status == 503
    parts.start("mailbox")
    assert set(listed(person)) == {"garde"}
    assert dovecot.subjects(MAILBOX) == ["garde", "supprime"]
    assert person.call("POST", "/api/messages/undelete", json={"uids": [uid]}).status == 204
    assert set(listed(person)) == {"garde", "supprime"}
    assert person.call("DELETE", "/api/session").status == 204
    assert dovecot.subjects(MAILBOX) == ["garde", "supprime"]


def test_it_is_deleted_when_due_and_not_before(dovecot: Dovecot, parts: Parts, person: ApiClient) -> None:
    """One look at the list after the restart is enough; nobody calls when the time comes."""
    _, due = hold_and_kill(person, parts, 15)
    parts.start("mailbox")
    assert set(listed(person)) == {"garde"}
    assert dovecot.subjects(MAILBOX) == ["garde", "supprime"]
    eventually("it is deleted", lambda: dovecot.subjects(MAILBOX) == ["garde"])
    assert 0 <= (datetime.now(UTC) - due).total_seconds() < 5
    assert set(listed(person)) == {"garde"}


def test_a_sign_out_after_the_restart_deletes_at_once(
    dovecot: Dovecot, parts: Parts, person: ApiClient
) -> None:
    """When the sign-out is answered, Thunderbird never receives it."""
    hold_and_kill(person, parts, LONG_HOLD_SECONDS)
    parts.start("mailbox")
    assert set(listed(person)) == {"garde"}
    assert person.call("DELETE", "/api/session").status == 204
    assert dovecot.subjects(MAILBOX) == ["garde"]


def test_what_fell_due_while_nothing_ran_goes_at_the_next_opening(
    dovecot: Dovecot, parts: Parts, person: ApiClient
) -> None:
    """It waits in the store, and the sign-in carries it out, whoever held it."""
    _, due = hold_and_kill(person, parts, 1)
    wait_until_due(due)
    assert dovecot.subjects(MAILBOX) == ["garde", "supprime"]
    parts.start("mailbox")
    assert person.sign_in(MAILBOX, PASSWORD, takeover=True).status == 200
    begun = time.monotonic()
    eventually("it is deleted", lambda: dovecot.subjects(MAILBOX) == ["garde"])
    assert time.monotonic() - begun < 10
