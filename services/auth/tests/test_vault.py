"""A stored password opens with the sealed value, the token and the key ring together, and not otherwise."""

import re

import pytest
from pydantic import SecretStr

from auth_service.errors import SessionEnded
from auth_service.tokens import digest_of, new_token
from auth_service.vault import Vault
from courriel_seal import KeyRing
from courriel_web.routing import hint_of_token, routing_hint

RING = KeyRing(current="b", keys={"b": b"b" * 32, "a": b"a" * 32})
PASSWORD = SecretStr("mot de passe é")


def test_the_credential_comes_back() -> None:
    """With session, token and ring."""
    sealed = Vault(RING).seal_credential(PASSWORD, "192.0.2.7", sid="s", token="t")
    assert b"mot" not in sealed
    assert b"192" not in sealed
    assert Vault(RING).open_credential(sealed, sid="s", token="t") == (PASSWORD, "192.0.2.7")


@pytest.mark.parametrize(
    ("ring", "sid", "token"),
    [
        (RING, "s", "other"),
        (RING, "other", "t"),
        (KeyRing(current="b", keys={"b": b"x" * 32}), "s", "t"),
        (KeyRing(current="a", keys={"a": b"a" * 32}), "s", "t"),
    ],
)
def test_anything_else_opens_nothing(ring: KeyRing, sid: str, token: str) -> None:
    """Another token, another session, another key, a key that is gone: the session has ended."""
    sealed = Vault(RING).seal_credential(PASSWORD, "192.0.2.7", sid="s", token="t")
    with pytest.raises(SessionEnded) as ended:
        Vault(ring).open_credential(sealed, sid=sid, token=token)
    assert ended.value.reason == "unknown"


def test_an_old_key_of_the_ring_still_opens() -> None:
    """A rotation ends no session."""
    old = KeyRing(current="a", keys={"a": b"a" * 32})
    sealed = Vault(old).seal_credential(PASSWORD, "192.0.2.7", sid="s", token="t")
    assert Vault(RING).open_credential(sealed, sid="s", token="t") == (PASSWORD, "192.0.2.7")


def test_the_address_of_the_last_sign_in_belongs_to_its_mailbox() -> None:
    """It comes back for that mailbox, and is empty for any other or where the key is gone."""
    sealed = Vault(RING).seal_address("192.0.2.7", mailbox="jean")
    assert b"192" not in sealed
    assert Vault(RING).open_address(sealed, mailbox="jean") == "192.0.2.7"
    assert Vault(RING).open_address(sealed, mailbox="marie") == ""


def test_a_token_has_256_bits_behind_its_routing_hint() -> None:
    """``<hint>.<base64url of 32 octets>``, another one each time."""
    first, second = new_token("jean"), new_token("jean")
    assert hint_of_token(first) == routing_hint("jean")
    assert re.fullmatch(r"[0-9a-f]{16}\.[A-Za-z0-9_-]{43}", first)
    assert first != second
    assert digest_of(first) != digest_of(second)
    assert first.partition(".")[2] not in digest_of(first)


def test_the_cache_key_follows_from_password_mailbox_and_ring() -> None:
    """The same at every sign-in; another with another password, mailbox or key; never printed."""
    key = Vault(RING).cache_key(PASSWORD, mailbox="jean")
    others = [
        Vault(RING).cache_key(SecretStr("autre"), mailbox="jean"),
        Vault(RING).cache_key(PASSWORD, mailbox="marie"),
        Vault(KeyRing(current="b", keys={"b": b"x" * 32})).cache_key(PASSWORD, mailbox="jean"),
    ]
    assert key == Vault(RING).cache_key(PASSWORD, mailbox="jean")
    assert key not in others
    assert len(key.get_secret_value()) == 43
    assert key.get_secret_value() not in repr(key)
