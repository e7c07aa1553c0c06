"""auth over HTTP, on doubles: each answer and each problem of its contract."""

import base64
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from auth_doubles import ManualClock, MemoryThrottle, ScriptedMaildrops
from auth_store_double import MemoryStore
from redis.exceptions import ConnectionError as RedisConnectionError
from starlette.testclient import TestClient
from structlog.testing import capture_logs

from auth_service.app import FAILURES, create_app
from auth_service.errors import AuthError, MaildropBusy, MaildropsUnavailable, MailServerUnavailable
from auth_service.settings import Settings

NAMES = ("gateway", "auth", "mailbox", "sender", "directory")
CREDENTIALS = {name: (name, f"{name}-secret-of-tests") for name in NAMES}
PASSWORD = "demo-p4ssword"
BODY = {"username": "Jean.Dupont", "password": PASSWORD, "client_address": "192.0.2.1"}
CALLS = {
    "/sessions": {"json": BODY},
    "/introspect": {"data": {"token": "t"}},
    "/revoke": {"data": {"token": "t"}},
    "/credential": {"data": {"token": "t"}},
}
MAY_CALL = {
    "/sessions": {"gateway"},
    "/introspect": {"gateway", "mailbox", "sender", "directory"},
    "/revoke": {"gateway", "mailbox"},
    "/credential": {"mailbox"},
}


def make_settings() -> Settings:
    """Make settings that point nowhere."""
    key = base64.urlsafe_b64encode(b"k" * 32).decode()
    return Settings(
        redis_state_url="redis://127.0.0.1:1/0",
        mail_domain="demo.example",
        mailbox_url="http://127.0.0.1:1",
        auth_keys=f"k1:{key}",
        **{f"{name}_secret": secret for name, secret in CREDENTIALS.values()},
    )


@dataclass
class Service:
    """The app on doubles, and a client."""

    clock: ManualClock = field(default_factory=ManualClock)

    def __post_init__(self) -> None:
        self.store = MemoryStore(self.clock)
        self.throttle = MemoryThrottle(self.clock)
        passwords = dict.fromkeys(("jean.dupont", "balf-de-mon.service"), PASSWORD)
        self.maildrops = ScriptedMaildrops(self.clock, passwords)
        app = create_app(
            make_settings(),
            store=self.store,
            throttle=self.throttle,
            maildrops=self.maildrops,
            clock=self.clock,
        )
        self.client = TestClient(app, raise_server_exceptions=False)

    def post(self, path: str, caller: str = "gateway", **options: Any) -> Any:
        """Call as a service."""
        return self.client.post(path, auth=CREDENTIALS[caller], **options)

    def sign_in(self, **changes: Any) -> Any:
        """Sign jean.dupont in."""
        return self.post("/sessions", json=BODY | changes)


@pytest.fixture
def service() -> Iterator[Service]:
    """Run the app."""
    made = Service()
    with made.client:
        yield made


def check_problem(answer: Any, status: int, code: str) -> dict[str, Any]:
    """Require problem+json of this status and code that quotes nothing secret; return it."""
    assert answer.status_code == status, answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.headers["Cache-Control"] == "no-store"
    assert PASSWORD not in answer.text
    found: dict[str, Any] = answer.json()
    assert (found["type"], found["status"]) == (code, status)
    return found


def concrete(kind: type[Exception]) -> Iterator[type[Exception]]:
    """List every subclass that has none itself."""
    for each in kind.__subclasses__():
        yield from concrete(each) if each.__subclasses__() else [each]


def test_every_error_of_this_room_has_its_problem() -> None:
    """The table is complete, and has nothing else."""
    assert set(concrete(AuthError)) == set(FAILURES)


def test_a_session_from_sign_in_to_sign_out(service: Service) -> None:
    """Sign in, introspect, get the credential, sign out; then nothing of it opens anything."""
    signed_in = service.sign_in().json()
    assert signed_in.pop("access_token").count(".") == 1
    assert signed_in == {
        "token_type": "Bearer",
        "expires_in": 1800,
        "mailbox": "jean.dupont",
        "last_sign_in": None,
        "kind": "personal",
    }
    token = service.sign_in(takeover=True).json()["access_token"]
    form = {"token": token}
    found = service.post("/introspect", "sender", data=form).json()
    assert found["active"] is True
    assert (found["mailbox"], found["fence"]) == ("jean.dupont", 2)
    assert (found["kind"], found["idle_seconds"]) == ("personal", 1800)
    assert found["expires_at"] == "1970-01-12T14:16:40Z"
    assert found["identity"] == {"name": "", "address": "jean.dupont@demo.example"}
    credential = service.post("/credential", "mailbox", data=form).json()
    assert len(credential.pop("cache_key")) == 43
    assert credential == {
        "sid": found["sid"],
        "mailbox": "jean.dupont",
        "username": "jean.dupont",
        "password": PASSWORD,
        "client_address": "192.0.2.1",
    }
    assert service.post("/revoke", data=form).status_code == 200
    ended = service.post("/introspect", "mailbox", data=form).json()
    assert (ended["active"], ended["reason"], ended["mailbox"]) == (False, "unknown", "")
    assert service.post("/revoke", data=form).status_code == 200
    check_problem(service.post("/credential", "mailbox", data=form), 401, "session-ended")


