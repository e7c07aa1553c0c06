"""Failures are counted whatever happens at once, and people who sign in at once are not refused for it."""

import asyncio

import pytest
from auth_doubles import ManualClock, MemoryThrottle

from auth_service.errors import LoginRefused, MailServerUnavailable, TooManyAttempts
from auth_service.throttle import PATIENCE_SECONDS, Full, counted_attempt, subjects_of

SUBJECTS = ("jean", "here")


@pytest.fixture
def clock() -> ManualClock:
    """Make a clock."""
    return ManualClock()


@pytest.fixture
def throttle(clock: ManualClock) -> MemoryThrottle:
    """Make a throttle of three failures."""
    return MemoryThrottle(clock)


async def attempt(throttle: MemoryThrottle, clock: ManualClock, error: BaseException | None = None) -> None:
    """Make an attempt that takes a second and ends with ``error``."""
    async with counted_attempt(throttle, clock, SUBJECTS):
        await clock.sleep(1)
        if error:
            raise error


async def test_the_attempt_after_the_last_failure_is_not_made(
    throttle: MemoryThrottle, clock: ManualClock
) -> None:
    """The body does not run, and the waiting time is told in whole seconds."""
    for _ in range(3):
        with pytest.raises(LoginRefused):
            await attempt(throttle, clock, LoginRefused())
    with pytest.raises(TooManyAttempts) as refused:
        await attempt(throttle, clock, AssertionError("the body ran"))
    assert refused.value.retry_after == 597


@pytest.mark.parametrize("error", [None, MailServerUnavailable()])
async def test_what_is_no_failure_is_given_back(
    throttle: MemoryThrottle, clock: ManualClock, error: Exception | None
) -> None:
    """Successes, and attempts whose outcome a broken mail server kept to itself, fill nothing."""
    for _ in range(10):
        if error:
            with pytest.raises(type(error)):
                await attempt(throttle, clock, error)
        else:
            await attempt(throttle, clock)


async def test_a_cancelled_attempt_stays_counted(throttle: MemoryThrottle, clock: ManualClock) -> None:
    """Hanging up before the answer is no way to guess for free."""
    for _ in range(3):
        with pytest.raises(asyncio.CancelledError):
            await attempt(throttle, clock, asyncio.CancelledError())
    clock.now += 60
    assert isinstance(await throttle.admit("x", SUBJECTS), Full)


async def test_guesses_made_at_once_do_not_slip_past(throttle: MemoryThrottle, clock: ManualClock) -> None:
    """Of fifty wrong passwords sent together three reach the mail server."""
    outcomes = await asyncio.gather(
        *(attempt(throttle, clock, LoginRefused()) for _ in range(50)), return_exceptions=True
    )
    assert [type(each) for each in outcomes].count(LoginRefused) == 3
    assert [type(each) for each in outcomes].count(TooManyAttempts) == 47


async def test_many_right_passwords_at_once_all_get_in(throttle: MemoryThrottle, clock: ManualClock) -> None:
    """People behind one address wait for each other for an instant, and are not refused."""
    first = [asyncio.create_task(attempt(throttle, clock)) for _ in range(6)]
    await asyncio.gather(*first)


async def test_nobody_waits_for_ever(throttle: MemoryThrottle, clock: ManualClock) -> None:
    """Where the open attempts do not end, the next one is refused, to be tried again at once."""
    for name in "123":
        await throttle.admit(name, SUBJECTS)
    started = clock.now
    with pytest.raises(TooManyAttempts) as refused:
        await attempt(throttle, clock)
    assert refused.value.retry_after == 1
    assert clock.now - started <= PATIENCE_SECONDS


def test_names_and_addresses_are_apart_and_not_readable() -> None:
    """A name that looks like an address is not counted as one; Redis sees digests."""
    assert len({*subjects_of("192.0.2.1", "192.0.2.2"), *subjects_of("192.0.2.2", "192.0.2.1")}) == 4
    assert "jean" not in "".join(subjects_of("jean", "192.0.2.1"))


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("192.0.2.1", "192.0.2.2", False),
        ("192.0.2.1", "::ffff:192.0.2.1", True),
        ("2001:db8:0:1::1", "2001:db8:0:1:ffff::9", True),
        ("2001:db8:0:1::1", "2001:db8:0:2::1", False),
        ("", "", True),
        ("not an address", "something else", False),
    ],
)
def test_an_ipv6_subscriber_is_one_address(one: str, other: str, same: bool) -> None:  # noqa: FBT001 — a parameter
    """A /64 counts as one; an IPv4 address in IPv6 clothes is itself."""
    assert (subjects_of("jean", one)[1] == subjects_of("jean", other)[1]) is same
