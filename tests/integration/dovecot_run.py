"""The demo's Dovecot as a container of its own, in the clear: the demo's accounts, and their maildrops."""

import poplib
import smtplib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from testcontainers.core.container import DockerContainer
from tests.integration.deployed_container import wait_until_healthy
from tests.integration.images import COMPOSE
from tests.integration.waiting import eventually

PASSWORD = "demo"
POP3, LMTP = 110, 24


@dataclass(frozen=True)
class Dovecot:
    """Where it answers."""

    host: str
    pop3: int
    lmtp: int

    @property
    def url(self) -> str:
        """POP3_URL of the services."""
        return f"pop3://{self.host}:{self.pop3}?tls=none"

    def deliver(self, mailbox: str, *subjects: str) -> None:
        """Put messages into a maildrop."""
        with smtplib.LMTP(self.host, self.lmtp) as lmtp:
            for subject in subjects:
                message = f"From: a@demo.example\r\nSubject: {subject}\r\n\r\nBonjour\r\n"
                lmtp.sendmail("a@demo.example", [f"{mailbox}@demo.example"], message)

    def subjects(self, mailbox: str) -> list[str]:
        """Read what is in a maildrop, as a desktop client does; waits while somebody holds it."""
        return eventually(f"{mailbox} is free", lambda: self._read(mailbox))[1:]

    def _read(self, mailbox: str) -> list[str] | None:
        """Return ["", subject, …]; None where the maildrop is in use (RFC 2449 section 8.1.2)."""
        pop = poplib.POP3(self.host, self.pop3, timeout=30)
        try:
            pop.user(mailbox)
            pop.pass_(PASSWORD)
            lines = [pop.top(number + 1, 0)[1] for number in range(pop.stat()[0])]
        except poplib.error_proto as refusal:
            if b"[IN-USE]" in refusal.args[0]:
                return None
            raise
        finally:
            with suppress(poplib.error_proto):
                pop.quit()
        heads = [dict(line.decode().split(": ", 1) for line in head if b": " in line) for head in lines]
        return ["", *(head["Subject"] for head in heads)]


@contextmanager
def running_dovecot() -> Iterator[Dovecot]:
    """Start it, and remove it in the end."""
    container = DockerContainer(COMPOSE["services"]["dovecot"]["image"]).with_exposed_ports(POP3, LMTP)
    with container as running:
        wait_until_healthy(running)
        yield Dovecot(
            host=running.get_container_host_ip(),
            pop3=int(running.get_exposed_port(POP3)),
            lmtp=int(running.get_exposed_port(LMTP)),
        )
