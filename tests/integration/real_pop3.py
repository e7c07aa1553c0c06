"""Real POP3 servers in containers, one image each (pop3_servers/), and how their maildrops are filled.

Every account has the password PASSWORD. The images are named courriel-leger-interop/*; nothing is pulled.
"""

import io
import poplib
import smtplib
import tarfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import trustme
from testcontainers.core.container import DockerContainer
from testcontainers.core.wait_strategies import WaitStrategy, WaitStrategyTarget
from tests.integration.deployed_container import log_of
from tests.integration.images import build_image

from courriel_pop3 import Server, Tls

PASSWORD = "demo"
PROXIED_PORT = 1110
START_SECONDS = 60
_FOLDER = Path(__file__).with_name("pop3_servers")
_LMTP_PORT = 24


@dataclass(frozen=True)
class Kind:
    """A server's make. ``exclusive``: one session has the maildrop for itself, and the next is told so."""

    image: str
    environment: Mapping[str, str] = field(default_factory=dict)
    exclusive: bool = False
    by_lmtp: bool = False


KINDS = {
    "dovecot-locking": Kind("dovecot", {"LOCK_SESSION": "yes", "PENALTY": "no"}, exclusive=True),
    "dovecot": Kind("dovecot", {"LOCK_SESSION": "no", "PENALTY": "no"}),
    "cyrus": Kind("cyrus", by_lmtp=True),
    "courier": Kind("courier"),
    "mailutils": Kind("mailutils", exclusive=True),
}
WITH_PENALTY = Kind("dovecot", {"LOCK_SESSION": "no", "PENALTY": "yes"})


class RealPop3:
    """A running server."""

    def __init__(self, kind: Kind, container: DockerContainer, ca_file: Path) -> None:
        self.kind = kind
        self._container = container
        self._ca_file = ca_file

    def terms(self, *, tls: bool = False, port: int = 110) -> Server:
        """Return how to reach it: in the clear, or by STLS."""
        return Server(
            host=self._container.get_container_host_ip(),
            port=int(self._container.get_exposed_port(port)),
            tls=Tls.STARTTLS if tls else Tls.NONE,
            ca_file=self._ca_file,
        )

    def fill(self, name: str, messages: Sequence[bytes]) -> None:
        """Make an account, if it is not there, and put messages into its maildrop, in their order."""
        kept = [] if self.kind.by_lmtp else messages
        files = {
            f"{name}/{name}{len(messages)}{number:06}": message.replace(b"\r\n", b"\n")  # as they store it
            for number, message in enumerate(kept)
        }
        _put(self._container, "/incoming", {f"{name}/": b"", **files})
        done = self._container.exec(["fill", name])
        assert done.exit_code == 0, done.output
        if self.kind.by_lmtp:
            self._deliver(name, messages)

    def _deliver(self, name: str, messages: Sequence[bytes]) -> None:
        port = int(self._container.get_exposed_port(_LMTP_PORT))
        with smtplib.LMTP(self._container.get_container_host_ip(), port) as lmtp:
            for message in messages:
                lmtp.sendmail("sender@example.org", [name], message)

    def poplib(self, name: str) -> poplib.POP3:
        """Log in with the standard library's client."""
        terms = self.terms()
        client = poplib.POP3(terms.host, terms.port, timeout=30)
        client.user(name)
        client.pass_(PASSWORD)
        return client

    def maildrop(self, name: str) -> list[bytes]:
        """Return all messages of a maildrop, as the standard library's client reads them."""
        client = self.poplib(name)
        try:
            count, _ = client.stat()
            return [b"\r\n".join(client.retr(number)[1]) + b"\r\n" for number in range(1, count + 1)]
        finally:
            client.quit()


@contextmanager
def running_pop3_server(kind: Kind, ca_file: Path) -> Iterator[RealPop3]:
    """Build the image, start a container, wait until it greets; its authority is written to ``ca_file``."""
    image = f"courriel-leger-interop/{kind.image}"
    build_image(image, _FOLDER / kind.image)
    container = (
        DockerContainer(image).with_envs(**kind.environment).with_exposed_ports(110, _LMTP_PORT, PROXIED_PORT)
    )
    container.with_kwargs(init=True)
    with container:
        _put(container, "/run/tls", _certificate(container.get_container_host_ip(), ca_file))
        try:
            _Greeting().with_startup_timeout(START_SECONDS).wait_until_ready(container)
        except (RuntimeError, TimeoutError) as error:
            error.add_note(log_of(container)[-4000:])
            raise
        yield RealPop3(kind, container, ca_file)


class _Greeting(WaitStrategy):
    """Waits for +OK: a published port takes connections before the server does."""

    def wait_until_ready(self, container: WaitStrategyTarget) -> None:
        """Poll. Raises TimeoutError."""

        def greets() -> bool:
            port = int(container.get_exposed_port(110))
            with suppress(OSError, EOFError, poplib.error_proto):
                poplib.POP3(container.get_container_host_ip(), port, timeout=5).quit()
                return True
            return False

        if not self._poll(greets):
            raise TimeoutError("the POP3 server does not greet")


def _certificate(host: str, ca_file: Path) -> dict[str, bytes]:
    """Make what a server's ``start`` waits for: its certificate, known only once its address is."""
    authority = trustme.CA()
    certificate = authority.issue_cert(host)
    authority.cert_pem.write_to_path(ca_file)
    chain = certificate.cert_chain_pems[0].bytes()
    return {"cert.pem": chain, "key.pem": certificate.private_key_pem.bytes(), "ready": b""}


def _put(container: DockerContainer, folder: str, files: Mapping[str, bytes]) -> None:
    """Write files, and folders whose names end in a slash, in this order."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for name, octets in files.items():
            member = tarfile.TarInfo(name.rstrip("/"))
            member.type = tarfile.DIRTYPE if name.endswith("/") else tarfile.REGTYPE
            member.size, member.mode = len(octets), 0o755 if name.endswith("/") else 0o644
            archive.addfile(member, io.BytesIO(octets))
    container.get_wrapped_container().put_archive(folder, packed.getvalue())
