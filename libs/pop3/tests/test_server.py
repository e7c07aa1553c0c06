"""URLs of servers: what they mean, and what is wrong with the others."""

import ssl
from pathlib import Path

import pytest

from courriel_pop3 import Server, Tls


@pytest.mark.parametrize(
    ("url", "host", "port", "tls"),
    [
        ("pop3://pop.example.org", "pop.example.org", 110, Tls.STARTTLS),
        ("pop3://pop.example.org:1110/", "pop.example.org", 1110, Tls.STARTTLS),
        ("pop3://10.0.0.1", "10.0.0.1", 110, Tls.STARTTLS),
        ("pop3://localhost.example.org", "localhost.example.org", 110, Tls.STARTTLS),
        ("pop3://pop.example.org?tls=none", "pop.example.org", 110, Tls.NONE),
        ("pop3://127.0.0.1:2110", "127.0.0.1", 2110, Tls.LOOPBACK),
        ("pop3://localhost", "localhost", 110, Tls.LOOPBACK),
        ("pop3://[::1]:2110", "::1", 2110, Tls.LOOPBACK),
        ("pop3://127.0.0.1?tls=none", "127.0.0.1", 110, Tls.NONE),
        ("pop3s://pop.example.org", "pop.example.org", 995, Tls.IMPLICIT),
        ("pop3s://127.0.0.1:2995", "127.0.0.1", 2995, Tls.IMPLICIT),
    ],
)
def test_url(url: str, host: str, port: int, tls: Tls) -> None:
    """A URL says host, port and how the link is protected."""
    server = Server.from_url(url, ca_file=Path("ca.pem"))
    assert (server.host, server.port, server.tls, server.ca_file) == (host, port, tls, Path("ca.pem"))


@pytest.mark.parametrize(
    "url",
    [
        "",
        "pop.example.org",
        "imap://pop.example.org",
        "pop3://",
        "pop3://jean:sesame@pop.example.org",
        "pop3://pop.example.org/sesame",
        "pop3://pop.example.org?tls=maybe",
        "pop3://pop.example.org?verify=no",
        "pop3://pop.example.org?tls=none&tls=none",
        "pop3s://pop.example.org?tls=none",
        "pop3://jean:sesame",
        "pop3://[::1",
        "pop3://pop.example.org:99999",
        "pop3://pop.example.org#sesame",
    ],
)
def test_bad_url(url: str) -> None:
    """What is no POP3 URL is refused with a reason that repeats no secret."""
    with pytest.raises(ValueError, match=r".") as caught:
        Server.from_url(url)
    assert "sesame" not in str(caught.value)


@pytest.mark.parametrize("tls", [Tls.IMPLICIT, Tls.STARTTLS])
def test_tls_terms(tls: Tls) -> None:
    """Certificates and host names are verified, TLS is 1.2 at least."""
    context = Server(host="h", port=1, tls=tls).tls_context()
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname
    assert context.minimum_version >= ssl.TLSVersion.TLSv1_2
