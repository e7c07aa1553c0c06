"""What the person who types `make demo` may choose, from the environment. Built by the entry point only.

Variables that are not named here (PORTAL, AUTH_SIGN_IN_ATTEMPTS …) reach the services as they are. A value
that cannot work is refused with a sentence, before anything is started; sentences never repeat a URL, which
may hold a password.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

DEFAULT_PORT = 8080
DEFAULT_DOMAIN = "demo.example"
_HIGHEST_PORT = 65535
_SCHEMES = {
    "POP3_URL": ("pop3", "pop3s"),
    "SMTP_URL": ("smtp", "smtps"),
    "REDIS_URL": ("redis", "rediss", "unix"),
    "LDAP_URL": ("ldap", "ldaps"),
}


class SettingsError(Exception):
    """A setting that cannot work; its text is for the person who set it."""


@dataclass(frozen=True, slots=True)
class Settings:
    """The choices: a URL that is None means the demo brings that server itself."""

    port: int = DEFAULT_PORT
    mail_domain: str = DEFAULT_DOMAIN
    pop3_url: str | None = field(default=None, repr=False)
    smtp_url: str | None = field(default=None, repr=False)
    redis_url: str | None = field(default=None, repr=False)
    ldap_url: str | None = field(default=None, repr=False)
    folder: Path = Path(".demo")

    @property
    def has_demo_mail(self) -> bool:
        """Whether the demo's own mail server, and its accounts, are used."""
        return self.pop3_url is None

    @property
    def address(self) -> str:
        """Where the pages are."""
        return f"http://127.0.0.1:{self.port}"


def read_settings(environment: Mapping[str, str]) -> Settings:
    """Read the choices from `environment`; an empty variable counts as absent. Raises SettingsError."""
    given = {name: value for name, value in environment.items() if value}
    urls = {name: _url(name, given.get(name)) for name in _SCHEMES}
    if (urls["POP3_URL"] is None) != (urls["SMTP_URL"] is None):
        named, missing = ("POP3_URL", "SMTP_URL") if urls["POP3_URL"] else ("SMTP_URL", "POP3_URL")
        raise SettingsError(
            f"{named} is set and {missing} is not: mail would be read in one place and sent in another.\n"
            f"Set both to use your servers, or neither to use the demo's."
        )
    if urls["LDAP_URL"] and not find_spec("bonsai"):
        raise SettingsError(
            "LDAP_URL needs what is compiled against libldap. On Debian: apt-get install gcc libldap2-dev "
            "libsasl2-dev,\nthen: .venv/bin/pip install --require-hashes -r requirements/ldap.txt"
        )
    return Settings(
        port=_port(given.get("PORT", str(DEFAULT_PORT))),
        mail_domain=given.get("MAIL_DOMAIN", DEFAULT_DOMAIN),
        pop3_url=urls["POP3_URL"],
        smtp_url=urls["SMTP_URL"],
        redis_url=urls["REDIS_URL"],
        ldap_url=urls["LDAP_URL"],
    )


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 0 < int(text[:6]) <= _HIGHEST_PORT):
        raise SettingsError(f"PORT must be a number from 1 to {_HIGHEST_PORT}, as in: PORT=8081 make demo")
    return int(text)


def _url(name: str, value: str | None) -> str | None:
    if value is None:
        return None
    scheme, separator, rest = value.partition("://")
    allowed = _SCHEMES[name]
    if not (separator and rest and scheme in allowed):
        raise SettingsError(f"{name} must begin with {' or '.join(f'{scheme}://' for scheme in allowed)}")
    return value
