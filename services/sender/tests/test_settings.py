"""Good settings are read; each bad one is told, and no secret with it."""

import base64
from typing import Any

import pytest
from pydantic import ValidationError

from sender_service.relay_server import RelayServer, Tls
from sender_service.settings import Settings

KEY = base64.urlsafe_b64encode(bytes(32)).decode()
GOOD: dict[str, Any] = {
    "redis_state_url": "redis://:hush@127.0.0.1",
    "sender_secret": "hush",
    "sender_keys": f"k:{KEY}",
    "mail_domain": "demo.example",
    "smtp_url": "smtp://user:hush@relay.example",
}


def test_the_defaults_are_the_products() -> None:
    """20 recipients, 25 MiB, 100 messages an hour, 4 hours; nothing secret in its repr."""
    settings = Settings(**GOOD)
    assert settings.sender_max_recipients == 20
    assert settings.sender_max_message_bytes == 26_214_400
    assert settings.sender_messages_per_hour == 100
    assert settings.sender_retry_window_seconds == 14_400
    assert "hush" not in repr(settings) + repr(settings.relays())


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"sender_keys": "k:hush"}, "32 octets"),
        ({"smtp_url": "http://hush"}, "smtp:// or smtps://"),
        ({"smtp_url": "smtp://u:hush@relay.example/x"}, "nothing after host"),
        ({"smtp_url": "smtp://u:hush@relay.example?tls=maybe"}, "only option"),
        ({"smtp_url": "smtp://u:hush@relay.example:port"}, "no port"),
        ({"smtp_url": "smtp://:hush@relay.example"}, "name and a password"),
        ({"smtp_url": "smtp://u:hush@relay.example?tls=none"}, "needs TLS"),
        ({"smtp_url": "smtp:"}, "needs a host"),
        ({"sender_max_recipients": 0}, "greater than or equal to 1"),
        ({"mail_domain": "a b"}, "match pattern"),
        ({"sender_secret": None}, "valid string"),
    ],
)
def test_a_bad_value_is_told(change: dict[str, Any], message: str) -> None:
    """By a sentence; never with the value."""
    with pytest.raises(ValidationError) as refused:
        Settings(**{**GOOD, **change})
    assert message in str(refused.value)
    assert "hush" not in str(refused.value)


@pytest.mark.parametrize(
    ("url", "tls", "port"),
    [
        ("smtp://relay.example", Tls.STARTTLS, 25),
        ("smtp://relay.example:587", Tls.STARTTLS, 587),
        ("smtp://relay.example?tls=none", Tls.NONE, 25),
        ("smtp://127.0.0.1:2525", Tls.LOOPBACK, 2525),
        ("smtp://localhost", Tls.LOOPBACK, 25),
        ("smtps://relay.example", Tls.IMPLICIT, 465),
    ],
)
def test_a_url_says_how_the_link_is_protected(url: str, tls: Tls, port: int) -> None:
    """TLS is required unless somebody said otherwise, or it is this host."""
    server = RelayServer.from_url(url)
    assert (server.tls, server.port) == (tls, port)


def test_several_relays_keep_their_order() -> None:
    """Each URL by its own rules; one that is wrong is told."""
    settings = Settings(**{**GOOD, "smtp_url": "smtps://a.example, smtp://b.example:587"})
    assert [(each.host, each.port) for each in settings.relays()] == [("a.example", 465), ("b.example", 587)]
    with pytest.raises(ValidationError, match="starts with smtp"):
        Settings(**{**GOOD, "smtp_url": "smtp://a.example,"})


@pytest.mark.parametrize("url", ["redis+sentinel://a", "redis+sentinel:///s", "redis+sentinel://a/s/x"])
def test_a_sentinel_url_names_hosts_and_a_service(url: str) -> None:
    """What it lacks is told, without the URL."""
    with pytest.raises(ValidationError, match="a Sentinel URL"):
        Settings(**{**GOOD, "redis_state_url": url})
