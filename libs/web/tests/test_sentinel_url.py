"""URLs of Redis behind Sentinels are read whole; a secret stays out of sight."""

import pytest

from courriel_web.redis_connection import SentinelService


def test_a_sentinel_url_is_read() -> None:
    """Hosts with their ports, the service, the database, the credential."""
    found = SentinelService.from_url("redis+sentinel://u:p%40ss@a,b:1234/state/2")
    assert found == SentinelService((("a", 26379), ("b", 1234)), "state", 2, "u", "p@ss")
    assert "p@ss" not in repr(found)


def test_one_server_needs_no_sentinel() -> None:
    """The URLs of before mean what they meant."""
    assert SentinelService.from_url("redis://:x@a:6379/0") is None


@pytest.mark.parametrize(
    "url", ["redis+sentinel://hush@/s", "redis+sentinel://:hush@a", "redis+sentinel://,/s"]
)
def test_what_is_wrong_is_told_without_the_url(url: str) -> None:
    """It may hold a password."""
    with pytest.raises(ValueError, match="a Sentinel URL") as told:
        SentinelService.from_url(url)
    assert "hush" not in str(told.value)
