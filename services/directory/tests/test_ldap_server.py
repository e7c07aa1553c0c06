"""An LDAP URL says where and how safely; each bad one is told."""

import pytest

from directory_service.ldap_server import LdapServer, Tls, read_ldap_url


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("ldap://ldap.example", ("ldap.example", 389, Tls.STARTTLS)),
        ("ldap://ldap.example:10389/", ("ldap.example", 10389, Tls.STARTTLS)),
        ("ldap://ldap.example?tls=none", ("ldap.example", 389, Tls.NONE)),
        ("ldap://127.0.0.1", ("127.0.0.1", 389, Tls.NONE)),
        ("ldap://localhost", ("localhost", 389, Tls.NONE)),
        ("ldap://[::1]:3890", ("::1", 3890, Tls.NONE)),
        ("ldaps://ldap.example", ("ldap.example", 636, Tls.IMPLICIT)),
    ],
)
def test_host_port_and_tls(url: str, expected: tuple[str, int, Tls]) -> None:
    """StartTLS unless the host is this one, or somebody wishes otherwise."""
    assert read_ldap_url(url) == expected


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("http://ldap.example", "starts with ldap://"),
        ("ldap.example:389", "starts with ldap://"),
        ("ldap://", "needs a host"),
        ("ldap://hush:hush@ldap.example", "no account before it"),
        ("ldap://ldap.example/dc=example", "nothing after host and port"),
        ("ldap://ldap.example?tls=maybe", "only option"),
        ("ldaps://ldap.example?tls=none", "only option"),
        ("ldap://ldap.example:no", "no port"),
        ("ldap://ldap.example:65536", "no port"),
    ],
)
def test_a_bad_url_is_told(url: str, message: str) -> None:
    """Without quoting it: it may hold a password."""
    with pytest.raises(ValueError, match=message) as refused:
        read_ldap_url(url)
    assert "hush" not in str(refused.value)


def test_the_librarys_url_and_a_quiet_repr() -> None:
    """IPv6 in brackets; the password stands in no repr."""
    server = LdapServer(host="::1", port=3890, tls=Tls.NONE, bases=("dc=x",), bind_dn="cn=x", password="hush")
    assert server.url == "ldap://[::1]:3890"
    assert LdapServer(host="a", port=636, tls=Tls.IMPLICIT, bases=("dc=x",)).url == "ldaps://a:636"
    assert "hush" not in repr(server)
