"""Where a POP3 server is and how it must be reached. Opens nothing; reads a CA file for a TLS context."""

import ipaddress
import ssl
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import Final
from urllib.parse import parse_qsl, urlsplit

from courriel_pop3._forwarding import Forwarding
from courriel_pop3._limits import Limits

POP3_PORT: Final = 110
POP3S_PORT: Final = 995


class Tls(StrEnum):
    """How the link is protected."""

    IMPLICIT = "implicit"
    """TLS from the first octet (RFC 8314 §3.3)."""
    STARTTLS = "starttls"
    """STLS or nothing: no other command goes before it."""
    LOOPBACK = "loopback"
    """For this host only: STLS where offered, plain where not. Since plain will do, so will any certificate,
    unless a CA file was given: then the certificate is verified as everywhere."""
    NONE = "none"
    """Plain, by somebody's express wish."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A server and the terms of talking to it. Time-outs in seconds.

    `ca_file` (PEM) is trusted instead of the system's authorities; it is read once a process.
    """

    host: str
    port: int
    tls: Tls = Tls.STARTTLS
    ca_file: Path | None = None
    connect_timeout: float = 10.0
    """For name look-up and connection, and again for the TLS handshake."""
    reply_timeout: float = 30.0
    """For the server to go on with an answer: the longest silence while one is owed, and all the time that a
    slow drip is given beyond what `Limits` grants for answers and octets."""
    forwarding: Forwarding = Forwarding.NONE
    """How the server is told whom a session is for."""
    pipelining: bool = True
    """Whether PIPELINING is believed where it is announced."""
    limits: Limits = field(default_factory=Limits)

    @classmethod
    def from_url(cls, url: str, *, ca_file: Path | None = None) -> "Server":
        """Read `pop3://host[:110]` or `pop3s://host[:995]`.

        `pop3://` means STLS is required, except on loopback (see `Tls.LOOPBACK`) and with `?tls=none`.
        Raises ValueError with what is wrong, without quoting the URL, which might hold a password.
        """
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError:
            raise ValueError("a POP3 URL has a host name or address, and a port from 1 to 65535") from None
        if parts.scheme not in {"pop3", "pop3s"}:
            raise ValueError("a POP3 URL starts with pop3:// or pop3s://")
        if parts.username is not None or parts.password is not None:
            raise ValueError("a POP3 URL holds no user name and no password")
        if not parts.hostname:
            raise ValueError("a POP3 URL needs a host")
        if parts.path not in {"", "/"} or parts.fragment:
            raise ValueError("a POP3 URL has nothing after host and port but ?tls=none")
        options = parse_qsl(parts.query, keep_blank_values=True)
        if options not in ([], [("tls", "none")]) or (options and parts.scheme == "pop3s"):
            raise ValueError("the only option of a POP3 URL is ?tls=none, with pop3://")
        if parts.scheme == "pop3s":
            tls = Tls.IMPLICIT
        elif options:
            tls = Tls.NONE
        else:
            tls = Tls.LOOPBACK if _is_loopback(parts.hostname) else Tls.STARTTLS
        default = POP3S_PORT if tls is Tls.IMPLICIT else POP3_PORT
        return cls(host=parts.hostname, port=port or default, tls=tls, ca_file=ca_file)

    def tls_context(self) -> ssl.SSLContext:
        """Return the TLS terms: 1.2 at least, certificate and host name verified (but see `Tls.LOOPBACK`).

        Raises OSError or ssl.SSLError where the CA file cannot be read or holds no certificate.
        """
        return _tls_context(self.ca_file, verify=self.tls is not Tls.LOOPBACK or self.ca_file is not None)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


@lru_cache(maxsize=16)
def _tls_context(ca_file: Path | None, *, verify: bool) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=ca_file)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if not verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context
