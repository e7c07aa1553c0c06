"""A bad setting is refused with words that help, and never quoted."""

import pytest
from pydantic import ValidationError

from mailbox_service.settings import Settings

KEYS = "k1:" + "A" * 43
GOOD = {
    "pop3_url": "pop3s://pop.example.org",
    "redis_state_url": "redis://state:6379/0",
    "redis_cache_url": "redis://cache:6379/0",
    "auth_url": "http://auth:8000",
    "mailbox_secret": "m" * 16,
    "auth_secret": "a" * 16,
    "gateway_secret": "g" * 16,
    "mailbox_keys": KEYS,
}


@pytest.mark.parametrize(
    ("setting", "value", "message"),
    [
        ("pop3_url", "imap://pop.example.org", "a POP3 URL starts with pop3:// or pop3s://"),
        ("pop3_url", "pop3://jean:s3cret@pop.example.org", "a POP3 URL holds no user name and no password"),
        ("redis_state_url", "http://:s3cret@state", "a Redis URL starts with redis://"),
        ("redis_cache_url", "redis:", "a Redis URL starts with redis://"),
        ("auth_url", "auth:8000", "should match pattern"),
        ("auth_url", "http://auth:8000/", "should match pattern"),
        ("mailbox_secret", "s3cret", "at least 16"),
        ("mailbox_keys", "not an id:s3cret", "an id of letters, digits, - and _ must stand before the colon"),
        ("mailbox_keys", "k1:s3cret", "32 octets in base64url are needed"),
        ("mailbox_idle_seconds", "60", "must not be greater than MAILBOX_CONNECTION_SECONDS"),
        ("mailbox_snapshot_seconds", "-1", "greater than or equal to 0"),
        ("mailbox_parse_seconds", "0", "greater than 0"),
        ("mailbox_parse_workers", "0", "greater than or equal to 1"),
        ("mailbox_max_message_bytes", "12", "greater than or equal to 1024"),
    ],
)
def test_a_bad_value_is_told(setting: str, value: str, message: str) -> None:
    """The sentence says what is wrong; a secret never stands in it."""
    with pytest.raises(ValidationError, match=message) as caught:
        Settings(**{**GOOD, setting: value})
    assert "s3cret" not in str(caught.value)


def test_good_values_are_taken() -> None:
    """What is not said has a default."""
    settings = Settings(**GOOD)
    assert (settings.mailbox_idle_seconds, settings.mailbox_snapshot_seconds) == (5, 3)
    assert "mmmm" not in repr(settings)


def test_a_password_in_a_redis_url_is_not_shown() -> None:
    """Settings may be printed while somebody looks for a fault."""
    urls = dict.fromkeys(("redis_state_url", "redis_cache_url"), "redis://:s3cret@store:6379/0")
    assert "s3cret" not in repr(Settings(**{**GOOD, **urls}))
