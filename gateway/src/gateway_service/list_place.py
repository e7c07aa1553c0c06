"""Where somebody is in the list: page, order and search, as they stand in its URLs and forms."""

from dataclasses import dataclass, replace
from typing import Annotated
from urllib.parse import urlencode

from fastapi import Depends, Form, Query

from courriel_wire import Sort

MAX_QUERY = 200
ARRIVAL = Sort.NEWEST_FIRST
_FIRST_DOWN = frozenset({"date", "size"})
"""Columns that begin with their greatest: the newest, the largest."""


@dataclass(frozen=True)
class Place:
    """A page of the list, its ``sort`` and what was searched for (``q``, "" for nothing)."""

    page: int = 1
    sort: Sort = ARRIVAL
    q: str = ""

    @property
    def needs_index(self) -> bool:
        """Whether the list covers only what is indexed."""
        return bool(self.q.strip()) or self.sort is not ARRIVAL

    def url(self, *more: tuple[str, str | int]) -> str:
        """Return the URL of this place, with ``more`` in its query."""
        told: list[tuple[str, str | int]] = [("page", self.page)]
        if self.sort is not ARRIVAL:
            told.append(("sort", self.sort.value))
        if self.q:
            told.append(("q", self.q))
        return f"/messages?{urlencode([*told, *more])}"

    def refreshed(self) -> str:
        """Return the URL that asks the mail server anew: the first page, in the same order."""
        return replace(self, page=1).url(("refresh", 1))

    def turned(self, by: int) -> str:
        """Return the URL so many pages further."""
        return replace(self, page=self.page + by).url()

    def everything(self) -> str:
        """Return the URL of all messages, in the order of their arrival."""
        return Place().url()

    def sorted_by(self, column: str) -> str:
        """Return the URL of the list by ``column``; where it is already, turned around."""
        down = self.sort != f"-{column}" if column in _FIRST_DOWN else self.sort == column
        return replace(self, page=1, sort=Sort(f"-{column}" if down else column)).url()

    def direction(self, column: str) -> str:
        """Return the column's ``aria-sort``, "" where the list is not by it."""
        return {column: "ascending", f"-{column}": "descending"}.get(self.sort.value, "")


def _asked(
    page: Annotated[int, Query(ge=1, le=1_000_000)] = 1,
    sort: Sort = ARRIVAL,
    q: Annotated[str, Query(max_length=MAX_QUERY)] = "",
) -> Place:
    return Place(page, sort, q)


def _sent(
    page: Annotated[int, Form(ge=1)] = 1,
    sort: Annotated[Sort, Form()] = ARRIVAL,
    q: Annotated[str, Form(max_length=MAX_QUERY)] = "",
) -> Place:
    return Place(page, sort, q)


AskedPlace = Annotated[Place, Depends(_asked)]
"""The place that a URL names."""

SentPlace = Annotated[Place, Depends(_sent)]
"""The place from which a form was sent, and where its answer leads back."""
