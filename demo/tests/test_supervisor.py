"""What the supervisor decides, with processes that are only pretended."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from courriel_demo.part_log import PartLog
from courriel_demo.parts import Stage
from courriel_demo.probes import worker_ready
from courriel_demo.processes import describe_end
from courriel_demo.supervisor import END_SECONDS, pause_before_restart

if TYPE_CHECKING:
    from pathlib import Path


def test_the_pause_before_a_restart_grows_to_a_limit() -> None:
    """It doubles with each death in a row, and stays at half a minute."""
    assert [pause_before_restart(deaths) for deaths in (1, 2, 3, 7, 8, 10_000)] == [0.5, 1, 2, 30, 30, 30]


@pytest.mark.parametrize(
    ("code", "words"), [(0, "exit code 0"), (3, "exit code 3"), (-9, "killed by SIGKILL")]
)
def test_an_end_is_told_in_words(code: int, words: str) -> None:
    """A signal is told by its name, an exit code by its number."""
    assert describe_end(code) == words


def test_every_stage_has_its_time_to_end() -> None:
    """The end of the demo takes less than five seconds, whatever hangs."""
    assert END_SECONDS.keys() == set(Stage)
    assert sum(END_SECONDS.values()) < 5


async def test_a_worker_is_ready_when_this_run_says_so(tmp_path: Path) -> None:
    """What an earlier run wrote in the same log does not count."""
    log = PartLog(tmp_path / "worker.log")
    with log.open() as file:
        file.write(b"celery@host ready.\n")
    assert await worker_ready()(log)
    with log.open():
        assert not await worker_ready()(log)


def test_the_tail_of_a_log_is_its_last_lines(tmp_path: Path) -> None:
    """A long log is cut, and bytes that are no text do not matter."""
    log = PartLog(tmp_path / "part.log")
    with log.open() as file:
        file.write(b"x\n" * 9000 + b"\xff avant\nfin\n")
    assert log.tail(2) == "\N{REPLACEMENT CHARACTER} avant\nfin"
