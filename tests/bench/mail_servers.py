"""A real Dovecot with the maildrops to be measured, and a real Postfix that delivers to it, in containers.

They are the images of deploy/demo-mail, run as docker-compose.yml says, without TLS: both sides of the
comparison speak to the same server, and neither pays for encryption. Nothing is pulled here.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import docker
from docker.errors import DockerException
from testcontainers.core.network import Network
from tests.bench.mailboxes import DOMAIN, PASSWORD, Mailbox, archive
from tests.integration.deployed_container import deployed_container, wait_until_healthy
from tests.integration.images import COMPOSE, ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from testcontainers.core.container import DockerContainer


BASE_IMAGE = "debian:bookworm-slim"


class NoContainersError(Exception):
    """No container engine answers; the text is for the person who typed `make bench`."""


@dataclass(frozen=True, slots=True)
class MailServers:
    """The addresses of the containers on the engine's own network."""

    dovecot: str
    postfix: str


@contextmanager
def running_mail_servers(folder: Path, mailboxes: tuple[Mailbox, ...]) -> Iterator[MailServers]:
    """Start both servers, fill the maildrops, and remove every trace in the end. Raises NoContainersError.

    `folder` gets the file of the accounts.
    """
    _build_images()
    users = folder / "users"
    users.write_text("".join(f"{mailbox.name}:{PASSWORD}::::::\n" for mailbox in mailboxes))
    with Network() as network:
        environment = {"MAIL_DOMAIN": DOMAIN}
        dovecot = deployed_container("dovecot", network, folder, environment)
        dovecot.with_volume_mapping(users, "/etc/dovecot/users")
        with dovecot, deployed_container("postfix", network, folder, environment) as postfix:
            for container in (dovecot, postfix):
                wait_until_healthy(container)
            _fill(dovecot, mailboxes)
            yield MailServers(_address(dovecot, network), _address(postfix, network))


def _build_images() -> None:
    try:
        client = docker.from_env()
        client.ping()
    except DockerException as error:
        raise NoContainersError(
            "No container engine answers (docker): the bench needs one for its Dovecot and Postfix."
        ) from error
    try:
        if not client.images.list(BASE_IMAGE) and os.geteuid() == 0 and shutil.which("debootstrap"):
            # nothing is here yet, and perhaps nothing can be pulled: make the stand-ins
            subprocess.run([ROOT / "deploy/airgap/build"], check=True, stdout=sys.stderr)  # noqa: S603 — our own script
        for service in ("dovecot", "postfix"):
            described = COMPOSE["services"][service]
            client.images.build(path=str(ROOT / described["build"]), tag=described["image"], rm=True)
    finally:
        client.close()


def _fill(dovecot: DockerContainer, mailboxes: tuple[Mailbox, ...]) -> None:
    dovecot.get_wrapped_container().put_archive("/srv/mail", archive(mailboxes))
    for mailbox in mailboxes:
        index = dovecot.exec(["doveadm", "index", "-u", mailbox.name, "INBOX"])
        if index.exit_code:
            raise RuntimeError(f"the maildrop {mailbox.name} cannot be filled: {index.output!r}")


def _address(container: DockerContainer, network: Network) -> str:
    """Return the container's own address: a published port would add a proxy's time to both sides."""
    wrapped = container.get_wrapped_container()
    wrapped.reload()
    address: str = wrapped.attrs["NetworkSettings"]["Networks"][network.name]["IPAddress"]
    return address
