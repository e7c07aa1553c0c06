"""The lock API: another webmail's calls reach auth as they came, and nobody else's."""

import base64

import httpx2
import pytest
from gateway_fakes import FakeLocks, problem

from courriel_web.problems import PROBLEM_JSON
from courriel_wire import Code, LockRequest

CREDENTIAL = "Basic " + base64.b64encode(b"webmail:a secret of the tests").decode()
THEIRS = {"Authorization": CREDENTIAL}
CLAIM = {"holder": "s-1", "ttl_seconds": 60}
CALLS = [("GET", {}), ("PUT", {"json": CLAIM}), ("DELETE", {"params": {"holder": "s-1"}})]
each_call = pytest.mark.parametrize(("method", "options"), CALLS)


async def test_calls_pass_with_the_callers_credential(visitor: httpx2.AsyncClient, locks: FakeLocks) -> None:
    """Mailbox as spelt, body, holder and credential are auth's to judge; its answers are the API's."""
    told = await visitor.get("/api/locks/Jean.Dupont%40demo.example", headers=THEIRS)
    assert told.json() == {
        "application": "webmail",
        "since": "2026-03-01T11:00:00Z",
        "expires_at": "2026-03-01T11:01:00Z",
    }
    granted = await visitor.put("/api/locks/a%2Fb", json={**CLAIM, "takeover": True}, headers=THEIRS)
    assert granted.json() == {"fence": 7, "expires_at": "2026-03-01T11:00:00Z"}
    freed = await visitor.delete("/api/locks/jean?holder=s-1", headers=THEIRS)
    assert (freed.status_code, freed.content) == (204, b"")
    assert locks.asked == [
        ("tell", CREDENTIAL, "Jean.Dupont@demo.example"),
        ("claim", CREDENTIAL, "a/b", LockRequest(holder="s-1", ttl_seconds=60, takeover=True)),
        ("release", CREDENTIAL, "jean", "s-1"),
    ]
    assert all(answer.headers["cache-control"] == "no-store" for answer in (told, granted, freed))


@each_call
async def test_a_browsers_session_is_no_webmail(
    browser: httpx2.AsyncClient, locks: FakeLocks, method: str, options: dict[str, object]
) -> None:
    """The cookie opens nothing here, and the browser is not asked for a password either."""
    refused = await browser.request(method, "/api/locks/jean.dupont", **options)
    assert (refused.status_code, refused.headers["content-type"]) == (403, PROBLEM_JSON)
    assert refused.json()["type"] == Code.SERVICE_CREDENTIAL_REFUSED
    assert "www-authenticate" not in refused.headers
    assert not locks.asked


@each_call
async def test_a_bearer_is_no_webmail(
    client: httpx2.AsyncClient, locks: FakeLocks, method: str, options: dict[str, object]
) -> None:
    """A session's token is not passed on as a credential."""
    assert (await client.request(method, "/api/locks/jean.dupont", **options)).status_code == 403
    assert not locks.asked


@pytest.mark.parametrize("given", ["Basic", "Basic ", "Basic \u00e9", "Basic a b", "Basic " + "a" * 600])
async def test_what_is_no_credential_is_not_sent_on(
    visitor: httpx2.AsyncClient, locks: FakeLocks, given: str
) -> None:
    """Auth gets a header of the form of RFC 7617, or no call."""
    headers = {"Authorization": given.encode()}
    assert (await visitor.get("/api/locks/jean", headers=headers)).status_code == 403
    assert not locks.asked


@each_call
@pytest.mark.parametrize(
    ("code", "status", "members"),
    [
        (Code.SERVICE_CREDENTIAL_REFUSED, 403, {}),
        (Code.NOT_LOCKED, 404, {}),
        (Code.MAILBOX_IN_USE, 409, {"application": "courriel-leger", "takeover": True}),
        (Code.STATE_UNAVAILABLE, 503, {}),
    ],
)
async def test_refusals_of_auth_pass_as_they_are(
    *,
    visitor: httpx2.AsyncClient,
    locks: FakeLocks,
    method: str,
    options: dict[str, object],
    code: Code,
    status: int,
    members: dict[str, object],
) -> None:
    """Status, code and members."""
    locks.failure = problem(code, status, **members)
    refused = await visitor.request(method, "/api/locks/jean", headers=THEIRS, **options)
    assert (refused.status_code, refused.headers["content-type"]) == (status, PROBLEM_JSON)
    assert refused.json() | {"type": code, **members} == refused.json()


@pytest.mark.parametrize(
    "body", [{}, {**CLAIM, "holder": "a b"}, {**CLAIM, "ttl_seconds": 9}, {**CLAIM, "ttl_seconds": 3601}]
)
async def test_a_claim_without_sense_is_422(
    visitor: httpx2.AsyncClient, locks: FakeLocks, body: dict[str, object]
) -> None:
    """The holder is visible ASCII, the time from 10 s to 1 h."""
    refused = await visitor.put("/api/locks/jean", json=body, headers=THEIRS)
    assert (refused.status_code, refused.json()["type"]) == (422, Code.INVALID_REQUEST)
    assert not locks.asked
