"""The gateway's settings. Built by ``main.py`` only; docs/configuration.md lists them."""

from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Annotated
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import NoDecode

from courriel_web.settings import ServiceSettings

Network = IPv4Network | IPv6Network


class Settings(ServiceSettings):
    """Everything that the gateway reads from its environment."""

    auth_url: str = "http://auth:8000"
    """Where the auth service is."""

    mailbox_url: str = "http://mailbox:8000"
    """Where the mailbox service is; its host name may resolve to several replicas."""

    sender_url: str = "http://sender:8000"
    """Where the sender service is."""

    directory_url: str = "http://directory:8000"
    """Where the directory service is."""

    gateway_secret: SecretStr
    """What proves to the other services that the gateway calls."""

    public_url: str = ""
    """The address people type, such as ``https://courriel.example``. With https, cookies are ``Secure``.
    Empty: whatever address each request names."""

    trusted_proxies: Annotated[tuple[Network, ...], NoDecode] = ()
    """Networks, separated by commas, whose ``X-Forwarded-For`` is believed (CIDR). Empty: nobody's."""

    webmail_url: str = ""
    """Where IMAP mailboxes are read; the sign-in page links to it. Empty: it is named without a link."""

    time_zone: str = "Europe/Paris"
    """The zone in which pages show dates (IANA name)."""

    messages_per_page: Annotated[int, Field(ge=5, le=100)] = 25
    """Lines of the list on one page."""

    mailbox_delete_hold_seconds: Annotated[int, Field(ge=0, le=80)] = 8
    """How long pages hold a deletion so that it can be undone, in seconds; 0 deletes at once."""

    sender_max_recipients: Annotated[int, Field(ge=1)] = 20
    """The limit of unique recipients that the writing page tells; sender enforces it."""

    sender_max_message_bytes: Annotated[int, Field(ge=1024)] = 25 * 1024 * 1024
    """The limit of a message that the writing page tells, in octets; sender enforces it. Requests that carry
    attachments may be twice as large, `POST /api/outbox` 8 MiB, others 1 MiB."""

    remote_images: bool = True
    """Whether people may ask for images that a message has elsewhere. The gateway fetches them, and needs a
    way to ports 80 and 443 of the Internet for that, to nothing else."""

    authserv_id: str = ""
    """The receiving mail server's name in Authentication-Results (RFC 8601), where it takes away such fields
    that come with a message. Empty: the fields are not believed, and nobody counts as a known sender."""

    @field_validator("trusted_proxies", mode="before")
    @classmethod
    def _networks(cls, given: object) -> object:
        if not isinstance(given, str):
            return given
        try:
            return tuple(ip_network(each.strip()) for each in given.split(",") if each.strip())
        except ValueError as error:
            raise ValueError("TRUSTED_PROXIES: networks such as 10.0.0.0/8, separated by commas") from error

    @field_validator("public_url")
    @classmethod
    def _origin(cls, given: str) -> str:
        url = urlsplit(given)
        if given and (url.scheme not in ("http", "https") or not url.netloc or url.path.strip("/")):
            raise ValueError("PUBLIC_URL: scheme and host only, such as https://courriel.example")
        return given.rstrip("/")

    @field_validator("webmail_url")
    @classmethod
    def _web_address(cls, given: str) -> str:
        if given and not given.startswith(("https://", "http://")):
            raise ValueError("WEBMAIL_URL: an http or https address")
        return given

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, given: str) -> str:
        try:
            ZoneInfo(given)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise ValueError("TIME_ZONE: an IANA name such as Europe/Paris") from error
        return given

    @property
    def secure(self) -> bool:
        """Whether people reach us by https."""
        return self.public_url.startswith("https://")

    @property
    def max_upload_octets(self) -> int:
        """The limit of a request that carries attachments."""
        return 2 * self.sender_max_message_bytes
