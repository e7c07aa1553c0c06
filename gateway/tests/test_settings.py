"""Settings: what they default to, and what a bad value is told."""

from ipaddress import ip_network

import pytest
from pydantic import ValidationError

from gateway_service.settings import Settings


def test_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Values come from the environment; networks are separated by commas."""
    monkeypatch.setenv("GATEWAY_SECRET", "s3cret")
    monkeypatch.setenv("TRUSTED_PROXIES", "10.0.0.0/8, 127.0.0.1")
    monkeypatch.setenv("PUBLIC_URL", "https://courriel.example/")
    settings = Settings()
    assert settings.trusted_proxies == (ip_network("10.0.0.0/8"), ip_network("127.0.0.1/32"))
    assert (settings.public_url, settings.secure) == ("https://courriel.example", True)
    assert "s3cret" not in repr(settings)


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("TRUSTED_PROXIES", "everybody", "networks such as 10.0.0.0/8"),
        ("PUBLIC_URL", "courriel.example", "scheme and host only"),
        ("PUBLIC_URL", "https://courriel.example/mail", "scheme and host only"),
        ("WEBMAIL_URL", "javascript:alert(1)", "an http or https address"),
        ("TIME_ZONE", "Paris", "an IANA name such as Europe/Paris"),
        ("MESSAGES_PER_PAGE", "0", "greater than or equal to 5"),
        ("MAILBOX_DELETE_HOLD_SECONDS", "-1", "greater than or equal to 0"),
    ],
)
def test_bad_values_are_told(monkeypatch: pytest.MonkeyPatch, name: str, value: str, told: str) -> None:
    """A value that cannot work stops the start with a sentence, which does not repeat it."""
    monkeypatch.setenv("GATEWAY_SECRET", "s3cret")
    monkeypatch.setenv(name, value)
    with pytest.raises(ValidationError, match=told) as caught:
        Settings()
    assert "input_value" not in str(caught.value)
