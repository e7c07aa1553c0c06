"""Sealed values open only whole, in their context, with every secret."""

import base64
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from courriel_seal import InvalidKeyRing, KeyRing, SealBroken

OLD = "old:" + base64.urlsafe_b64encode(bytes(range(32))).decode().rstrip("=")
NEW = "new:" + base64.urlsafe_b64encode(bytes(range(1, 33))).decode()


@given(plain=st.binary(max_size=300), context=st.binary(max_size=40), secret=st.binary(max_size=40))
def test_open_is_the_inverse_of_seal(plain: bytes, context: bytes, secret: bytes) -> None:
    """Whatever is sealed comes back as it was."""
    ring = KeyRing.parse(NEW)
    sealed = ring.seal(plain, purpose="test", context=context, secret=secret)
    assert ring.open(sealed, purpose="test", context=context, secret=secret) == plain


@given(position=st.integers(min_value=0), flip=st.integers(min_value=1, max_value=255))
def test_any_altered_octet_is_noticed(position: int, flip: int) -> None:
    """No octet of a sealed value can be changed without SealBroken."""
    ring = KeyRing.parse(NEW)
    sealed = bytearray(ring.seal(b"a letter", purpose="test"))
    sealed[position % len(sealed)] ^= flip
    with pytest.raises(SealBroken):
        ring.open(bytes(sealed), purpose="test")


@given(cut=st.integers(min_value=0, max_value=60))
def test_a_truncated_value_is_noticed(cut: int) -> None:
    """A sealed value that lost its end raises SealBroken, never anything else."""
    ring = KeyRing.parse(NEW)
    sealed = ring.seal(b"a letter", purpose="test")
    with pytest.raises(SealBroken):
        ring.open(sealed[: min(cut, len(sealed) - 1)], purpose="test")


@pytest.mark.parametrize("changed", [{"purpose": "other"}, {"context": b"other"}, {"secret": b"other"}])
def test_purpose_context_and_secret_must_all_match(changed: dict[str, object]) -> None:
    """One wrong ingredient is enough to keep the value closed."""
    ring = KeyRing.parse(NEW)
    given_: dict[str, object] = {"purpose": "test", "context": b"sid", "secret": b"token"}
    sealed = ring.seal(b"a letter", **given_)  # type: ignore[arg-type]
    with pytest.raises(SealBroken):
        ring.open(sealed, **{**given_, **changed})  # type: ignore[arg-type]


def test_rotation_keeps_what_was_sealed_before() -> None:
    """A ring with a new first key still opens the old key's values, and seals with the new one."""
    sealed_before = KeyRing.parse(OLD).seal(b"a letter", purpose="test")
    rotated = KeyRing.parse(f"{NEW},{OLD}")
    assert rotated.open(sealed_before, purpose="test") == b"a letter"
    sealed_after = rotated.seal(b"a letter", purpose="test")
    with pytest.raises(SealBroken, match="not in the ring"):
        KeyRing.parse(OLD).open(sealed_after, purpose="test")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "key 1: an id"),
        ("nocolon", "32 octets"),
        (f"{NEW},{NEW}", "stands twice"),
        ("short:QUJD", "32 octets"),
        ("bad:!!!!", "32 octets"),
        (f"{NEW},b d:QUJD", "key 2: an id"),
    ],
)
def test_a_bad_key_ring_is_refused_without_quoting_it(text: str, says: str) -> None:
    """The message tells which key is wrong and how, and holds no key."""
    with pytest.raises(InvalidKeyRing, match=says) as refused:
        KeyRing.parse(text)
    assert "QUJD" not in str(refused.value)


def test_the_keys_are_not_shown() -> None:
    """Printing a key ring names the current id only."""
    assert "b'" not in repr(KeyRing.parse(NEW))


def test_a_derived_key_follows_from_purpose_secret_and_current_key() -> None:
    """The same again for the same; another for another of any of the three, and none is the master key."""
    first, second = bytes(32), bytes([1]) * 32
    ring = KeyRing("a", {"a": first, "b": second})
    key = ring.derive(purpose="cache", secret=b"s")
    assert key == KeyRing("a", {"a": first}).derive(purpose="cache", secret=b"s")
    others = [
        ring.derive(purpose="cache", secret=b"t"),
        ring.derive(purpose="other", secret=b"s"),
        KeyRing("b", ring.keys).derive(purpose="cache", secret=b"s"),
        first,
    ]
    assert len(key) == 32
    assert key not in others


def test_a_text_for_a_url_opens_until_its_moment() -> None:
    """Two services that share a secret read it; nobody else, nothing altered, and not for ever."""
    ring = KeyRing.of_secret("shared secret")
    token = ring.seal_until("https://a.example/é", purpose="p", until=1000)
    assert re.fullmatch(r"[\w-]+", token)
    assert (
        KeyRing.of_secret("shared secret").open_until(token, purpose="p", now=1000) == "https://a.example/é"
    )
    refused = [(token, "p", 1000.5), (token, "q", 0), (token[:-3], "p", 0), ("é", "p", 0), ("", "p", 0)]
    for bad, purpose, now in refused:
        with pytest.raises(SealBroken):
            ring.open_until(bad, purpose=purpose, now=now)
    with pytest.raises(SealBroken):
        KeyRing.of_secret("another").open_until(token, purpose="p", now=0)
