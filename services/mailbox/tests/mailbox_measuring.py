"""Renders and packs messages in a process of their own and tells the cost; ``test_hostile_mail.py`` runs it.

Usage: ``python mailbox_measuring.py NAME…``; prints a JSON line a message: name, size, CPU seconds, octets.
"""

import json
import os
import resource
import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[3] / "libs" / "message" / "tests"))

from hostile_messages import BROKEN, HEAVY

from mailbox_service import rendering


def measure(name: str) -> dict[str, object]:
    """Render and pack in a child, so that its peak of memory is its own (without the message itself)."""
    raw = {**BROKEN, **HEAVY}[name]()
    reading, writing = os.pipe()
    if not (child := os.fork()):
        resource.setrlimit(resource.RLIMIT_CPU, (4, 5))
        before, started = _peak(), _cpu()
        rendered = rendering.render(raw)
        rendering.archive(raw)
        cost = {"cpu": _cpu() - started, "octets": _peak() - before, "notes": rendered.notes}
        os.write(writing, json.dumps(cost).encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as answer:
        said = answer.read()
    os.waitpid(child, 0)
    return {"name": name, "size": len(raw), **(json.loads(said) if said else {"died": True})}


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def _peak() -> int:
    """Return the most memory that was resident, in octets; a child starts with its parent's at the fork."""
    return int(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss) * 1024


if __name__ == "__main__":
    for each in sys.argv[1:]:
        print(json.dumps(measure(each)), flush=True)  # noqa: T201
