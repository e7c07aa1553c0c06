"""What auth answers, in this room's terms."""

import asyncio
from typing import Any, cast

import pytest

from courriel_web.service_client import ServiceClient, UpstreamProblem, UpstreamUnavailable
from courriel_wire import Problem
from mailbox_service import auth_client
from mailbox_service.auth_client import AuthClient
from mailbox_service.connections import Login
from mailbox_service.errors import AuthUnavailable, SessionEnded, StateUnavailable


class FakeServiceClient:
    """Answers by path; remembers what it was asked."""

    def __init__(self, answers: dict[str, object]) -> None:
        self._answers = answers
        self.asked: list[tuple[str, str, dict[str, str]]] = []

    async def json(self, method: str, path: str, *, data: dict[str, str]) -> Any:
        """Answer or raise."""
        self.asked.append((method, path, data))
        answer = self._answers[path]
        if isinstance(answer, Exception):
            raise answer
        return answer


def client(**answers: object) -> AuthClient:
    """Make a client whose service answers so."""
    fake = FakeServiceClient({f"/{path}": answer for path, answer in answers.items()})
    return AuthClient(cast("ServiceClient", fake))


def ended(reason: str) -> UpstreamProblem:
    """Make the problem by which auth tells that a session has ended."""
    return UpstreamProblem(Problem.model_validate({**PROBLEM, "type": "session-ended", "reason": reason}))


PROBLEM = {"type": "internal-error", "title": "t", "status": 401}
CREDENTIAL = {
    "sid": "s1",
    "mailbox": "jean",
    "username": "jean",
    "password": "p",
    "client_address": "192.0.2.7",
}
ACTIVE = {"active": True, "sid": "s1", "mailbox": "jean"}


async def test_an_active_token_gives_access_and_the_credential_on_demand() -> None:
    """The credential is asked for only when a login is needed."""
    fake = FakeServiceClient({"/introspect": ACTIVE, "/credential": CREDENTIAL})
    access = await AuthClient(cast("ServiceClient", fake)).introspect("t0ken")
    assert (access.sid, access.mailbox) == ("s1", "jean")
    assert fake.asked == [("POST", "/introspect", {"token": "t0ken", "activity": "true"})]
    assert await access.login() == Login("jean", "p", "192.0.2.7")
    assert fake.asked[1:] == [("POST", "/credential", {"token": "t0ken"})]
    assert "t0ken" not in repr(access)
    assert "'p'" not in repr(await access.login())


async def test_one_call_tells_whose_session_it_is_and_brings_its_login() -> None:
    """It counts as activity; the login is used once, and another one is auth's to allow again."""
    fake = FakeServiceClient({"/credential": CREDENTIAL})
    access = await AuthClient(cast("ServiceClient", fake)).introspect_for_login("t0ken")
    assert (access.sid, access.mailbox) == ("s1", "jean")
    assert await access.login() == Login("jean", "p", "192.0.2.7")
    assert fake.asked == [("POST", "/credential", {"token": "t0ken", "activity": "true"})]
    assert await access.login() == Login("jean", "p", "192.0.2.7")
    assert fake.asked[1:] == [("POST", "/credential", {"token": "t0ken"})]


@pytest.mark.parametrize("for_login", [True, False])
async def test_a_list_that_refreshes_itself_is_no_activity(*, for_login: bool) -> None:
    """Auth is told so, whether a login comes with it or not."""
    fake = FakeServiceClient({"/credential": CREDENTIAL, "/introspect": ACTIVE})
    auth = AuthClient(cast("ServiceClient", fake))
    await (auth.introspect_for_login if for_login else auth.introspect)("t0ken", activity=False)
    [(_, _, form)] = fake.asked
    assert form["activity"] == "false"


async def test_a_login_that_was_brought_is_soon_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    """The password is not kept with an access, and who waited long hears whether the session has ended."""
    monkeypatch.setattr(auth_client, "BROUGHT_SECONDS", 0.0)
    answers: dict[str, object] = {"/credential": CREDENTIAL}
    fake = FakeServiceClient(answers)
    access = await AuthClient(cast("ServiceClient", fake)).introspect_for_login("t0ken")
    answers["/credential"] = ended("taken-over")
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    with pytest.raises(SessionEnded):
        await access.login()
    assert len(fake.asked) == 2


async def test_a_login_that_was_brought_shows_nowhere() -> None:
    """Neither token nor password is in the access's text."""
    access = await client(credential=CREDENTIAL).introspect_for_login("t0ken")
    assert "t0ken" not in f"{access!r}{access.login!r}"
    assert "'p'" not in f"{access!r}{access.login!r}"


@pytest.mark.parametrize("reason", ["unknown", "taken-over"])
async def test_an_ended_session_keeps_its_reason(reason: str) -> None:
    """Whether introspection or the credential tells it."""
    with pytest.raises(SessionEnded) as caught:
        await client(introspect={"active": False, "reason": reason}).introspect("t")
    assert caught.value.reason == reason
    with pytest.raises(SessionEnded) as caught:
        await client(credential=ended(reason)).introspect_for_login("t")
    assert caught.value.reason == reason
    access = await client(introspect=ACTIVE, credential=ended(reason)).introspect("t")
    with pytest.raises(SessionEnded) as caught:
        await access.login()
    assert caught.value.reason == reason


@pytest.mark.parametrize("failure", [UpstreamUnavailable(), UpstreamProblem(Problem.model_validate(PROBLEM))])
async def test_an_auth_that_cannot_answer_is_unavailable(failure: Exception) -> None:
    """Never a session that seems to have ended."""
    with pytest.raises(AuthUnavailable):
        await client(introspect=failure).introspect("t")


async def test_an_auth_without_its_store_says_so() -> None:
    """Operators look for the store then, not for auth."""
    problem = Problem.model_validate({**PROBLEM, "type": "state-unavailable", "status": 503})
    with pytest.raises(StateUnavailable):
        await client(introspect=UpstreamProblem(problem)).introspect("t")
