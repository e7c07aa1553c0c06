"""A good environment is read; a bad value stops the service with a message that does not show it."""

import base64

import pytest
from pydantic import ValidationError

from auth_service.settings import Settings

KEY = base64.urlsafe_b64encode(b"k" * 32).decode().rstrip("=")
GOOD = {
    "REDIS_STATE_URL": "redis://127.0.0.1:6379/0",
    "MAIL_DOMAIN": "demo.example",
    "MAILBOX_URL": "http://mailbox:8000",
    "AUTH_SECRET": "auth-secret-of-tests",
    "GATEWAY_SECRET": "gateway-secret-of-tests",
    "MAILBOX_SECRET": "mailbox-secret-of-tests",
    "SENDER_SECRET": "sender-secret-of-tests",
    "DIRECTORY_SECRET": "directory-secret-of-tests",
    "AUTH_KEYS": f"k1:{KEY}",
}


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Set a good environment."""
    for name, value in GOOD.items():
        monkeypatch.setenv(name, value)
    return monkeypatch


@pytest.mark.usefixtures("environment")
def test_the_defaults_are_the_documented_ones() -> None:
    """Idle 30 min (functional 10), absolute 10 h, ten failures in ten minutes, refusals of 2.5 s."""
    settings = Settings()
    assert (settings.auth_idle_seconds, settings.auth_absolute_seconds) == (1800, 36_000)
    assert (settings.auth_functional_idle_seconds, settings.auth_functional_mailboxes) == (600, "^balf-")
    assert (settings.auth_sign_in_attempts, settings.auth_sign_in_window_seconds) == (10, 600)
    assert (settings.auth_refusal_seconds, settings.auth_takeover) == (2.5, True)
    assert "secret-of-tests" not in repr(settings)
    assert KEY not in repr(settings)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("REDIS_STATE_URL", "valkey.example:6379", "a Redis URL starts with redis://"),
        ("MAIL_DOMAIN", "jean@demo.example", "a domain alone is needed"),
        ("MAILBOX_URL", "mailbox:8000", "mailbox_url\n  String should match pattern"),
        ("GATEWAY_SECRET", "swordfish", "gateway_secret\n  Value should have at least 16 items"),
        ("AUTH_KEYS", "k1:c2hvcnQ", "key 1 (k1): 32 octets in base64url are needed"),
        ("AUTH_KEYS", KEY, "key 1: an id of letters, digits, - and _ must stand before the colon"),
        ("AUTH_IDLE_SECONDS", "0", "auth_idle_seconds\n  Input should be greater than or equal to 1"),
        ("AUTH_IDLE_SECONDS", "36001", "AUTH_IDLE_SECONDS must not be greater than AUTH_ABSOLUTE_SECONDS"),
        (
            "AUTH_FUNCTIONAL_IDLE_SECONDS",
            "36001",
            "AUTH_FUNCTIONAL_IDLE_SECONDS must not be greater than AUTH_ABSOLUTE_SECONDS",
        ),
        (
            "AUTH_FUNCTIONAL_MAILBOXES",
            "^(balf-",
            "no regular expression: missing ), unterminated subpattern at position 1",
        ),
        ("AUTH_SIGN_IN_ATTEMPTS", "many", "auth_sign_in_attempts\n  Input should be a valid integer"),
        ("AUTH_REFUSAL_SECONDS", "-1", "auth_refusal_seconds\n  Input should be greater than or equal to 0"),
        ("AUTH_TAKEOVER", "perhaps", "auth_takeover\n  Input should be a valid boolean"),
    ],
)
def test_a_bad_value_gives_its_message(
    environment: pytest.MonkeyPatch, name: str, value: str, message: str
) -> None:
    """The setting is named, the rule is told, the value is not shown."""
    environment.setenv(name, value)
    with pytest.raises(ValidationError) as refused:
        Settings()
    assert message in str(refused.value)
    assert value not in str(refused.value) or value.isdigit()


@pytest.mark.parametrize("name", GOOD)
def test_what_has_no_default_must_be_given(environment: pytest.MonkeyPatch, name: str) -> None:
    """Starting without it is refused, and the message names it."""
    environment.delenv(name)
    with pytest.raises(ValidationError, match=name.lower()):
        Settings()
