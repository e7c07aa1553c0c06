"""Ends the demo's processes where the supervisor cannot do it any more: when it was killed itself.

Run as a script of its own, before any part. Its standard input is a pipe from the supervisor, which tells
it the process groups to end (`+123`) and those that ended (`-123`). End of file means that the supervisor
is gone: what is still listed is killed. It holds the lock of the demo's folder as well, so that no second
start finds old processes at work. The kernel's own "death signal" would reach neither grandchildren nor
other systems than Linux.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys


def main() -> None:
    """Read until the end of file, then kill."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    groups: set[int] = set()
    for line in sys.stdin:
        group = int(line[1:])
        if line.startswith("+"):
            groups.add(group)
        else:
            groups.discard(group)
    for group in groups:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(group, signal.SIGKILL)


if __name__ == "__main__":
    main()
