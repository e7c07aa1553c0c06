"""A real OpenLDAP in a container, over the test's own entries, with TLS by an authority of the test's own."""

import base64
import socket
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from ipaddress import ip_network
from pathlib import Path

import docker
import trustme
from testcontainers.core.container import DockerContainer
from tests.integration.images import ROOT
from tests.integration.waiting import eventually

IMAGE = "courriel-leger-test/openldap"
SUFFIX = "dc=demo,dc=example"
ANONYMOUS_BIND = bytes.fromhex("300c020101600702010304008000")
"""A BindRequest (RFC 4511 section 4.2) without name and password."""
ACCOUNTS = {"reader": "reads everything", "limited": "reads three entries"}
"""Names and passwords of who may read."""
Record = tuple[str, dict[str, list[str]]]


@dataclass
class OpenLdap:
    """The running server; ``ca_file`` is who signed its certificate, which names this host."""

    container: DockerContainer
    ca_file: Path
    entries: Path

    def port(self, inner: int = 389) -> int:
        """Return the port of this host that leads to the container's."""
        return int(self.container.get_exposed_port(inner))

    @property
    def host(self) -> str:
        """Return where the port is."""
        return self.container.get_container_host_ip()

    def restart(self, records: Iterable[Record]) -> None:
        """End the server, and start it over other entries."""
        self.entries.write_text(ldif(records))
        wrapped = self.container.get_wrapped_container()
        wrapped.restart(timeout=1)
        wrapped.reload()
        self.wait()

    def wait(self) -> None:
        """Wait until it answers."""
        eventually("OpenLDAP answers", self._answers)

    def _answers(self) -> bool:
        try:
            with socket.create_connection((self.host, self.port()), 1) as link:
                link.settimeout(1)
                link.sendall(ANONYMOUS_BIND)
                return bool(link.recv(1))
        except OSError:
            return False


@contextmanager
def openldap(folder: Path, records: Iterable[Record]) -> Iterator[OpenLdap]:
    """Build the image where it is not there yet, run it over ``records``, remove it in the end."""
    engine = docker.from_env()
    engine.images.build(path=str(ROOT / "tests/integration/openldap"), tag=IMAGE, rm=True)
    bridge = ip_network(engine.networks.get("bridge").attrs["IPAM"]["Config"][0]["Subnet"])
    authority = trustme.CA()
    certificate = authority.issue_cert("127.0.0.1", "localhost", str(bridge[1]))
    (folder / "tls").mkdir()
    authority.cert_pem.write_to_path(folder / "tls/ca.pem")
    certificate.private_key_pem.write_to_path(folder / "tls/key.pem")
    for part in certificate.cert_chain_pems:
        part.write_to_path(folder / "tls/cert.pem", append=True)
    entries = folder / "entries.ldif"
    entries.write_text(ldif(records))
    container = (
        DockerContainer(IMAGE)
        .with_exposed_ports(389, 636)
        .with_volume_mapping(folder / "tls", "/run/tls")
        .with_volume_mapping(entries, "/srv/entries.ldif")
    )
    with container:
        server = OpenLdap(container, folder / "tls/ca.pem", entries)
        server.wait()
        yield server


def ldif(records: Iterable[Record]) -> str:
    """Write the suffix, the accounts, and the records (RFC 2849)."""
    domain = {"objectClass": ["dcObject", "organization"], "o": ["Demo"], "dc": ["demo"]}
    accounts = [
        (f"cn={name},{SUFFIX}", {"objectClass": ["person"], "sn": [name], "userPassword": [password]})
        for name, password in ACCOUNTS.items()
    ]
    branch = {"objectClass": ["organizationalUnit"]}
    branches = [(f"ou={name},{SUFFIX}", branch) for name in ("people", "services")]
    return "\n".join(_record(*record) for record in [(SUFFIX, domain), *accounts, *branches, *records])


def _record(dn: str, attributes: dict[str, list[str]]) -> str:
    lines = [f"dn:: {base64.b64encode(dn.encode()).decode()}"]
    for name, values in attributes.items():
        lines += [f"{name}:: {base64.b64encode(value.encode()).decode()}" for value in values]
    return "\n".join(lines) + "\n"
