"""The figures of a chaos run in words, and whether they are what was promised."""

from __future__ import annotations

import statistics
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.chaos.run import Result


def figures(result: Result) -> str:
    """Return one line for each figure."""
    verdict, havoc = result.verdict, result.havoc
    harms = ", ".join(f"{kind} {count}" for kind, count in sorted(havoc.done.items()))
    doubt = f"{havoc.in_window} harms fell between the relay's acceptance and its record"
    asked = f"p95 {_p95(result.accept_ms):.0f} ms, {result.refused} times asked again"
    found = {
        "accepted": f"{result.accepted} messages in {result.seconds:.0f} s ({asked})",
        "harm done": f"{sum(havoc.done.values())}: {harms}",
        "recipients": f"{verdict.arrived} arrived, {verdict.reported} reported, {verdict.shown} shown",
        "lost": f"{len(verdict.lost)}",
        "duplicates": f"{verdict.duplicates}; {doubt}, {result.in_doubt} transactions were in doubt",
        "unexplained": f"{len(verdict.unexplained)} duplicates outside that window",
        "changed": f"{len(verdict.changed)} messages came with other octets",
        "strangers": f"{verdict.strangers} messages came that nobody had accepted",
    }
    return "".join(f"{name:<12} {words}\n" for name, words in found.items())


def is_good(result: Result, messages: int) -> bool:
    """Whether all that was accepted arrived or was reported, and copies came from what was in doubt."""
    verdict = result.verdict
    return (
        result.accepted == messages
        and not verdict.lost
        and not verdict.unexplained
        and not verdict.changed
        and not verdict.strangers
        and verdict.duplicates <= result.in_doubt
    )


def _p95(samples: list[float]) -> float:
    return statistics.quantiles(samples, n=20)[-1]
