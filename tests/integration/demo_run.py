"""Runs of `python -m courriel_demo` for tests: start one, read what it says, end it, see what is left."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

LONGEST_RUN_SECONDS = 60


class Demo:
    """One run of the demo in a folder."""

    def __init__(self, folder: Path, port: int, **environment: str) -> None:
        self.folder, self.port = folder, port
        known = {name: value for name, value in os.environ.items() if not name.endswith("_URL")}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "courriel_demo"],
            cwd=folder,
            env={**known, "PORT": str(port), **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._limit = threading.Timer(LONGEST_RUN_SECONDS, self.process.kill)
        self._limit.start()

    def read_until(self, words: str) -> str:
        """Return what it says up to the line with `words`."""
        said = ""
        assert self.process.stdout
        for line in self.process.stdout:
            said += line
            if words in line:
                return said
        pytest.fail(f"it ended before it said {words!r}:\n{said}")

    def end(self, number: signal.Signals | None = None) -> tuple[int, float, str]:
        """Send a signal, if any; return the exit code, the seconds until the end, and what it said."""
        begun = time.monotonic()
        if number:
            self.process.send_signal(number)
        said, _ = self.process.communicate()
        self._limit.cancel()
        return self.process.returncode, time.monotonic() - begun, said


def processes_in(folder: Path) -> dict[int, str]:
    """Return the processes that work in this folder or below it: their command lines by process id."""
    found = {}
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and (entry / "cwd").readlink().is_relative_to(folder):
                command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
                if command:  # a zombie has none
                    found[int(entry.name)] = command
        except OSError:  # it ended meanwhile, or is not ours
            continue
    return found


def wait_until(condition: Callable[[], bool], seconds: float = 5) -> bool:
    """Wait for the condition; say whether it came."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


@contextmanager
def running(folder: Path, port: int, **environment: str) -> Iterator[Demo]:
    """Start the demo, and end it if the test did not."""
    demo = Demo(folder, port, **environment)
    try:
        yield demo
    finally:
        if demo.process.stdout and not demo.process.stdout.closed:
            demo.end(signal.SIGTERM if demo.process.poll() is None else None)
