"""What can be configured. Times are in seconds, sizes in octets."""

import re
from pathlib import Path
from typing import Annotated, Self

from pydantic import AfterValidator, Field, SecretStr, model_validator
from pydantic_settings import SettingsConfigDict

from courriel_pop3 import Forwarding, Server
from courriel_seal import KeyRing
from courriel_web.settings import ServiceSettings

Secret = Annotated[SecretStr, Field(min_length=16)]
HttpUrl = Annotated[str, Field(pattern=r"^https?://[^/\s]+$")]
Seconds = Annotated[float, Field(gt=0)]


def _redis_url(url: SecretStr) -> SecretStr:
    if not re.fullmatch(r"(rediss?|redis\+sentinel|unix)://\S+", url.get_secret_value()):
        raise ValueError("a Redis URL starts with redis://, rediss://, redis+sentinel:// or unix://")
    return url


def _key_ring(text: SecretStr) -> SecretStr:
    KeyRing.parse(text.get_secret_value())
    return text


RedisUrl = Annotated[SecretStr, AfterValidator(_redis_url)]


def _pop3_url(url: str) -> str:
    Server.from_url(url)
    return url


class Settings(ServiceSettings):
    """The settings of mailbox."""

    model_config = SettingsConfigDict(use_attribute_docstrings=True)

    pop3_url: Annotated[str, AfterValidator(_pop3_url)]
    """The POP3 server: `pop3://host[:110]` (TLS by STLS, required except on loopback or with `?tls=none`) or
    `pop3s://host[:995]`."""
    pop3_ca_file: Path | None = None
    """Authorities (PEM) that sign the POP3 server's certificate, instead of the system's."""
    pop3_client_address: Forwarding = Forwarding.NONE
    """How the POP3 server is told the person's address: `proxy` (a PROXY protocol header, version 2),
    `xclient` (the XCLIENT command), or `none`. The server must trust this service for it."""
    pop3_connect_seconds: Seconds = 10.0
    """For the connection to the POP3 server, and again for its TLS handshake."""
    pop3_reply_seconds: Seconds = 18.0
    """The longest silence of the POP3 server while it owes an answer."""
    redis_state_url: RedisUrl
    """Redis of role state: held deletions, seen marks and settings. It may hold a password."""
    redis_cache_url: RedisUrl
    """Redis of role cache (`allkeys-lru`): inline images, and what was read of mailboxes, sealed. It may hold
    a password."""
    auth_url: HttpUrl
    """Base URL of the auth service, which introspects tokens."""
    mailbox_secret: Secret
    """This service's own secret, by which auth knows it."""
    auth_secret: Secret
    """The auth service's secret: it opens and closes sessions."""
    gateway_secret: Secret
    """The gateway's secret: it fetches inline images."""
    mailbox_keys: Annotated[SecretStr, AfterValidator(_key_ring)]
    """Key ring that seals people's settings: `id:base64url-of-32-octets`, comma-separated, the current key
    first. What was sealed under a key that is taken away is lost: its mailbox has the defaults again."""
    mailbox_snapshot_seconds: Annotated[float, Field(ge=0)] = 3.0
    """A refresh asks the server anew unless it was asked less than this long ago."""
    mailbox_idle_seconds: Seconds = 5.0
    """A POP3 connection ends when it was not used for this long."""
    mailbox_connection_seconds: Seconds = 30.0
    """A mailbox is held this long at most, by connections in use or one after the other, so that desktop
    clients get at their mail."""
    mailbox_gap_seconds: Annotated[float, Field(ge=0)] = 2.0
    """A mailbox that was held that long is left alone for this long."""
    mailbox_in_use_seconds: Annotated[float, Field(ge=0)] = 5.0
    """How long a maildrop that another client holds is tried again."""
    mailbox_poll_seconds: Annotated[float, Field(ge=1)] = 15.0
    """How often the maildrop of a session with an open event stream is looked at, as long as mail comes."""
    mailbox_quiet_poll_seconds: Annotated[float, Field(ge=1)] = 120.0
    """The same while nothing comes: polls slow down up to this."""
    mailbox_abandoned_seconds: Seconds = 60.0
    """A session whose last event stream closed is ended when nothing is heard of it for this long."""
    mailbox_parse_seconds: Seconds = 10.0
    """What taking one message apart may take; its process is killed then."""
    mailbox_parse_workers: Annotated[int, Field(ge=1, le=64)] = 2
    """Processes that take messages apart."""
    mailbox_max_message_bytes: Annotated[int, Field(ge=1024)] = 64 * 1024 * 1024
    """Largest message that is opened; of a larger one only the header is shown."""

    mailbox_cache_bytes: Annotated[int, Field(ge=65_536)] = 16 * 1024 * 1024
    """Of one mailbox, the most that the cache keeps of summaries, and again of messages; the `maxmemory` of
    that Redis bounds all together."""

    @model_validator(mode="after")
    def _idle_within_connection(self) -> Self:
        if self.mailbox_idle_seconds > self.mailbox_connection_seconds:
            raise ValueError("MAILBOX_IDLE_SECONDS must not be greater than MAILBOX_CONNECTION_SECONDS")
        return self
