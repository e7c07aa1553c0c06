"""CPU time and memory of the product's parts, from /proc (proc(5)); Linux alone has it.

The demo starts each part as the leader of a process group of its own, in the demo's folder. A part's helpers
(the mailbox service's parsers) are in its group and count as the part's. The kernel counts in ticks of 10 ms
as a rule, so that only the sum over many requests says something.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from pathlib import Path

MILLISECONDS_A_TICK = 1000 / os.sysconf("SC_CLK_TCK")
_PART = re.compile(r"(\w+)_service\.main:app|celery.* (worker)|(valkey)-server")


def cpu_milliseconds(folder: Path) -> Counter[str]:
    """Return the CPU time so far, user and system, of each part that works in `folder` or below."""
    milliseconds: Counter[str] = Counter()
    for part, process in _processes(folder):
        fields = (process / "stat").read_text().rpartition(")")[2].split()
        ticks = sum(int(field) for field in fields[11:15])  # utime, stime, cutime, cstime
        milliseconds[part] += round(ticks * MILLISECONDS_A_TICK)
    return milliseconds


def memory_kilobytes(folder: Path) -> Counter[str]:
    """Return the memory of each part that no other process shares, in kilobytes of 1,000 octets."""
    kilobytes: Counter[str] = Counter()
    for part, process in _processes(folder):
        private = re.findall(r"^Private_\w+: +(\d+) kB", (process / "smaps_rollup").read_text(), re.MULTILINE)
        kilobytes[part] += round(sum(map(int, private)) * 1.024)
    return kilobytes


def _processes(folder: Path) -> list[tuple[str, Path]]:
    """List the living processes in `folder` or below: part and folder under /proc."""
    groups: dict[Path, int] = {}
    names: dict[int, str] = {}
    for entry in Path("/proc").iterdir():
        try:
            if not entry.name.isdigit() or not (entry / "cwd").readlink().is_relative_to(folder):
                continue
            command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            group = int((entry / "stat").read_text().rpartition(")")[2].split()[2])
        except OSError:  # it ended meanwhile, or is not ours
            continue
        groups[entry] = group
        if group == int(entry.name) and (part := _PART.search(command)):
            names[group] = next(filter(None, part.groups()))
    return [(names[group], entry) for entry, group in groups.items() if group in names]
