"""The sender's settings, for its API and its workers alike. Built by `main.py` and `worker.py` only."""

from pathlib import Path
from typing import Annotated, Self

from pydantic import AfterValidator, Field, SecretStr, model_validator

from courriel_seal import KeyRing
from courriel_web.redis_connection import SentinelService
from courriel_web.settings import ServiceSettings
from sender_service.limits import Limits
from sender_service.rates import Rates
from sender_service.relay_server import RelayServer


def _is_key_ring(text: SecretStr) -> SecretStr:
    KeyRing.parse(text.get_secret_value())
    return text


def _is_redis_url(url: SecretStr) -> SecretStr:
    SentinelService.from_url(url.get_secret_value())
    return url


DAY_TIMES = 10


def _listed(text: str) -> tuple[str, ...]:
    """Return the items of a comma-separated list, in lower case, without leading dots."""
    return tuple(item for each in text.split(",") if (item := each.strip().lower().lstrip(".")))


class Settings(ServiceSettings):
    """Frozen; a docstring under each field is its line in docs/configuration.md."""

    redis_state_url: Annotated[SecretStr, AfterValidator(_is_redis_url)]
    """Redis for what must survive: outbox, uploads and queue: `redis://`, `rediss://`, or
    `redis+sentinel://[user:password@]host[:26379],host…/service[/db]`."""
    redis_state_replicas: Annotated[int, Field(ge=0, le=10)] = 0
    """Replicas of that Redis that must have a message on disk (WAITAOF) before it is accepted."""
    auth_url: str = "http://127.0.0.1:8101"
    """Where the auth service answers."""
    sender_secret: SecretStr
    """Our service credential towards auth."""
    sender_keys: Annotated[SecretStr, AfterValidator(_is_key_ring)]
    """Keys that seal messages and uploads.

    `id:base64url-of-32-octets`, comma-separated, the current first.
    """
    mail_domain: Annotated[str, Field(min_length=1, max_length=253, pattern=r"^[A-Za-z0-9.-]+$")]
    """The domain of Message-ID."""
    smtp_url: SecretStr
    """The relay: `smtp://host[:25]` (STARTTLS required, except on loopback or with `?tls=none`) or
    `smtps://host[:465]`; a service account may stand before the host. Several, comma-separated: the next is
    asked where one is away."""
    smtp_connections: Annotated[int, Field(ge=1, le=1000)] = 8
    """Connections to one relay at one time, of one worker process."""
    smtp_reply_seconds: Annotated[float, Field(gt=0)] = 300
    """How long a relay may think about a command; twice as long about a message (RFC 5321, 4.5.3.2)."""
    smtp_ca_file: Path | None = None
    """Authorities (PEM) that sign the relay's certificate, instead of the system's."""
    smtp_username: str = ""
    """Service account at the relay, where it does not stand in SMTP_URL."""
    smtp_password: SecretStr = SecretStr("")
    """Password of the service account."""
    sender_max_recipients: Annotated[int, Field(ge=1, le=1000)] = 20
    """Unique recipients of a message, over To, Cc and Bcc."""
    sender_max_message_bytes: Annotated[int, Field(ge=1024, le=256 * 1024**2)] = 25 * 1024**2
    """Octets of the encoded message."""
    sender_max_attachment_bytes: Annotated[int, Field(ge=1, le=256 * 1024**2)] = 18 * 1024**2
    """Octets of one attachment; encoding adds 37 %, so the default is what fits into the default message."""
    sender_max_attachments: Annotated[int, Field(ge=0, le=100)] = 50
    """Attachments of a message."""
    sender_messages_per_hour: Annotated[int, Field(ge=1)] = 100
    """Messages a mailbox may send in any hour."""
    sender_messages_per_day: Annotated[int, Field(ge=0)] = 0
    """Messages a mailbox may send in any 24 hours; 0: ten times what it may in an hour."""
    sender_recipients_per_hour: Annotated[int, Field(ge=0)] = 0
    """Recipients of the messages a mailbox sends in any hour; 0: as many as that many messages can have."""
    sender_recipients_per_day: Annotated[int, Field(ge=0)] = 0
    """Recipients of the messages a mailbox sends in any 24 hours; 0: as many as those can have."""
    sender_forbidden_file_types: str = ""
    """Extensions (`exe,js`) or media types of files nobody may send, comma-separated."""
    sender_forbidden_domains: str = ""
    """Domains nobody may write to, with their subdomains, comma-separated."""
    sender_allowed_domains: str = ""
    """The only domains people may write to, with their subdomains, comma-separated; empty: all."""
    sender_retry_window_seconds: Annotated[float, Field(ge=0)] = 14_400
    """How long temporary failures are retried."""
    sender_retry_first_seconds: Annotated[float, Field(gt=0)] = 15
    """The first pause between two attempts; it doubles up to 15 minutes."""
    sender_upload_seconds: Annotated[int, Field(ge=60)] = 86_400
    """How long an upload waits for its message."""
    sender_upload_quota_bytes: Annotated[int, Field(ge=1)] = 100 * 1024**2
    """Octets of waiting uploads a mailbox may have."""

    @model_validator(mode="after")
    def _relay_is_usable(self) -> Self:
        self.relays()
        return self

    def limits(self) -> Limits:
        """Return what one message may be."""
        return Limits(
            recipients=self.sender_max_recipients,
            message_octets=self.sender_max_message_bytes,
            attachments=self.sender_max_attachments,
            attachment_octets=self.sender_max_attachment_bytes,
            forbidden_file_types=_listed(self.sender_forbidden_file_types),
            forbidden_domains=_listed(self.sender_forbidden_domains),
            allowed_domains=_listed(self.sender_allowed_domains),
        )

    def rates(self) -> Rates:
        """Return how much a mailbox may send."""
        hour = self.sender_messages_per_hour
        day = self.sender_messages_per_day or DAY_TIMES * hour
        return Rates(
            messages_per_hour=hour,
            messages_per_day=day,
            recipients_per_hour=self.sender_recipients_per_hour or hour * self.sender_max_recipients,
            recipients_per_day=self.sender_recipients_per_day or day * self.sender_max_recipients,
        )

    def relays(self) -> tuple[RelayServer, ...]:
        """Return the relays the SMTP settings describe, the preferred first. Raises ValueError."""
        return tuple(
            RelayServer.from_url(
                url.strip(),
                ca_file=self.smtp_ca_file,
                username=self.smtp_username,
                password=self.smtp_password.get_secret_value(),
            )
            for url in self.smtp_url.get_secret_value().split(",")
        )
