"""Auth keeps its word to another webmail, as the gateway's client passes it on: one lock for both."""

import base64
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from tests.contract.conftest import WEBMAIL, Providers, sign_in

from courriel_web.service_client import ServiceClient, UpstreamProblem
from courriel_wire import Code, LockRequest
from gateway_service.auth_client import AuthClient, LockClient

MAILBOX = "jean.dupont"
SPELLINGS = (
    "JEAN.Dupont",
    " jean.dupont ",
    "Jean.Dupont@Demo.Example",
    "jean.dupont @ demo.example",
    "\uff4aean.dupont",
)


def basic(name: str, secret: str) -> str:
    """Write an ``Authorization`` (RFC 7617)."""
    return "Basic " + base64.b64encode(f"{name}:{secret}".encode()).decode()


THEIRS = basic(*WEBMAIL)
CLAIM = LockRequest(holder="s-1", ttl_seconds=60)


@pytest_asyncio.fixture(loop_scope="session")
async def locks(providers: Providers) -> AsyncIterator[LockClient]:
    """Make the client of the lock API; the mailbox is free in the end."""
    async with ServiceClient(providers.auth) as http:
        client = LockClient(http)
        yield client
        for holder in ("s-1", "s-2"):
            await client.release(THEIRS, MAILBOX, holder)


async def test_a_webmail_holds_renews_and_frees(locks: LockClient) -> None:
    """The fence stays at renewals and grows at each acquisition; who holds it is told; free is free."""
    first = await locks.claim(THEIRS, MAILBOX, CLAIM)
    renewed = await locks.claim(THEIRS, MAILBOX, CLAIM.model_copy(update={"ttl_seconds": 600}))
    assert renewed.fence == first.fence
    assert renewed.expires_at > first.expires_at
    told = await locks.tell(THEIRS, MAILBOX)
    assert (told.application, told.expires_at) == ("webmail", renewed.expires_at)
    await locks.release(THEIRS, MAILBOX, "another-session")
    await locks.release(THEIRS, MAILBOX, "s-1")
    with pytest.raises(UpstreamProblem) as free:
        await locks.tell(THEIRS, MAILBOX)
    assert (free.value.problem.status, free.value.problem.type) == (404, Code.NOT_LOCKED)
    assert (await locks.claim(THEIRS, MAILBOX, CLAIM)).fence > first.fence


@pytest.mark.parametrize("spelling", SPELLINGS)
async def test_every_spelling_is_one_mailbox_for_both(
    locks: LockClient, auth: AuthClient, spelling: str
) -> None:
    """What the other webmail holds under one spelling cannot be opened here under another."""
    await locks.claim(THEIRS, spelling, CLAIM)
    for typed in SPELLINGS:
        with pytest.raises(UpstreamProblem) as held:
            await auth.sign_in(sign_in(typed))
        problem = held.value.problem.model_dump()
        assert (problem["type"], problem["application"]) == (Code.MAILBOX_IN_USE, "webmail")
        assert (await locks.tell(THEIRS, typed)).application == "webmail"


async def test_the_other_webmail_hears_of_our_session_and_may_take_over(
    locks: LockClient, auth: AuthClient, token: str
) -> None:
    """409 with application and since; with takeover it has the mailbox, and our session hears why."""
    with pytest.raises(UpstreamProblem) as held:
        await locks.claim(THEIRS, MAILBOX, CLAIM)
    problem = held.value.problem.model_dump()
    assert (problem["status"], problem["type"]) == (409, Code.MAILBOX_IN_USE)
    assert (problem["application"], problem["takeover"], bool(problem["since"])) == (
        "courriel-leger",
        True,
        True,
    )
    await locks.claim(THEIRS, MAILBOX, CLAIM.model_copy(update={"takeover": True}))
    lost = await auth.introspect(token)
    assert (lost.active, lost.reason) == (False, "taken-over")


async def test_the_fence_tells_a_webmail_that_it_lost_the_mailbox_meanwhile(
    locks: LockClient, auth: AuthClient
) -> None:
    """Taken over here and signed out, the mailbox is acquired by the renewal, under another number."""
    first = await locks.claim(THEIRS, MAILBOX, CLAIM)
    signed_in = await auth.sign_in(sign_in(takeover=True))
    await auth.revoke(signed_in.access_token)
    assert (await locks.claim(THEIRS, MAILBOX, CLAIM)).fence > first.fence


async def test_two_sessions_of_one_webmail_are_two(locks: LockClient) -> None:
    """Each session of the other webmail is a holder of its own."""
    await locks.claim(THEIRS, MAILBOX, CLAIM)
    with pytest.raises(UpstreamProblem) as held:
        await locks.claim(THEIRS, MAILBOX, CLAIM.model_copy(update={"holder": "s-2"}))
    assert (held.value.problem.model_extra or {})["application"] == "webmail"


@pytest.mark.parametrize("name", ["", "..", "a/b", "jean@elsewhere.example", "j\u00e9an%u", "a" * 65, "*"])
async def test_a_name_that_is_no_mailbox_is_told_so(locks: LockClient, name: str) -> None:
    """Whatever the name, it stays one segment of the path: auth judges it, and no other call is reached."""
    with pytest.raises(UpstreamProblem) as refused:
        await locks.tell(THEIRS, name)
    expected = (404, Code.NOT_LOCKED) if name in {"..", "a/b"} else (422, Code.INVALID_REQUEST)
    assert (refused.value.problem.status, refused.value.problem.type) == expected


@pytest.mark.parametrize(
    "credential",
    [basic(WEBMAIL[0], "wrong"), basic("nobody", WEBMAIL[1]), basic("gateway", WEBMAIL[1]), "Basic =="],
)
async def test_anybody_else_learns_nothing(locks: LockClient, credential: str) -> None:
    """A wrong secret, an unknown name, a service of ours: one refusal, whatever becomes of the mailbox."""
    await locks.claim(THEIRS, MAILBOX, CLAIM)
    for call in (
        locks.tell(credential, MAILBOX),
        locks.claim(credential, MAILBOX, CLAIM.model_copy(update={"takeover": True})),
        locks.release(credential, MAILBOX, "s-1"),
    ):
        with pytest.raises(UpstreamProblem) as refused:
            await call
        problem = refused.value.problem
        assert (problem.status, problem.type) == (403, Code.SERVICE_CREDENTIAL_REFUSED)
    assert (await locks.tell(THEIRS, MAILBOX)).application == WEBMAIL[0]
