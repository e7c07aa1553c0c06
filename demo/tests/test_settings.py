"""The choices a person makes in the environment, and the words for those that cannot work."""

from __future__ import annotations

import pytest

from courriel_demo import settings as settings_module
from courriel_demo.settings import SettingsError, read_settings

OWN = {"POP3_URL": "pop3s://mail.example.org", "SMTP_URL": "smtp://mail.example.org:25"}


def test_nothing_set_means_the_demo_brings_all() -> None:
    """Without choices, and with empty ones, everything is the demo's own on port 8080."""
    for environment in ({}, {"PORT": "", "POP3_URL": "", "REDIS_URL": "", "MAIL_DOMAIN": ""}):
        settings = read_settings(environment)
        assert settings.address == "http://127.0.0.1:8080"
        assert settings.mail_domain == "demo.example"
        assert settings.has_demo_mail
        assert settings.redis_url is None


def test_own_servers_replace_the_demos() -> None:
    """The URLs are kept as they are."""
    settings = read_settings(
        {**OWN, "REDIS_URL": "redis://:p@cache:6379/0", "MAIL_DOMAIN": "ville.fr", "PORT": "9"}
    )
    assert not settings.has_demo_mail
    assert (settings.pop3_url, settings.smtp_url) == (OWN["POP3_URL"], OWN["SMTP_URL"])
    assert (settings.redis_url, settings.mail_domain, settings.port) == (
        "redis://:p@cache:6379/0",
        "ville.fr",
        9,
    )


def test_an_ldap_server_needs_its_client(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where it is not installed, the way to install it is told."""
    monkeypatch.setattr(settings_module, "find_spec", lambda _name: None)
    with pytest.raises(SettingsError, match=r"pip install --require-hashes -r requirements/ldap\.txt"):
        read_settings({"LDAP_URL": "ldaps://ldap.example"})
    monkeypatch.setattr(settings_module, "find_spec", lambda _name: object())
    assert read_settings({"LDAP_URL": "ldaps://ldap.example"}).ldap_url == "ldaps://ldap.example"


@pytest.mark.parametrize(
    ("environment", "words"),
    [
        ({"PORT": "http"}, "PORT must be a number from 1 to 65535"),
        ({"PORT": "0"}, "PORT must be a number"),
        ({"PORT": "65536"}, "PORT must be a number"),
        ({"PORT": "8080000000"}, "PORT must be a number"),
        ({"PORT": "٨"}, "PORT must be a number"),
        ({"POP3_URL": "pop3://a"}, "POP3_URL is set and SMTP_URL is not"),
        ({"SMTP_URL": "smtp://a"}, "SMTP_URL is set and POP3_URL is not"),
        ({**OWN, "POP3_URL": "imap://a"}, "POP3_URL must begin with pop3:// or pop3s://"),
        ({**OWN, "SMTP_URL": "mail.example.org:25"}, "SMTP_URL must begin with smtp:// or smtps://"),
        ({"REDIS_URL": "localhost"}, "REDIS_URL must begin with redis://"),
        ({"LDAP_URL": "localhost"}, "LDAP_URL must begin with ldap://"),
    ],
)
def test_a_bad_choice_is_refused_in_words(environment: dict[str, str], words: str) -> None:
    """Each bad value gives its message."""
    with pytest.raises(SettingsError, match=words):
        read_settings(environment)


def test_no_message_and_no_repr_tells_a_password() -> None:
    """URLs may hold credentials: neither an error nor repr() shows them."""
    with pytest.raises(SettingsError) as caught:
        read_settings({"POP3_URL": "http://u:secret@a", "SMTP_URL": "smtp://a"})
    assert "secret" not in str(caught.value)
    settings = read_settings({**OWN, "REDIS_URL": "redis://:secret@a", "SMTP_URL": "smtp://u:secret@a"})
    assert "secret" not in repr(settings)