def test_a_functional_mailbox_is_told_as_such(service: Service) -> None:
    """By sign-in and by introspection, with its own idle limit."""
    signed_in = service.sign_in(username="BALF-de-mon.service").json()
    assert (signed_in["kind"], signed_in["expires_in"]) == ("functional", 600)
    found = service.post("/introspect", data={"token": signed_in["access_token"]}).json()
    assert (found["kind"], found["idle_seconds"]) == ("functional", 600)


def test_introspection_says_whether_it_is_activity(service: Service) -> None:
    """It is by default; a poll that says no renews nothing."""
    form = {"token": service.sign_in().json()["access_token"]}
    service.clock.now += 1000
    polled = service.post("/introspect", data=form | {"activity": "false"}).json()
    used = service.post("/introspect", data=form).json()
    assert used["expires_at"] > polled["expires_at"]


@pytest.mark.parametrize(("activity", "renewed"), [({}, False), ({"activity": "true"}, True)])
def test_a_credential_counts_as_activity_where_the_caller_says_so(
    service: Service, activity: dict[str, str], *, renewed: bool
) -> None:
    """It is none by default: an introspection has renewed the session then."""
    form = {"token": service.sign_in().json()["access_token"]}
    service.clock.now += 1000
    service.post("/credential", "mailbox", data=form | activity)
    service.clock.now += 1000
    found = service.post("/introspect", data=form | {"activity": "false"}).json()
    assert found["active"] is renewed


def test_the_loser_of_a_takeover_is_told(service: Service) -> None:
    """By introspection, and by the problem of a credential."""
    form = {"token": service.sign_in().json()["access_token"]}
    service.sign_in(takeover=True)
    assert service.post("/introspect", data=form).json()["reason"] == "taken-over"
    answer = service.post("/credential", "mailbox", data=form)
    assert check_problem(answer, 401, "session-ended")["reason"] == "taken-over"


def test_a_refusal_tells_no_cause(service: Service) -> None:
    """Unknown user, wrong password, another domain, an unusable name: the very same bytes, after 2.5 s."""
    bodies = set()
    for number, changes in enumerate(
        [
            {"username": "nobody"},
            {"password": "wrong"},
            {"username": "jean.dupont@elsewhere.example"},
            {"username": "jean\r\nx"},
            {"password": "a\x00b"},
        ]
    ):
        started = service.clock.now
        answer = service.sign_in(client_address=f"192.0.2.{number}", **changes)
        check_problem(answer, 401, "login-refused")
        bodies.add(answer.content)
        assert service.clock.now - started == pytest.approx(2.5)
    assert len(bodies) == 1


def test_a_mailbox_in_use_is_told(service: Service) -> None:
    """Application, since when (RFC 3339), and whether a take-over is possible."""
    service.sign_in(application="webmail")
    found = check_problem(service.sign_in(), 409, "mailbox-in-use")
    assert (found["application"], found["takeover"]) == ("webmail", True)
    assert found["since"] == "1970-01-12T13:46:40Z"


def test_too_many_attempts_are_told_with_the_time_to_wait(service: Service) -> None:
    """429 with Retry-After, and the mail server is not asked."""
    for _ in range(3):
        service.sign_in(password="wrong")
    asked = len(service.maildrops.asked)
    answer = service.sign_in()
    check_problem(answer, 429, "too-many-attempts")
    assert answer.headers["Retry-After"] == "593"
    assert len(service.maildrops.asked) == asked


@pytest.mark.parametrize(
    ("failure", "code"),
    [
        (MaildropBusy(), "maildrop-busy"),
        (MailServerUnavailable(), "mail-server-unavailable"),
        (MaildropsUnavailable(), "service-unavailable"),
    ],
)
def test_a_mail_server_in_trouble_is_503_with_retry_advice(
    service: Service, failure: Exception, code: str
) -> None:
    """Each trouble has its own code."""
    service.maildrops.failure = failure
    answer = service.sign_in()
    check_problem(answer, 503, code)
    assert answer.headers["Retry-After"] == "5"


