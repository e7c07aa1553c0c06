"""Some parts of the demo as processes of a test: each can be killed and started again, none is by itself.

Valkey, the mail server and the services are started as `make demo` starts them, in a folder of the test.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
from contextlib import contextmanager
from typing import TYPE_CHECKING

from tests.integration.demo_run import wait_until

from courriel_demo.part_log import PartLog
from courriel_demo.parts import PORTS_NEEDED, Part, Ports, plan, write_people_file, write_valkey_files
from courriel_demo.ports import free_ports
from courriel_demo.secret_file import keep_secrets
from courriel_demo.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

START_SECONDS = 60
SIGNING_IN = ("valkey-state", "valkey-cache", "auth", "mailbox", "gateway")
"""What it takes to sign in and read, beside a mail server."""


class Parts:
    """The plan of a demo, and those of its parts that run."""

    def __init__(self, folder: Path, pop3_url: str | None, **environment: str) -> None:
        port, *others = free_ports(1 + PORTS_NEEDED)
        ports = Ports(*others)
        settings = Settings(port=port, folder=folder, pop3_url=pop3_url)
        secrets = keep_secrets(folder / "secrets")
        write_valkey_files(settings, ports, secrets)
        write_people_file(settings)
        known = {name: value for name, value in os.environ.items() if not name.endswith("_URL")}
        planned = plan(settings, ports, secrets, {**known, **environment})
        self.url = settings.address
        self._parts: dict[str, Part] = {part.name: part for part in planned}
        self._logs = {name: PartLog(folder / f"{name}.log") for name in self._parts}
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, *names: str) -> None:
        """Start parts, all at once, and wait until they are ready; the end of a log is in the error."""
        for name in names:
            part = self._parts[name]
            with self._logs[name].open() as log:
                self._running[name] = subprocess.Popen(  # noqa: S603 — the commands are the demo's own plan
                    part.command, env=part.environment, stdout=log, stderr=log
                )
        for name in names:
            assert wait_until(lambda: self._is_ready(name), START_SECONDS), self._logs[name].tail(20)  # noqa: B023

    def kill(self, name: str) -> None:
        """Kill a part with SIGKILL; its port is free when this returns."""
        process = self._running.pop(name)
        process.kill()
        process.wait()

    def end(self) -> None:
        """End all, the last one started first."""
        for process in reversed(self._running.values()):
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def _is_ready(self, name: str) -> bool:
        return asyncio.run(self._parts[name].ready(self._logs[name]))


@contextmanager
def running_parts(
    folder: Path, *names: str, pop3_url: str | None = None, **environment: str
) -> Iterator[Parts]:
    """Start these parts, each before the next, and end everything with the test.

    ``pop3_url``: another mail server than the demo's own.
    """
    parts = Parts(folder, pop3_url, **environment)
    try:
        for name in names:
            parts.start(name)
        yield parts
    finally:
        parts.end()
