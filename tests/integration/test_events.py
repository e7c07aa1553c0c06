"""The stream of events with every service a process of its own: mail comes, sessions end, windows close."""

from __future__ import annotations

import json
import signal
import threading
import time
from typing import TYPE_CHECKING, Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from tests.integration.demo_run import Demo, running, wait_until

from courriel_demo.ports import free_ports

if TYPE_CHECKING:
    from collections.abc import Iterator

POLL_SECONDS = 2
ABANDONED_SECONDS = 3
OUTBOX_SECONDS = 10
"""Between the gateway's looks at an outbox in which nothing is on its way."""
BOUND_SECONDS = 10
"""For what takes a poll, and a busy machine."""


class Api:
    """The public API as one session."""

    def __init__(self, port: int, username: str, *, takeover: bool = False) -> None:
        self._base, self._headers = f"http://127.0.0.1:{port}/api", {"Content-Type": "application/json"}
        asked = {"username": username, "password": "demo", "takeover": takeover}
        token = json.loads(self.open("POST", "/session", asked).read())["access_token"]
        self._headers["Authorization"] = f"Bearer {token}"

    def open(self, method: str, path: str, body: object = None, **headers: str) -> Any:
        """Call, and return the answer before it is read. Raises HTTPError."""
        content = None if body is None else json.dumps(body).encode()
        request = Request(  # noqa: S310 — http, ours
            self._base + path, content, {**self._headers, **headers}, method=method
        )
        return urlopen(request, timeout=30)  # noqa: S310 — the same


class Stream:
    """An event stream that is being read."""

    def __init__(self, api: Api, last_id: str = "") -> None:
        self.events: list[tuple[str, dict[str, Any]]] = []
        self.last_id = last_id
        self.ended = False
        self._answer = api.open("GET", "/events", **({"Last-Event-ID": last_id} if last_id else {}))
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        fields: dict[str, str] = {}
        try:
            for line in self._answer:
                name, _, value = line.decode().rstrip("\n").partition(": ")
                if name:
                    fields[name] = value
                elif "event" in fields:
                    self.last_id = fields["id"]
                    self.events.append((fields["event"], json.loads(fields["data"])))
                    fields = {}
        except (OSError, ValueError, AttributeError):
            pass  # hung up, by whichever side
        self._answer.close()
        self.ended = True

    def names(self) -> list[str]:
        """Return the events' names so far."""
        return [name for name, _ in self.events]

    def hang_up(self) -> None:
        """Close the window."""
        self._answer.fp.raw._sock.shutdown(2)
        self._reader.join(10)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """Start everything, with a quick pace."""
    pace = {
        "MAILBOX_POLL_SECONDS": POLL_SECONDS,
        "MAILBOX_QUIET_POLL_SECONDS": POLL_SECONDS,
        "MAILBOX_ABANDONED_SECONDS": ABANDONED_SECONDS,
    }
    environment = {name: str(value) for name, value in pace.items()}
    with running(tmp_path_factory.mktemp("demo"), free_ports(1)[0], **environment) as demo:
        demo.read_until("╰")
        yield demo


def test_new_mail_and_its_delivery_are_told(demo: Demo) -> None:
    """Within a poll; who comes back with the last id is told what happened meanwhile, and nothing twice."""
    marie = Api(demo.port, "marie.martin")
    stream = Stream(marie)
    assert wait_until(lambda: "messages" in stream.names(), BOUND_SECONDS)
    total = stream.events[0][1]["total"]
    letter = {"to": ["marie.martin@demo.example"], "subject": "À moi-même", "text": "Bonjour"}
    marie.open("POST", "/outbox", letter).close()
    begun = time.monotonic()
    assert wait_until(lambda: stream.names().count("messages") == 2, BOUND_SECONDS), stream.events
    assert time.monotonic() - begun < BOUND_SECONDS
    change = [data for name, data in stream.events if name == "messages"][-1]
    assert (len(change["new"]), change["total"]) == (1, total + 1)
    assert wait_until(
        lambda: ("delivery", "sent") in [(name, data.get("state")) for name, data in stream.events],
        OUTBOX_SECONDS + BOUND_SECONDS,
    )
    stream.hang_up()
    marie.open("DELETE", f"/messages/{change['new'][0]}").close()
    again = Stream(marie, stream.last_id)
    assert wait_until(lambda: again.events != [], BOUND_SECONDS)
    assert [name for name, _ in again.events] == ["messages"]
    assert again.events[0][1]["total"] == total
    marie.open("DELETE", "/session").close()
    assert wait_until(lambda: again.ended, BOUND_SECONDS)
    assert again.events[-1] == ("session-ended", {"reason": "unknown"})


def test_a_session_that_is_taken_over_is_told(demo: Demo) -> None:
    """At once: mailbox ends what it tells, and the gateway asks why."""
    stream = Stream(Api(demo.port, "jean.dupont"))
    assert wait_until(lambda: stream.events != [], BOUND_SECONDS)
    other = Api(demo.port, "jean.dupont", takeover=True)
    assert wait_until(lambda: stream.ended, BOUND_SECONDS)
    assert stream.events[-1] == ("session-ended", {"reason": "taken-over"})
    other.open("DELETE", "/session").close()


def test_closed_windows_free_the_mailbox(demo: Demo) -> None:
    """Another sign-in gets in without taking over; a session without a stream stays."""
    scriptless = Api(demo.port, "marie.martin")
    stream = Stream(Api(demo.port, "jean.dupont"))
    assert wait_until(lambda: stream.events != [], BOUND_SECONDS)
    with pytest.raises(HTTPError) as held:
        Api(demo.port, "jean.dupont")
    assert held.value.code == 409
    held.value.close()
    stream.hang_up()

    def is_free() -> bool:
        try:
            Api(demo.port, "jean.dupont").open("DELETE", "/session").close()
        except HTTPError as held:
            held.close()
            return False
        return True

    begun = time.monotonic()
    assert wait_until(is_free, ABANDONED_SECONDS + BOUND_SECONDS)
    assert time.monotonic() - begun >= ABANDONED_SECONDS - 1
    with scriptless.open("GET", "/messages") as answer:
        assert answer.status == 200
    scriptless.open("DELETE", "/session").close()


def test_a_stop_does_not_wait_for_streams(demo: Demo) -> None:
    """The browser is sent away cleanly, and everything ends in time."""
    stream = Stream(Api(demo.port, "marie.martin"))
    assert wait_until(lambda: stream.events != [], BOUND_SECONDS)
    code, seconds, said = demo.end(signal.SIGTERM)
    assert (code, seconds < 10) == (0, True), said
    assert wait_until(lambda: stream.ended)
    assert stream.names()[-1] == "messages"
