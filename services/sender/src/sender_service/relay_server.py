"""Where the SMTP relay is and how it must be reached. Opens nothing; reads a CA file for a TLS context."""

import ipaddress
import ssl
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

DEFAULT_PORTS = {"smtp": 25, "smtps": 465}


class Tls(StrEnum):
    """How the link is protected."""

    IMPLICIT = "implicit"
    """TLS from the first octet (RFC 8314 section 3.3)."""
    STARTTLS = "starttls"
    """STARTTLS (RFC 3207) or nothing: no message and no credential goes without it."""
    LOOPBACK = "loopback"
    """For this host only: STARTTLS where offered, plain where not.

    The certificate is then only verified where a CA
    file was given, since plain would do."""
    NONE = "none"
    """Plain, by somebody's express wish."""


@dataclass(frozen=True, kw_only=True)
class RelayServer:
    """The relay and the terms of talking to it; `username` "" means without authentication.

    `ca_file` (PEM) is trusted instead of the system's authorities.
    """

    host: str
    port: int
    tls: Tls = Tls.STARTTLS
    ca_file: Path | None = None
    username: str = field(default="", repr=False)
    password: str = field(default="", repr=False)

    @classmethod
    def from_url(
        cls, url: str, *, ca_file: Path | None = None, username: str = "", password: str = ""
    ) -> "RelayServer":
        """Read `smtp://[user:password@]host[:25][?tls=none]` or `smtps://[user:password@]host[:465]`.

        `username` and `password` stand in where the URL has none. Raises ValueError with what is wrong,
        without quoting the URL, which may hold a password.
        """
        parts = urlsplit(url)
        if parts.scheme not in DEFAULT_PORTS:
            raise ValueError("an SMTP URL starts with smtp:// or smtps://")
        if not parts.hostname:
            raise ValueError("an SMTP URL needs a host")
        if parts.path not in {"", "/"} or parts.fragment:
            raise ValueError("an SMTP URL has nothing after host and port but ?tls=none")
        options = parse_qsl(parts.query, keep_blank_values=True)
        if options not in ([], [("tls", "none")]) or (options and parts.scheme == "smtps"):
            raise ValueError("the only option of an SMTP URL is ?tls=none, with smtp://")
        try:
            port = parts.port or DEFAULT_PORTS[parts.scheme]
        except ValueError:
            raise ValueError("the port of the SMTP URL is no port") from None
        username = unquote(parts.username or "") or username
        password = unquote(parts.password or "") or password
        if bool(username) != bool(password):
            raise ValueError("a service account needs a name and a password")
        tls = _tls(parts.scheme, parts.hostname, plain=bool(options))
        if username and tls is Tls.NONE and not _is_loopback(parts.hostname):
            raise ValueError("a service account needs TLS: its password does not go over a plain connection")
        return cls(
            host=parts.hostname, port=port, tls=tls, ca_file=ca_file, username=username, password=password
        )

    @cached_property
    def tls_context(self) -> ssl.SSLContext:
        """TLS 1.2 at least, certificate and host name verified (but see `Tls.LOOPBACK`). Raises OSError."""
        context = ssl.create_default_context(cafile=self.ca_file)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        if self.tls is Tls.LOOPBACK and self.ca_file is None:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        return context


def _tls(scheme: str, host: str, *, plain: bool) -> Tls:
    if scheme == "smtps":
        return Tls.IMPLICIT
    if plain:
        return Tls.NONE
    return Tls.LOOPBACK if _is_loopback(host) else Tls.STARTTLS


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
