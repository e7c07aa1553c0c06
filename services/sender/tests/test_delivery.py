"""Pauses between attempts, the window, and a server's words."""

import random

from hypothesis import given
from hypothesis import strategies as st

from sender_service.delivery import MAX_DETAIL, Delivered, Permanent, RetryPolicy, Temporary, plain_words

POLICY = RetryPolicy(window=14_400, first=15)


@given(attempts=st.integers(1, 10_000), age=st.floats(0, 20_000), seed=st.integers())
def test_a_pause_is_within_its_step_and_the_window(attempts: int, age: float, seed: int) -> None:
    """Between half and whole of a doubling step, at most 15 minutes; never beyond the window."""
    pause = POLICY.pause(attempts, age, random.Random(seed))  # noqa: S311 — spreads retries
    step = min(900, 15 * 2 ** min(attempts - 1, 30))
    if pause is None:
        assert age + step > 14_400
    else:
        assert step / 2 <= pause <= step
        assert age + pause <= 14_400


def test_giving_up_keeps_the_last_words() -> None:
    """What was temporary is permanent now; what was final stays."""
    outcomes = {"a": Temporary("451 full"), "b": Delivered("250"), "c": Permanent("550")}
    given_up = POLICY.give_up(outcomes)
    assert isinstance(given_up["a"], Permanent)
    assert given_up["a"].detail.endswith("451 full")
    assert (given_up["b"], given_up["c"]) == (outcomes["b"], outcomes["c"])


@given(st.text())
def test_words_are_one_bounded_harmless_line(text: str) -> None:
    """No control, no line break, no endless text."""
    words = plain_words(text + "\r\n\x1b[31m" + "x" * 1000)
    assert len(words) <= MAX_DETAIL
    assert not any(ord(each) < 32 or ord(each) == 127 for each in words)
