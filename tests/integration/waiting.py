"""Waiting for a condition that another process brings about."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")
LIMIT_SECONDS = 30.0
_PAUSE_SECONDS = 0.2


def eventually(what: str, attempt: Callable[[], T | None], seconds: float = LIMIT_SECONDS) -> T:
    """Return the first answer of ``attempt`` that is truthy; AssertionError after ``seconds``."""
    deadline = time.monotonic() + seconds
    while True:
        if answer := attempt():
            return answer
        assert time.monotonic() < deadline, f"not within {seconds} s: {what}"
        time.sleep(_PAUSE_SECONDS)