@pytest.mark.parametrize("path", CALLS)
def test_without_redis_nobody_gets_in(service: Service, path: str) -> None:
    """503 state-unavailable everywhere, without the driver's words."""
    service.store.failure = RedisConnectionError("redis://:s3cret@host")
    answer = service.post(path, min(MAY_CALL[path]), **CALLS[path])
    check_problem(answer, 503, "state-unavailable")
    assert "s3cret" not in answer.text


def test_without_the_throttle_no_password_is_tried(service: Service) -> None:
    """It fails closed."""
    service.throttle.failure = RedisConnectionError("away")
    check_problem(service.sign_in(), 503, "state-unavailable")
    assert service.maildrops.asked == []


@pytest.mark.parametrize("path", CALLS)
@pytest.mark.parametrize("caller", NAMES)
def test_only_who_may_call_is_heard(service: Service, path: str, caller: str) -> None:
    """Each route knows its callers."""
    answer = service.post(path, caller, **CALLS[path])
    if caller in MAY_CALL[path]:
        assert answer.status_code != 403
    else:
        check_problem(answer, 403, "service-credential-refused")


@pytest.mark.parametrize("path", CALLS)
@pytest.mark.parametrize("credential", [None, ("gateway", "wrong"), ("", ""), ("nobody", "x")])
def test_no_or_a_wrong_service_credential_is_refused(
    service: Service, path: str, credential: tuple[str, str] | None
) -> None:
    """Before anything is looked at."""
    answer = service.client.post(path, auth=credential, **CALLS[path])
    check_problem(answer, 403, "service-credential-refused")
    assert service.maildrops.asked == []


@pytest.mark.parametrize(
    "sent",
    [
        {"content": f'{{"password": "{PASSWORD}", '},
        {"content": b"\xff\xfe" + PASSWORD.encode()},
        {"json": {"password": PASSWORD}},
        {"json": {"username": "jean.dupont", "password": [PASSWORD]}},
        {"json": BODY | {"pasword": PASSWORD}},
        {"json": BODY | {"username": {"x": PASSWORD}}},
        {"content": '{"username": "\\ud800", "password": "' + PASSWORD + '"}'},
        {"json": BODY | {"password": PASSWORD * 200}},
        {"json": BODY | {"password": ""}},
        {"json": [PASSWORD]},
    ],
)
def test_a_malformed_sign_in_is_422_without_what_was_sent(service: Service, sent: dict[str, Any]) -> None:
    """The field and the rule are told, never the value; the mail server is not asked."""
    answer = service.post("/sessions", headers={"Content-Type": "application/json"}, **sent)
    check_problem(answer, 422, "invalid-request")
    assert service.maildrops.asked == []


@pytest.mark.parametrize("path", ["/introspect", "/revoke", "/credential"])
@pytest.mark.parametrize(
    "sent", [{}, {"data": {"tokn": "x"}}, {"json": {"token": "x"}}, {"data": {"token": "x" * 2000}}]
)
def test_a_malformed_form_is_422(service: Service, path: str, sent: dict[str, Any]) -> None:
    """No token, or not as a form."""
    check_problem(service.post(path, min(MAY_CALL[path]), **sent), 422, "invalid-request")


@pytest.mark.parametrize("token", ["x", "é", "\u0000", "0123456789abcdef.", "%ff%fe", "a" * 1024])
def test_whatever_is_no_token_opens_nothing(service: Service, token: str) -> None:
    """RFC 7662 section 2.2: not active, and no error."""
    answer = service.post("/introspect", data={"token": token})
    assert answer.json()["active"] is False
    raw = {"content": f"token={token}", "headers": {"Content-Type": "application/x-www-form-urlencoded"}}
    assert service.post("/introspect", **raw).json()["active"] is False


@pytest.mark.parametrize("path", CALLS)
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH"])
def test_a_wrong_method_is_405(service: Service, path: str, method: str) -> None:
    """With the methods that are possible."""
    answer = service.client.request(method, path, auth=CREDENTIALS["gateway"])
    check_problem(answer, 405, "method-not-allowed")
    assert answer.headers["Allow"] == "POST"


def test_an_unknown_path_is_404(service: Service) -> None:
    """As everywhere."""
    check_problem(service.post("/nowhere"), 404, "not-found")


def test_alive_without_redis_but_not_ready(service: Service) -> None:
    """Readiness is Redis' PING alone."""
    assert service.client.get("/health/live").status_code == 200
    ready = service.client.get("/health/ready")
    assert (ready.status_code, ready.json()["failed"]) == (503, ["redis-state"])


def test_a_bug_is_a_500_that_tells_nothing(service: Service) -> None:
    """With the request id to ask by."""
    service.store.failure = RuntimeError(PASSWORD)
    with capture_logs():
        answer = service.sign_in()
    check_problem(answer, 500, "internal-error")
    assert answer.headers["X-Request-ID"]
