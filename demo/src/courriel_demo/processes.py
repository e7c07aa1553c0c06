"""Processes of the demo: start one in a group of its own, see it end, end it with all it started.

A group of its own keeps the terminal's Ctrl-C from reaching all parts at once: the supervisor ends them in
order.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import IO, TYPE_CHECKING

from courriel_demo import warden

if TYPE_CHECKING:
    from collections.abc import Mapping

_POLL_SECONDS = 0.1


class Warden:
    """The supervisor's side of the warden process, which outlives it if need be."""

    def __init__(self, lock: int) -> None:
        """Start it; it inherits the open file `lock`."""
        self._process = subprocess.Popen(  # noqa: S603 - our own script
            [sys.executable, "-I", "-S", str(Path(warden.__file__))],
            stdin=subprocess.PIPE,
            pass_fds=(lock,),
            start_new_session=True,
        )

    def watch(self, group: int) -> None:
        """End this process group if the supervisor is killed."""
        self._tell(f"+{group}\n")

    def forget(self, group: int) -> None:
        """Leave this process group alone: it ended."""
        self._tell(f"-{group}\n")

    def close(self) -> None:
        """Let it end; what it still watches, it kills."""
        if self._process.stdin:
            with contextlib.suppress(BrokenPipeError):
                self._process.stdin.close()
        self._process.wait()

    def _tell(self, line: str) -> None:
        # A warden that was killed takes nothing with it but the promise for the supervisor's own kill -9.
        with contextlib.suppress(BrokenPipeError):
            if self._process.stdin:
                self._process.stdin.write(line.encode())
                self._process.stdin.flush()


class PartProcess:
    """One running process and its group."""

    def __init__(
        self, command: tuple[str, ...], environment: Mapping[str, str], log: IO[bytes], guard: Warden
    ) -> None:
        """Start it. Raises OSError where the program cannot be run."""
        self.started = time.monotonic()
        self._guard = guard
        self._process = subprocess.Popen(  # noqa: S603 - the commands are the demo's own plan
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        guard.watch(self._process.pid)

    @property
    def is_running(self) -> bool:
        """Whether it has not ended yet."""
        return self._process.poll() is None

    async def wait(self) -> int:
        """Wait for its end; return its exit code, or minus the number of the signal that ended it."""
        while (code := self._process.poll()) is None:  # noqa: ASYNC110 - nothing sets an event for a child's end
            await asyncio.sleep(_POLL_SECONDS)
        return code

    def terminate(self) -> None:
        """Ask it to end."""
        self._process.terminate()

    def clear(self) -> None:
        """Kill what is left of its group, itself included, and forget it."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._guard.forget(self._process.pid)


def describe_end(code: int) -> str:
    """Say how a process ended, from its exit code."""
    return f"killed by {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
