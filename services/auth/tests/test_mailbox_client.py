"""What mailbox answers becomes auth's own errors, and closing never keeps anybody waiting."""

import asyncio
from typing import Any, cast

import pytest
from pydantic import SecretStr

from auth_service import mailbox_client
from auth_service.errors import (
    LoginRefused,
    MaildropBusy,
    MaildropsUnavailable,
    MailServerUnavailable,
)
from auth_service.mailbox_client import MailboxClient
from courriel_web.routing import routing_hint
from courriel_web.service_client import ServiceClient, UpstreamProblem, UpstreamUnavailable
from courriel_wire import Problem


class RecordingClient:
    """A ServiceClient that notes what is called, and fails as told."""

    def __init__(self, failure: Exception | None = None) -> None:
        self.failure = failure
        self.calls: list[tuple[str, str, dict[str, Any]]] = []

    async def json(self, method: str, path: str, **options: Any) -> None:
        """Note the call."""
        self.calls.append((method, path, options))
        if self.failure:
            raise self.failure


def problem(code: str, retry_after: int | None = None) -> UpstreamProblem:
    """Make a problem as mailbox answers it."""
    return UpstreamProblem(Problem(type=code, title="t", status=503), retry_after)


def client_on(recording: RecordingClient) -> MailboxClient:
    """Make the client under test."""
    return MailboxClient(cast("ServiceClient", recording))


async def test_a_maildrop_is_opened_at_the_replica_of_its_mailbox() -> None:
    """The password goes in the body, never into the URL."""
    recording = RecordingClient()
    await client_on(recording).open("jean", "s-1", SecretStr("demo"), SecretStr("k"), "192.0.2.1")
    [(method, path, options)] = recording.calls
    assert (method, path, options["key"]) == ("PUT", "/sessions/s-1", routing_hint("jean"))
    assert options["json"] == {
        "mailbox": "jean",
        "username": "jean",
        "password": "demo",
        "cache_key": "k",
        "client_address": "192.0.2.1",
    }


@pytest.mark.parametrize(
    ("failure", "expected", "retry_after"),
    [
        (problem("login-refused"), LoginRefused, None),
        (problem("maildrop-busy", 7), MaildropBusy, 7),
        (problem("mail-server-unavailable"), MailServerUnavailable, 5),
        (problem("service-credential-refused"), MaildropsUnavailable, 5),
        (problem("internal-error"), MaildropsUnavailable, 5),
        (UpstreamUnavailable(), MaildropsUnavailable, 5),
    ],
)
async def test_problems_become_errors_of_this_room(
    failure: Exception, expected: type[Exception], retry_after: int | None
) -> None:
    """What nobody expects is told as a part that does not answer, not passed on to the person."""
    with pytest.raises(expected) as raised:
        await client_on(RecordingClient(failure)).open("jean", "s-1", SecretStr("demo"), SecretStr(""), "")
    assert getattr(raised.value, "retry_after", None) == retry_after


@pytest.mark.parametrize("failure", [None, UpstreamUnavailable(), problem("internal-error")])
async def test_closing_does_not_raise(failure: Exception | None) -> None:
    """A maildrop that cannot be closed keeps nobody from signing out."""
    recording = RecordingClient(failure)
    await client_on(recording).close("jean", "s-1")
    assert recording.calls == [("DELETE", "/sessions/s-1", {"key": routing_hint("jean")})]


async def test_closing_is_bounded_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """A mailbox service that hangs is not waited for."""

    class HangingClient(RecordingClient):
        async def json(self, method: str, path: str, **options: Any) -> None:
            await super().json(method, path, **options)
            await asyncio.Event().wait()

    monkeypatch.setattr(mailbox_client, "CLOSE_SECONDS", 0.01)
    recording = HangingClient()
    await client_on(recording).close("jean", "s-1")
    assert len(recording.calls) == 1
