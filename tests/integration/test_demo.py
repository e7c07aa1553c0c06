"""`python -m courriel_demo` as processes: start, death of a part, end, and every way it must refuse to start.

The mail server and both Valkey are the real ones. In the place of the services and of Celery stand programs
of a few lines under the same names, so that what is tested is the supervisor, and a start takes two
seconds.
"""

from __future__ import annotations

import os
import poplib
import re
import signal
import socket
from typing import TYPE_CHECKING
from urllib.request import urlopen

import pytest
from tests.integration.demo_run import Demo, processes_in, running, wait_until

from courriel_demo.ports import free_ports

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SERVICE = """
import os, subprocess, sys
if os.environ.get("OUT_OF_ORDER") == __name__:
    sys.exit("out of order: the boiler is cold")
subprocess.Popen(["sleep", "600"])  # a helper, as the mailbox service has
async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        for step in ("startup", "shutdown"):
            await receive()
            await send({"type": f"lifespan.{step}.complete"})
    else:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": __name__.encode()})
"""
STUBBORN_WORKER = """
import signal
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("worker ready.", flush=True)
while True:
    signal.pause()
"""


def kill_part(folder: Path, words: str) -> None:
    """Kill the one process of the demo whose command line has these words."""
    (pid,) = (pid for pid, command in processes_in(folder).items() if words in command)
    os.kill(pid, signal.SIGKILL)


@pytest.fixture(scope="module")
def port() -> int:
    """Choose a port for the pages."""
    return free_ports(1)[0]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Make a folder with stand-ins for the services; in the end no process works in it."""
    for name in ("auth_service", "mailbox_service", "sender_service", "gateway_service"):
        package = tmp_path / "stand-ins" / name
        package.mkdir(parents=True)
        (package / "__init__.py").touch()
        (package / "main.py").write_text(SERVICE)
    (tmp_path / "stand-ins" / "celery").mkdir()
    (tmp_path / "stand-ins" / "celery" / "__init__.py").touch()
    (tmp_path / "stand-ins" / "celery" / "__main__.py").write_text(STUBBORN_WORKER)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "stand-ins"))
    yield tmp_path
    assert wait_until(lambda: not processes_in(tmp_path)), processes_in(tmp_path)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_it_starts_says_where_and_ends_in_time(folder: Path, port: int, number: signal.Signals) -> None:
    """All parts answer when the box appears; a signal ends them in five seconds, a stubborn one included."""
    with running(folder, port) as demo:
        said = demo.read_until("╰")
        assert f"http://127.0.0.1:{port}" in said
        with urlopen(f"http://127.0.0.1:{port}/") as answer:
            assert answer.read() == b"gateway_service.main"
        mail = re.search(r"POP3 127\.0\.0\.1:(\d+)", said)
        assert mail
        session = poplib.POP3("127.0.0.1", int(mail[1]))
        session.user("jean.dupont")
        session.pass_("demo")
        assert session.stat()[0] >= 40
        session.quit()
        code, seconds, said = demo.end(number)
        assert (code, "Everything has ended" in said) == (0, True), said
        assert seconds < 5
        assert processes_in(folder) == {}


def test_a_part_that_dies_comes_back(folder: Path, port: int) -> None:
    """The death is told with its cause, the same address answers again, and the old helpers are gone."""
    with running(folder, port) as demo:
        demo.read_until("╰")
        kill_part(folder, "gateway_service")
        assert "gateway died (killed by SIGKILL); starting it again in 0.5 s" in demo.read_until("died")
        demo.read_until("gateway is back")
        urlopen(f"http://127.0.0.1:{port}/").close()
        assert sum("sleep" in command for command in processes_in(folder).values()) == 4


def test_state_survives_the_death_of_valkey(folder: Path, port: int) -> None:
    """What Valkey acknowledged is there after kill -9 and after a restart of the whole demo."""
    with running(folder, port) as demo:
        demo.read_until("╰")
        valkey(folder, "SET mot abc")
        kill_part(folder, f"valkey-server 127.0.0.1:{valkey_settings(folder)['port']}")
        demo.read_until("valkey-state is back")
        assert "abc" in valkey(folder, "GET mot")
    with running(folder, port) as demo:
        demo.read_until("╰")
        assert "abc" in valkey(folder, "GET mot")


def valkey_settings(folder: Path) -> dict[str, str]:
    """Return the configuration of the Valkey that keeps the state."""
    lines = (folder / ".demo" / "valkey" / "state.conf").read_text().splitlines()
    return dict(line.split(" ", 1) for line in lines)


def valkey(folder: Path, words: str) -> str:
    """Say one command to that Valkey, and return all it answers."""
    settings = valkey_settings(folder)
    with socket.create_connection(("127.0.0.1", int(settings["port"]))) as connection:
        connection.sendall(f"AUTH {settings['requirepass']}\r\n{words}\r\nQUIT\r\n".encode())
        return b"".join(iter(lambda: connection.recv(1000), b"")).decode()


def test_nothing_outlives_a_killed_supervisor(folder: Path, port: int) -> None:
    """After kill -9 of the supervisor all parts end, and the next start finds the folder free."""
    with running(folder, port) as demo:
        demo.read_until("╰")
        demo.end(signal.SIGKILL)
        assert wait_until(lambda: not processes_in(folder)), processes_in(folder)
    with running(folder, port) as demo:
        demo.read_until("╰")


def test_a_signal_during_the_start_ends_it(folder: Path, port: int) -> None:
    """Who changes his mind before the box appears leaves nothing behind either."""
    with running(folder, port) as demo:
        demo.read_until("Starting")
        code, seconds, _ = demo.end(signal.SIGINT)
        assert (code, seconds < 5) == (0, True)


def test_a_taken_port_is_named_before_anything_starts(folder: Path) -> None:
    """The message names the port and says how to choose another; the exit code is 2."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        code, _, said = Demo(folder, port).end()
    assert code == 2
    assert f"Port {port} is taken" in said
    assert f"PORT={port + 1} make demo" in said
    assert not (folder / ".demo" / "log").exists()


def test_a_second_start_leaves_the_first_alone(folder: Path, port: int) -> None:
    """It says where the first one is, ends with code 2, and the first one goes on."""
    with running(folder, port) as demo:
        demo.read_until("╰")
        code, _, said = Demo(folder, port).end()
        assert code == 2
        assert f"http://127.0.0.1:{port}, process {demo.process.pid}" in said
        urlopen(f"http://127.0.0.1:{port}/").close()


def test_a_part_that_does_not_start_is_shown(folder: Path, port: int) -> None:
    """The part is named, the end of its log is on the screen, the exit code is 1, and nothing goes on."""
    demo = Demo(folder, port, OUT_OF_ORDER="mailbox_service.main")
    code, _, said = demo.end()
    assert code == 1
    assert "mailbox ended before it was ready" in said
    assert "out of order: the boiler is cold" in said
    assert processes_in(folder) == {}
