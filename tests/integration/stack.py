"""The whole product beside a real Dovecot, a real Postfix and two Redis, as containers on their own network.

Everything is reached as people and operators reach it: the gateway's public API, POP3, Redis. Each run has
passwords and keys of its own, so that a test can look for them wherever they must not be.
"""

import secrets
import ssl
from base64 import urlsafe_b64encode
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import redis
import trustme
from testcontainers.core.container import DockerContainer
from testcontainers.core.network import Network
from tests.integration.deployed_container import deployed_container, wait_until_healthy
from tests.integration.images import ROOT

DOMAIN = "demo.example"
CALLERS = ("gateway", "auth", "mailbox", "sender", "directory")
PEOPLE = ("jean.dupont", "marie.martin", "paul.durand", "imap.seulement")
STORES = ("redis-state", "redis-cache")
PUBLISHED = {"gateway": 8000, "dovecot": 110, "postfix": 25, "redis-state": 6379, "redis-cache": 6379}
ENVIRONMENT = {
    "AUTH_URL": "http://auth.services:8000",
    "MAILBOX_URL": "http://mailbox.services:8000",
    "SENDER_URL": "http://sender.services:8000",
    "DIRECTORY_URL": "http://directory.services:8000",
    "DIRECTORY_LDIF_FILE": "/srv/directory/people.ldif",
    "MAIL_DOMAIN": DOMAIN,
    "POP3_URL": "pop3://dovecot:110",
    "POP3_CA_FILE": "/run/tls/ca.pem",
    "SMTP_URL": "smtp://postfix:25",
    "SMTP_CA_FILE": "/run/tls/ca.pem",
    "LOG_LEVEL": "DEBUG",
}
DIRECTORY = ROOT / "demo/src/courriel_demo/people.ldif"
START_ORDER = (*STORES, "dovecot", "postfix", "auth", "mailbox", "sender", "worker", "directory", "gateway")


@dataclass(frozen=True)
class Stack:
    """The running product, as a test needs it; ``folder`` holds its secrets, users and certificates."""

    folder: Path
    passwords: Mapping[str, str]
    containers: Mapping[str, DockerContainer]

    def address(self, service: str) -> tuple[str, int]:
        """Return host and port at which the test reaches a published service."""
        container = self.containers[service]
        return container.get_container_host_ip(), int(container.get_exposed_port(PUBLISHED[service]))

    def trust(self) -> ssl.SSLContext:
        """Return a context that trusts the test's authority; the name is the network's, not the test's."""
        context = ssl.create_default_context(cafile=self.folder / "tls/ca.pem")
        context.check_hostname = False
        return context

    def store(self, role: str) -> redis.Redis:
        """Open one of the two Redis; the caller closes it."""
        host, port = self.address(role)
        return redis.Redis(host, port, password=_redis_password(self.folder, role))

    def secret_values(self) -> dict[str, str]:
        """Return every password and key of this run, by name."""
        keys = {file.name: file.read_text() for file in (self.folder / "secrets").iterdir()}
        return {
            **{f"password of {name}": password for name, password in self.passwords.items()},
            **{name: keys[name] for name in keys if name.endswith("_secret")},
            **{name: keys[name].partition(":")[2] for name in keys if name.endswith(("_keys", "_clients"))},
            **{f"password of {role}": _redis_password(self.folder, role) for role in STORES},
        }


@contextmanager
def running_stack(folder: Path) -> Iterator[Stack]:
    """Start everything, wait until all of it is healthy, and remove every trace of it in the end."""
    passwords = {person: secrets.token_urlsafe(18) for person in PEOPLE}
    _write_secrets(folder / "secrets")
    _write_certificates(folder / "tls")
    users = folder / "users"
    users.write_text("".join(f"{name}:{password}::::::\n" for name, password in passwords.items()))
    with ExitStack() as running:
        network = running.enter_context(_network())
        containers: dict[str, DockerContainer] = {}
        for service in START_ORDER:
            container = deployed_container(service, network, folder / "secrets", ENVIRONMENT)
            if service in PUBLISHED:
                container.with_exposed_ports(PUBLISHED[service])
            if service not in STORES:
                container.with_volume_mapping(folder / "tls", "/run/tls")
            if service == "dovecot":
                container.with_volume_mapping(users, "/etc/dovecot/users")
            if service == "directory":
                container.with_volume_mapping(DIRECTORY, ENVIRONMENT["DIRECTORY_LDIF_FILE"])
            containers[service] = running.enter_context(container)
        for container in containers.values():
            wait_until_healthy(container)
        yield Stack(folder, passwords, containers)


@contextmanager
def _network() -> Iterator[Network]:
    network = Network()
    try:
        with network:
            yield network
    finally:
        network._docker.client.close()


def _write_secrets(folder: Path) -> None:
    """Write what deploy/secrets writes, for this run alone."""
    folder.mkdir()
    values = {f"{service}_secret": secrets.token_urlsafe(32) for service in CALLERS}
    for name in ("auth_keys", "mailbox_keys", "sender_keys"):
        values[name] = "1:" + urlsafe_b64encode(secrets.token_bytes(32)).decode().rstrip("=")
    values["auth_lock_clients"] = "webmail:" + secrets.token_urlsafe(32)
    values["directory_ldap_password"] = ""
    for role in ("state", "cache"):
        password = secrets.token_urlsafe(32)
        values[f"redis_{role}_conf"] = f"requirepass {password}"
        values[f"redis_{role}_url"] = f"redis://:{password}@redis-{role}:6379/0"
    for name, value in values.items():
        (folder / name).write_text(value)


def _redis_password(folder: Path, role: str) -> str:
    return (folder / "secrets" / f"{role.replace('-', '_')}_conf").read_text().removeprefix("requirepass ")


def _write_certificates(folder: Path) -> None:
    """Make an authority, and one certificate for both mail servers."""
    folder.mkdir()
    authority = trustme.CA()
    certificate = authority.issue_cert("dovecot", "postfix")
    authority.cert_pem.write_to_path(folder / "ca.pem")
    certificate.private_key_pem.write_to_path(folder / "key.pem")
    for part in certificate.cert_chain_pems:
        part.write_to_path(folder / "cert.pem", append=True)
