"""The product on this machine, run by the demo's supervisor against the bench's mail servers, and its API.

It is reached as an integrator reaches it: the gateway's public API, HTTP/1.1, one connection kept open. The
one look behind it is at its two Valkey, to empty the cache and to time a durable write.
"""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import redis
from tests.bench.floor import PER_PAGE
from tests.bench.mailboxes import DOMAIN, PASSWORD

from courriel_demo.ports import HOST, free_ports

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from tests.bench.mail_servers import MailServers

SETTINGS = {
    "MAILBOX_SNAPSHOT_SECONDS": "0",  # else a refresh within 3 s of the last one would cost nothing
    "SENDER_MESSAGES_PER_HOUR": "100000",
}
"""What differs from the defaults."""
_TIMEOUT_SECONDS = 30.0
_END_SECONDS = 15.0
_POLL_SECONDS = 0.05
_STILL_POLLS = 4
"""So often the index must be found as it was."""


class ProductError(Exception):
    """The product did not start, or refused what the bench asked."""


@dataclass(frozen=True, slots=True)
class Product:
    """A running product; `folder` is where its processes work."""

    folder: Path
    port: int

    def store(self, role: str) -> redis.Redis:
        """Open the Valkey of a role, `state` or `cache`; the caller closes it."""
        lines = (self.folder / f".demo/valkey/{role}.conf").read_text().splitlines()
        options = dict(line.partition(" ")[::2] for line in lines)
        return redis.Redis(HOST, int(options["port"]), password=options["requirepass"])

    def forget(self) -> None:
        """Empty the cache, so that what follows is cold."""
        with self.store("cache") as cache:
            cache.flushall()


@contextmanager
def running_product(folder: Path, servers: MailServers, pop3: str) -> Iterator[Product]:
    """Start the product in `folder`, its POP3 server at `pop3` (host:port); end it. Raises ProductError."""
    (port,) = free_ports(1)
    known = {name: value for name, value in os.environ.items() if not name.endswith("_URL")}
    urls = {
        "POP3_URL": f"pop3://{pop3}?tls=none",
        "SMTP_URL": f"smtp://{servers.postfix}:25?tls=none",
    }
    folder.mkdir(exist_ok=True)
    process = subprocess.Popen(
        [sys.executable, "-m", "courriel_demo"],
        cwd=folder,
        env={**known, **SETTINGS, **urls, "MAIL_DOMAIN": DOMAIN, "PORT": str(port)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        _wait_until_ready(process, f"http://{HOST}:{port}")
        yield Product(folder, port)
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.communicate(timeout=_END_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()


def _wait_until_ready(process: subprocess.Popen[str], address: str) -> None:
    said = ""
    for line in process.stdout or ():
        said += line
        if address in line:
            return
    raise ProductError(f"the product did not start:\n{said}")


class Client:
    """A session at the public API, or none yet. Calls raise ProductError for a status of 400 or more."""

    def __init__(self, product: Product) -> None:
        self._connection = http.client.HTTPConnection(HOST, product.port, timeout=_TIMEOUT_SECONDS)
        self._connection.connect()
        self._headers: dict[str, str] = {}

    def close(self) -> None:
        """Close the connection; the session stays, and its next call connects again."""
        self._connection.close()

    def sign_in(self, mailbox: str) -> None:
        """Open a session, and keep its token."""
        answer = self._call("POST", "/api/session", {"username": mailbox, "password": PASSWORD})
        self._headers = {"Authorization": f"Bearer {json.loads(answer)['access_token']}"}

    def sign_out(self) -> None:
        """End the session."""
        self._call("DELETE", "/api/session")
        self._headers = {}

    def messages(self, page: int = 1, *, refresh: bool = False) -> bytes:
        """Return a page of the list, as it came."""
        again = "&refresh=1" if refresh else ""
        return self._call("GET", f"/api/messages?page={page}&per_page={PER_PAGE}{again}")

    def uids(self, page: int = 1) -> list[str]:
        """Return the uids of a page."""
        return [message["uid"] for message in json.loads(self.messages(page))["messages"]]

    def settle(self) -> None:
        """Return when what the product reads behind a list's answer has been read, or does not go on."""
        before, still = "", 0
        while still < _STILL_POLLS:
            time.sleep(_POLL_SECONDS)
            indexed = json.dumps(json.loads(self.messages())["indexed"])
            before, still = indexed, still + 1 if indexed == before else 0

    def open(self, uid: str) -> bytes:
        """Open a message, and return it as it came."""
        return self._call("GET", f"/api/messages/{uid}")

    def delete(self, uids: list[str]) -> None:
        """Delete messages; they are gone when this returns, or ProductError is raised."""
        if len(uids) == 1:
            answer = self._call("DELETE", f"/api/messages/{uids[0]}")
        else:
            answer = self._call("POST", "/api/messages/delete", {"uids": uids})
        if answer.count(b'"deleted"') != len(uids):
            raise ProductError(f"not deleted: {answer.decode()}")

    def send(self, message: Mapping[str, Any]) -> None:
        """Hand a message over; it is durable when this returns."""
        self._call("POST", "/api/outbox", message)

    def _call(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> bytes:
        headers = {**self._headers, "Content-Type": "application/json"} if body else self._headers
        self._connection.request(method, path, json.dumps(body) if body else None, headers)
        answer = self._connection.getresponse()
        content = answer.read()
        if answer.status >= http.client.BAD_REQUEST:
            raise ProductError(f"{method} {path.partition('?')[0]}: {answer.status} {content.decode()[:200]}")
        return content
