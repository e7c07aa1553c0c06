"""The whole demo with the real services: what a person gets from `make demo`, through the public API."""

from __future__ import annotations

import json
import os
import signal
from typing import TYPE_CHECKING, Any
from urllib.request import Request, urlopen

import pytest
from tests.integration.demo_run import processes_in, running, wait_until

from courriel_demo.ports import free_ports

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class Api:
    """The public API of a running demo, as one mailbox."""

    def __init__(self, port: int, username: str) -> None:
        self._address, self._headers = f"http://127.0.0.1:{port}/api", {"Content-Type": "application/json"}
        session = self.call("POST", "/session", {"username": username, "password": "demo"})
        self._headers["Authorization"] = f"Bearer {session['access_token']}"

    def call(self, method: str, path: str, body: object = None) -> Any:
        """Call, and return the answer's JSON; None where there is none. Raises HTTPError."""
        content = None if body is None else json.dumps(body).encode()
        request = Request(self._address + path, content, self._headers, method=method)  # noqa: S310 - http, ours
        with urlopen(request) as answer:  # noqa: S310 - the same
            return json.loads(answer.read() or b"null")


@pytest.fixture
def port(tmp_path: Path) -> Iterator[int]:
    """Choose a port; in the end no process works in the test's folder."""
    yield free_ports(1)[0]
    assert wait_until(lambda: not processes_in(tmp_path)), processes_in(tmp_path)


def test_mail_is_read_sent_and_deleted_and_lasts(tmp_path: Path, port: int) -> None:
    """Seeded mail opens, what is sent arrives or is refused in words, and a restart keeps it all."""
    with running(tmp_path, port) as demo:
        demo.read_until("╰")
        jean = Api(port, "jean.dupont")
        listed = jean.call("GET", "/messages?per_page=100")
        assert listed["total"] >= 40
        for message in listed["messages"]:
            assert jean.call("GET", f"/messages/{message['uid']}")["uid"] == message["uid"]
        to = ["marie.martin@demo.example", "ami@ailleurs.example.org"]
        sent = jean.call("POST", "/outbox", {"to": to, "subject": "Essai d’été", "text": "Bonjour"})

        def outcome() -> dict[str, str]:
            recipients = jean.call("GET", f"/outbox/{sent['id']}")["recipients"]
            return {recipient["address"]: recipient["state"] for recipient in recipients}

        assert wait_until(lambda: outcome() == dict(zip(to, ("sent", "failed"), strict=True)), 20), outcome()
        first = listed["messages"][0]["uid"]
        assert jean.call("DELETE", f"/messages/{first}")["results"] == [{"uid": first, "outcome": "deleted"}]
        code, seconds, said = demo.end(signal.SIGINT)
        assert (code, seconds < 5) == (0, True), said
    with running(tmp_path, port) as demo:
        demo.read_until("╰")

        def reported() -> bool:
            newest: str = jean.call("GET", "/messages?refresh=1")["messages"][0]["subject"]
            return newest == "Message non remis (undelivered)\u00a0: Essai d’été"

        assert wait_until(reported, 20)  # the session survived as well
        assert jean.call("GET", "/messages")["total"] == listed["total"]  # one deleted, the report came
        marie = Api(port, "Marie.Martin@demo.example")
        assert marie.call("GET", "/messages")["messages"][0]["subject"] == "Essai d’été"


def test_a_killed_demo_takes_the_services_helpers_with_it(tmp_path: Path, port: int) -> None:
    """After kill -9 of the supervisor neither the services nor their own child processes are left."""
    with running(tmp_path, port) as demo:
        demo.read_until("╰")
        os.kill(demo.process.pid, signal.SIGKILL)
        assert wait_until(lambda: not processes_in(tmp_path)), processes_in(tmp_path)
