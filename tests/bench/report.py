"""The results as text: docs/benchmarks.md, made of `page.md` and two tables. It judges nothing."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING

from tests.bench.product import SETTINGS
from tests.bench.scenarios import CPU_REQUESTS, CPU_SIGN_INS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.bench.figures import Comparison, Spread
    from tests.bench.scenarios import Cpu

_PAGE = Template(Path(__file__).with_name("page.md").read_text(encoding="utf-8"))
_HEADS = ("what", "floor, ms", "p10–p90", "product, ms", "p10–p90", "ratio", "samples")


def markdown(comparisons: list[Comparison], cpu: list[Cpu], rounds: int, seconds: float) -> str:
    """Return docs/benchmarks.md, whole; `seconds` is what the run took."""
    return _PAGE.substitute(
        date=f"{datetime.now(UTC):%Y-%m-%d}",
        cores=os.cpu_count(),
        rounds=rounds,
        seconds=f"{seconds:.0f}",
        load=f"{os.getloadavg()[0]:.1f}",
        settings=", ".join(f"`{name}={value}`" for name, value in SETTINGS.items()),
        times=_table(_HEADS, [_row(each) for each in comparisons]),
        requests=CPU_REQUESTS,
        sign_ins=CPU_SIGN_INS,
        cpu=_table(("request", *cpu[0].milliseconds, "all"), [_cpu_row(each) for each in cpu]),
    )


def _row(each: Comparison) -> list[str]:
    floor = _cells(each.floor) if each.floor else ["", ""]
    ratio = "" if each.ratio is None else f"{each.ratio:.1f}"
    return [each.what, *floor, *_cells(each.product), ratio, str(each.product.samples)]


def _cells(spread: Spread) -> list[str]:
    return [f"{spread.p50:.1f}", f"{spread.p10:.1f}–{spread.p90:.1f}"]


def _cpu_row(each: Cpu) -> list[str]:
    spent = each.milliseconds.values()
    return [each.what, *(f"{milliseconds:.1f}" for milliseconds in (*spent, sum(spent)))]


def _table(heads: tuple[str, ...], rows: list[list[str]]) -> str:
    """Return a Markdown table, its columns aligned so that a terminal shows it well too."""
    widths = [max(3, *map(len, column)) for column in zip(heads, *rows, strict=True)]
    rules = ["-" * width if number == 0 else "-" * (width - 1) + ":" for number, width in enumerate(widths)]
    return "\n".join(_line(cells, widths) for cells in (heads, rules, *rows))


def _line(cells: Sequence[str], widths: list[int]) -> str:
    aligned = [
        cell.rjust(width) if number else cell.ljust(width)
        for number, (cell, width) in enumerate(zip(cells, widths, strict=True))
    ]
    return f"| {' | '.join(aligned)} |"
