"""`make chaos`: 2,000 accepted messages and 50 kills; prints the figures. Exit code 1 where one was lost.

`--messages`, `--kills` and `--seed` make other runs; a run with the same seed draws the same harms.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import sys
import tempfile
import time
from pathlib import Path

from tests.chaos.report import figures, is_good
from tests.chaos.run import ChaosRun


def main() -> int:
    """Run once."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=2000)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    wished = parser.parse_args()
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)  # it tells of every connection we break
    with tempfile.TemporaryDirectory(prefix="courriel-chaos-") as folder:
        run = ChaosRun(Path(folder), messages=wished.messages, kills=wished.kills, seed=wished.seed)
        result = asyncio.run(run.run())
    sys.stdout.write(f"seed {wished.seed}\n{figures(result)}")
    return 0 if is_good(result, wished.messages) else 1


if __name__ == "__main__":
    sys.exit(main())
