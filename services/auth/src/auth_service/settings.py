"""What can be configured. Times are in seconds."""

import re
from typing import Annotated, Self

from pydantic import AfterValidator, Field, SecretStr, model_validator
from pydantic_settings import SettingsConfigDict

from auth_service.lock_clients import parse_lock_clients
from courriel_seal import InvalidKeyRing, KeyRing
from courriel_web.settings import ServiceSettings


def _key_ring(text: SecretStr) -> SecretStr:
    try:
        KeyRing.parse(text.get_secret_value())
    except InvalidKeyRing as error:
        raise ValueError(str(error)) from None
    return text


def _redis_url(url: SecretStr) -> SecretStr:
    if not re.fullmatch(r"(rediss?|redis\+sentinel|unix)://\S+", url.get_secret_value()):
        raise ValueError("a Redis URL starts with redis://, rediss://, redis+sentinel:// or unix://")
    return url


def _without_at(domain: str) -> str:
    if "@" in domain or domain != domain.strip():
        raise ValueError("a domain alone is needed, such as ministere.example")
    return domain


def _regular_expression(text: str) -> str:
    try:
        re.compile(text)
    except re.error as error:
        raise ValueError(f"no regular expression: {error.msg} at position {error.pos}") from None
    return text


def _lock_clients(text: SecretStr) -> SecretStr:
    parse_lock_clients(text)
    return text


Secret = Annotated[SecretStr, Field(min_length=16)]
HttpUrl = Annotated[str, Field(pattern=r"^https?://[^/\s]+$")]


class Settings(ServiceSettings):
    """The settings of auth."""

    model_config = SettingsConfigDict(use_attribute_docstrings=True)

    redis_state_url: Annotated[SecretStr, AfterValidator(_redis_url)]
    """Redis of role state (7 or later, `appendfsync always`, `noeviction`): sessions, locks, attempts. It may
    hold a password."""
    mail_domain: Annotated[str, Field(min_length=1, max_length=255), AfterValidator(_without_at)]
    """Domain of the mailboxes; people may type their full address, and it is stripped."""
    mailbox_url: HttpUrl
    """Base URL of the mailbox service, which proves passwords."""
    auth_secret: Secret
    """This service's own secret, by which mailbox knows it."""
    gateway_secret: Secret
    """The gateway's secret: it signs people in and out."""
    mailbox_secret: Secret
    """The mailbox service's secret: it introspects and asks for credentials."""
    sender_secret: Secret
    """The sender's secret: it introspects."""
    directory_secret: Secret
    """The directory service's secret: it introspects."""
    auth_keys: Annotated[SecretStr, AfterValidator(_key_ring)]
    """Key ring `id:base64url-of-32-octets`, comma-separated, the current key first; an old one may go
    AUTH_ABSOLUTE_SECONDS after it ceased to be the current one."""
    auth_idle_seconds: Annotated[int, Field(ge=1)] = 1800
    """A session of a personal mailbox ends after this long without activity."""
    auth_functional_idle_seconds: Annotated[int, Field(ge=1)] = 600
    """A session of a functional mailbox ends after this long without activity."""
    auth_functional_mailboxes: Annotated[str, AfterValidator(_regular_expression)] = "^balf-"
    """Regular expression that is found in the names of functional mailboxes (lower case, without the domain)
    and in no other; `(?!)` where there are none."""
    auth_absolute_seconds: Annotated[int, Field(ge=1)] = 36_000
    """A session ends this long after its sign-in, whatever happens."""
    auth_sign_in_attempts: Annotated[int, Field(ge=1)] = 10
    """Failed sign-ins in a window, by user name and by client address, after which none is tried any more."""
    auth_sign_in_window_seconds: Annotated[int, Field(ge=1)] = 600
    """Length of that window."""
    auth_refusal_seconds: Annotated[float, Field(ge=0, le=30)] = 2.5
    """What every refusal takes, so that its cause cannot be told by its time; must be above the mail server's
    own delay (Dovecot's is 2)."""
    auth_takeover: bool = True
    """Whether who proved the password may close the session that holds the mailbox, here or in another
    webmail."""
    auth_lock_clients: Annotated[SecretStr, AfterValidator(_lock_clients)] | None = None
    """Other webmails that may use the lock API: `name:secret`, comma-separated, each secret of at least 16
    characters; people are told the name where such a webmail has their mailbox open."""

    @model_validator(mode="after")
    def _idle_within_absolute(self) -> Self:
        for name in ("auth_idle_seconds", "auth_functional_idle_seconds"):
            if getattr(self, name) > self.auth_absolute_seconds:
                raise ValueError(f"{name.upper()} must not be greater than AUTH_ABSOLUTE_SECONDS")
        return self
