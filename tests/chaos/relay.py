"""The relay of a chaos run as a process of its own: `python -m tests.chaos.relay PORT RECORD SEED|faultless`.

Some recipients are refused for good, some for the moment, and at every step a few conversations go wrong.
What it accepts it records before it answers; nothing else remembers it when it is killed.
"""

from __future__ import annotations

import asyncio
import random
import sys
from pathlib import Path

from tests.chaos.sink import ChaosSink, Fault, Faults

FAULTY = 0.02
"""Of the steps go wrong at random; a message has about five."""
LATER = 0.5
"""Of the attempts for a `later-` recipient are put off."""
RARE = ("421 4.3.2 closing", "close", "drip", "hang")
AT_STEP = {
    "connect": ("421 4.3.2 too many connections", "554 5.3.2 not today", "close", "drip"),
    "mail": ("450 4.2.1 slow down", "452 4.3.1 full", "550 5.7.1 not you", "552 5.3.4 too large", *RARE),
    "rcpt": ("450 4.2.1 busy", "452 4.5.3 too many", "550 5.1.1 unknown", "552 5.2.2 full", *RARE),
    "data": ("451 4.3.0 try later", "554 5.5.0 no", *RARE),
    "end": (
        "450 4.7.1 greylisted",
        "451 4.3.0 try later",
        "552 5.3.4 too large",
        "554 5.6.0 spam",
        "late",
        *RARE,
    ),
}


def faults_of(chance: random.Random) -> Faults:
    """Make the relay's temper."""

    def fault(step: str, recipient: str) -> Fault | None:
        if recipient.startswith("refused-"):
            return Fault("550 5.1.1 There is no mailbox of this name")
        if recipient.startswith("later-") and chance.random() < LATER:
            return Fault("451 4.7.1 Come back later")
        if step in AT_STEP and chance.random() < FAULTY:
            return Fault(chance.choice(AT_STEP[step]))
        return None

    return fault


async def serve(port: int, record: Path, seed: str) -> None:
    """Run until killed."""
    sink = ChaosSink(record=record)
    if seed != "faultless":
        sink.faults = faults_of(random.Random(seed))  # noqa: S311 — dice of a test
    await sink.start(port)
    sys.stdout.write("listening\n")
    sys.stdout.flush()
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]))
