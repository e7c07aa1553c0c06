"""The short chaos run of `make test`: three minutes at most; `make chaos` runs the long one."""

import logging
import os
import time
from pathlib import Path

import pytest
from tests.chaos.report import figures, is_good
from tests.chaos.run import ChaosRun

MESSAGES = 300
KILLS = 16
SEED = int(os.environ.get("CHAOS_SEED", "0")) or int(time.time())


async def test_accepted_means_delivered_or_returned(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whatever is killed or cut meanwhile: lost 0, and copies in the documented window alone."""
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)  # it tells of every connection we break
    result = await ChaosRun(tmp_path, messages=MESSAGES, kills=KILLS, seed=SEED).run()
    told = figures(result)
    with capsys.disabled():
        print(f"\nseed {SEED}\n{told}")  # noqa: T201 — the figures are what this run is for
    assert is_good(result, MESSAGES), told
