"""Auth keeps its word to gateway, mailbox and sender, as their own clients hear it."""

import pytest
from tests.contract.conftest import PASSWORD, Providers, sign_in

import mailbox_service.auth_client
import mailbox_service.errors
import sender_service.auth_client
from courriel_web.routing import hint_of_token, routing_hint
from courriel_web.service_client import UpstreamProblem
from courriel_wire import Code
from gateway_service.auth_client import AuthClient


async def test_a_sign_in_gives_a_token_that_routes_to_its_mailbox(auth: AuthClient) -> None:
    """Every spelling of the name is one mailbox; the token carries its routing hint."""
    signed_in = await auth.sign_in(sign_in("Jean.Dupont@Demo.Example "))
    assert signed_in.mailbox == "jean.dupont"
    assert hint_of_token(signed_in.access_token) == routing_hint("jean.dupont")
    await auth.revoke(signed_in.access_token)


@pytest.mark.parametrize(
    ("username", "password"),
    [
        ("jean.dupont", "wrong"),
        ("nobody", PASSWORD),
        ("imap.seulement", PASSWORD),
        ("a@other.example", PASSWORD),
    ],
)
async def test_every_refusal_has_the_same_words(auth: AuthClient, username: str, password: str) -> None:
    """The gateway cannot tell the causes apart."""
    with pytest.raises(UpstreamProblem) as refused:
        await auth.sign_in(sign_in(username, password))
    problem = refused.value.problem
    assert (problem.status, problem.type) == (401, Code.LOGIN_REFUSED)
    with pytest.raises(UpstreamProblem) as other:
        await auth.sign_in(sign_in("marie.martin", "wrong"))
    assert other.value.problem == problem


async def test_an_open_mailbox_is_told_after_the_proof_only(auth: AuthClient, token: str) -> None:
    """The right password hears where it is open; a wrong one hears nothing, and harms nobody."""
    with pytest.raises(UpstreamProblem) as held:
        await auth.sign_in(sign_in())
    problem = held.value.problem.model_dump()
    assert (problem["status"], problem["type"]) == (409, Code.MAILBOX_IN_USE)
    assert (problem["application"], problem["takeover"]) == ("courriel-leger", True)
    assert problem["since"]
    with pytest.raises(UpstreamProblem) as refused:
        await auth.sign_in(sign_in(password="wrong", takeover=True))
    assert refused.value.problem.type == Code.LOGIN_REFUSED
    assert (await auth.introspect(token)).active


async def test_introspection_tells_whose_session_a_token_is(auth: AuthClient, token: str) -> None:
    """Identity, mailbox, fence and end; nothing where the token is not active."""
    told = await auth.introspect(token)
    assert (told.active, told.mailbox) == (True, "jean.dupont")
    assert told.identity
    assert told.identity.address == "jean.dupont@demo.example"
    assert told.fence > 0
    unknown = await auth.introspect("0123456789abcdef.unknown")
    assert unknown.model_dump(exclude_defaults=True) == {"active": False, "reason": "unknown"}


async def test_the_loser_of_a_takeover_hears_why(auth: AuthClient, token: str) -> None:
    """Its token is inactive at once, and the reason is told to it alone."""
    winner = await auth.sign_in(sign_in(takeover=True))
    lost = await auth.introspect(token)
    assert (lost.active, lost.reason) == (False, "taken-over")
    assert (await auth.introspect(winner.access_token)).active
    await auth.revoke(winner.access_token)


async def test_revocation_holds_at_the_next_request(auth: AuthClient, token: str) -> None:
    """And revoking once more, or anything else, is fine (RFC 7009 section 2.2)."""
    await auth.revoke(token)
    assert not (await auth.introspect(token)).active
    await auth.revoke(token)
    again = await auth.sign_in(sign_in())
    await auth.revoke(again.access_token)


async def test_mailbox_gets_the_credential_and_the_sender_does_not(providers: Providers, token: str) -> None:
    """What opens the maildrop goes to the one service that speaks POP3."""
    async with providers.client("auth", "mailbox") as http:
        access = await mailbox_service.auth_client.AuthClient(http).introspect(token)
        login = await access.login()
    assert (login.username, login.password) == ("jean.dupont", PASSWORD)
    for caller in ("sender", "gateway"):
        async with providers.client("auth", caller) as http:
            with pytest.raises(UpstreamProblem) as refused:
                await http.json("POST", "/credential", data={"token": token})
            assert refused.value.problem.type == Code.SERVICE_CREDENTIAL_REFUSED


async def test_one_call_of_mailbox_is_introspection_and_credential(providers: Providers, token: str) -> None:
    """It tells the same session as the two calls do, and what opens its maildrop."""
    async with providers.client("auth", "mailbox") as http:
        auth = mailbox_service.auth_client.AuthClient(http)
        access, apart = await auth.introspect_for_login(token), await auth.introspect(token)
        assert (access.sid, access.mailbox) == (apart.sid, apart.mailbox)
        assert await access.login() == await apart.login()


async def test_a_dead_token_ends_in_each_consumers_own_words(providers: Providers) -> None:
    """Mailbox and sender raise their SessionEnded, with the reason."""
    async with providers.client("auth", "mailbox") as http:
        with pytest.raises(mailbox_service.errors.SessionEnded):
            await mailbox_service.auth_client.AuthClient(http).introspect("a.b")
        with pytest.raises(mailbox_service.errors.SessionEnded):
            await mailbox_service.auth_client.AuthClient(http).introspect_for_login("a.b")
    async with providers.client("auth", "sender") as http:
        with pytest.raises(sender_service.auth_client.SessionEnded) as ended:
            await sender_service.auth_client.AuthClient(http).introspect("a.b", activity=True)
    assert ended.value.reason == "unknown"
