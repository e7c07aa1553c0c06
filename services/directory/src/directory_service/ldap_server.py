"""Where the LDAP server is and how it must be reached. Opens nothing."""

import ipaddress
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from urllib.parse import urlsplit

DEFAULT_PORTS = {"ldap": 389, "ldaps": 636}


class Tls(StrEnum):
    """How the link is protected."""

    IMPLICIT = "implicit"
    """TLS from the first octet."""
    STARTTLS = "starttls"
    """StartTLS (RFC 4511 section 4.14) or nothing: no password and no query goes without it."""
    NONE = "none"
    """Plain: on this host, or by somebody's express wish."""


@dataclass(frozen=True, kw_only=True)
class LdapServer:
    """The server, and who reads it: `bind_dn` "" reads anonymously.

    Everything below each of `bases` that `record_filter` (RFC 4515) selects is read. `ca_file` (PEM) is
    trusted instead of the system's authorities; `seconds` is the longest silence of the server.
    """

    host: str
    port: int
    tls: Tls
    bases: tuple[str, ...]
    record_filter: str = "(mail=*)"
    bind_dn: str = ""
    password: str = field(default="", repr=False)
    ca_file: Path | None = None
    seconds: float = 10.0

    @property
    def url(self) -> str:
        """The URL that an LDAP library takes."""
        scheme = "ldaps" if self.tls is Tls.IMPLICIT else "ldap"
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{scheme}://{host}:{self.port}"


def read_ldap_url(url: str) -> tuple[str, int, Tls]:
    """Read `ldap://host[:389][?tls=none]` or `ldaps://host[:636]` into host, port and TLS.

    `ldap://` means StartTLS, except on loopback. Raises ValueError with what is wrong.
    """
    parts = urlsplit(url)
    if parts.scheme not in DEFAULT_PORTS:
        raise ValueError("an LDAP URL starts with ldap:// or ldaps://")
    if not parts.hostname or parts.username is not None:
        raise ValueError("an LDAP URL needs a host, and no account before it")
    if parts.path not in {"", "/"} or parts.fragment:
        raise ValueError("an LDAP URL has nothing after host and port but ?tls=none")
    if parts.query not in {"", "tls=none"} or (parts.query and parts.scheme == "ldaps"):
        raise ValueError("the only option of an LDAP URL is ?tls=none, with ldap://")
    try:
        port = parts.port or DEFAULT_PORTS[parts.scheme]
    except ValueError:
        raise ValueError("the port of the LDAP URL is no port") from None
    if parts.scheme == "ldaps":
        return parts.hostname, port, Tls.IMPLICIT
    plain = bool(parts.query) or _is_loopback(parts.hostname)
    return parts.hostname, port, Tls.NONE if plain else Tls.STARTTLS


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
