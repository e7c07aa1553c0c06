"""The results as text: docs/benchmarks.md, made of `page.md` and tables. It judges nothing."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING

from tests.bench.load import SECONDS, SIGN_INS
from tests.bench.product import SETTINGS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.bench.figures import Comparison, Spread
    from tests.bench.load import Rate

_PAGE = Template(Path(__file__).with_name("page.md").read_text(encoding="utf-8"))
_HEADS = ("what", "floor, ms", "p10–p90", "product, ms", "p10–p90", "ratio", "samples")


@dataclass(slots=True)
class Measured:
    """Everything of one run; `times` by distance, `memory` in kilobytes a session and of how many."""

    times: dict[str, list[Comparison]] = field(default_factory=dict)
    rounds: list[int] = field(default_factory=list)
    rates: list[Rate] = field(default_factory=list)
    memory: tuple[dict[str, float], int] = field(default_factory=lambda: ({}, 0))


def markdown(measured: Measured, seconds: float) -> str:
    """Return docs/benchmarks.md, whole; `seconds` is what the run took."""
    memory, sessions = measured.memory
    return _PAGE.substitute(
        date=f"{datetime.now(UTC):%Y-%m-%d}",
        cores=os.cpu_count(),
        rounds=" and ".join(map(str, measured.rounds)),
        seconds=f"{seconds:.0f}",
        load=f"{os.getloadavg()[0]:.1f}",
        settings=", ".join(f"`{name}={value}`" for name, value in SETTINGS.items()),
        times="\n\n".join(
            f"### {distance}\n\n{_table(_HEADS, list(map(_row, comparisons)))}"
            for distance, comparisons in measured.times.items()
        ),
        load_seconds=f"{SECONDS:.0f}",
        sign_ins=SIGN_INS,
        rates=_rates(measured.rates),
        sessions=sessions,
        memory=_table(
            (*memory, "all"), [[f"{each:.0f}" for each in (*memory.values(), sum(memory.values()))]]
        ),
    )


def _row(each: Comparison) -> list[str]:
    floor = _cells(each.floor) if each.floor else ["", ""]
    product = _cells(each.product) if each.product else ["", ""]
    ratio = "" if each.ratio is None else f"{each.ratio:.2f}"
    return [each.what, *floor, *product, ratio, str(each.samples)]


def _cells(spread: Spread) -> list[str]:
    return [f"{spread.p50:.1f}", f"{spread.p10:.1f}–{spread.p90:.1f}"]


def _rates(rates: list[Rate]) -> str:
    parts = list(rates[0].milliseconds)
    rows = [
        [
            each.what,
            str(each.clients),
            f"{each.a_second:.0f}",
            *(f"{each.milliseconds[part]:.1f}" if part in each.milliseconds else "" for part in parts),
            f"{sum(each.milliseconds.values()):.1f}" if each.milliseconds else "",
        ]
        for each in rates
    ]
    return _table(("request", "clients", "a second", *(f"{part}, ms" for part in parts), "all, ms"), rows)


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
