"""What was measured: samples by what was done, their median and spread. It measures nothing itself."""

from __future__ import annotations

import statistics
import time
from collections import defaultdict
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True, slots=True)
class Spread:
    """Milliseconds: the median, and the deciles between which four samples of five lie."""

    p10: float
    p50: float
    p90: float
    samples: int


@dataclass(frozen=True, slots=True)
class Comparison:
    """One line of the table; a side is None where it has no such thing."""

    what: str
    floor: Spread | None
    product: Spread | None

    @property
    def ratio(self) -> float | None:
        """The product's median over the floor's."""
        return self.product.p50 / self.floor.p50 if self.product and self.floor else None

    @property
    def samples(self) -> int:
        """How many of each side there are."""
        return max(side.samples for side in (self.floor, self.product) if side)


class Figures:
    """Samples of both sides, in the order in which things were first done."""

    def __init__(self) -> None:
        self._samples: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))

    @contextmanager
    def floor(self, what: str) -> Iterator[None]:
        """Time what is done within, as the floor of `what`."""
        with self._timed(what, "floor"):
            yield

    @contextmanager
    def product(self, what: str) -> Iterator[None]:
        """Time what is done within, as the product's `what`."""
        with self._timed(what, "product"):
            yield

    def forget(self) -> None:
        """Drop everything: it was the warming up."""
        self._samples.clear()

    def comparisons(self) -> list[Comparison]:
        """Return the lines of the table."""
        return [
            Comparison(
                what, *(spread(sides[side]) if side in sides else None for side in ("floor", "product"))
            )
            for what, sides in self._samples.items()
        ]

    @contextmanager
    def _timed(self, what: str, side: str) -> Iterator[None]:
        begun = time.perf_counter()
        yield
        self._samples[what][side].append((time.perf_counter() - begun) * 1000)


def spread(samples: list[float]) -> Spread:
    """Return median and deciles of at least two samples."""
    deciles = statistics.quantiles(samples, n=10, method="inclusive")
    return Spread(deciles[0], statistics.median(samples), deciles[8], len(samples))
