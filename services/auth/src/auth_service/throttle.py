"""Guessing passwords is slowed: so many failures in a window, by user name and by client address.

An attempt is counted before it is made and given back unless it failed, so that attempts made at once cannot
slip past the count. People behind one address who sign in at once are not failures: where the limit is
reached only with attempts that are still open, the next one waits for their outcome.
"""

import hashlib
import ipaddress
import math
import secrets
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Protocol

from auth_service.clock import Clock
from auth_service.errors import LoginRefused, TooManyAttempts

FIRST_WAIT_SECONDS = 0.1
LONGEST_WAIT_SECONDS = 0.8
PATIENCE_SECONDS = 8.0
"""How long an attempt waits in all for the outcome of others."""
IPV6_SUBSCRIBER_PREFIX = 64


@dataclass(frozen=True)
class Admitted:
    """The attempt is counted and may be made."""


@dataclass(frozen=True)
class MustWait:
    """The limit is reached, but only with attempts that are still open."""


@dataclass(frozen=True)
class Full:
    """The limit is reached; ``retry_after`` seconds until the oldest failure leaves the window."""

    retry_after: float


class Throttle(Protocol):
    """Counts attempts by subject (opaque text). Each call is one indivisible step over all its subjects."""

    async def admit(self, attempt: str, subjects: Sequence[str]) -> Admitted | MustWait | Full:
        """Count ``attempt`` (a random id) against every subject, or against none if one is at its limit."""
        ...

    async def settle(self, attempt: str, subjects: Sequence[str], *, failed: bool) -> None:
        """Close an attempt: a failure stays counted for the window, anything else is given back."""
        ...


def subjects_of(username: str, client_address: str) -> tuple[str, str]:
    """Return what an attempt is counted against: digests of the folded user name and of the client's network.

    A subscriber has a whole IPv6 /64, so that is what counts, not the single address.
    """
    return (_digest("user", username), _digest("address", _network_of(client_address)))


@asynccontextmanager
async def counted_attempt(throttle: Throttle, clock: Clock, subjects: Sequence[str]) -> AsyncIterator[None]:
    """Run the body as one counted attempt; it failed if it raises LoginRefused.

    What neither succeeded nor failed (the mail server is away) is given back too; an attempt that was
    cancelled stays counted, since its outcome is not known.

    Raises TooManyAttempts, and then does not run the body.
    """
    attempt = secrets.token_urlsafe(12)
    await _wait_for_admission(throttle, clock, attempt, subjects)
    try:
        yield
    except LoginRefused:
        await throttle.settle(attempt, subjects, failed=True)
        raise
    except Exception:
        await throttle.settle(attempt, subjects, failed=False)
        raise
    await throttle.settle(attempt, subjects, failed=False)


async def _wait_for_admission(
    throttle: Throttle, clock: Clock, attempt: str, subjects: Sequence[str]
) -> None:
    deadline = clock.monotonic() + PATIENCE_SECONDS
    pause = FIRST_WAIT_SECONDS
    while True:
        match await throttle.admit(attempt, subjects):
            case Admitted():
                return
            case Full(retry_after):
                raise TooManyAttempts(max(1, math.ceil(retry_after)))
            case MustWait():
                if clock.monotonic() + pause > deadline:
                    raise TooManyAttempts(1)
                await clock.sleep(pause)
                pause = min(2 * pause, LONGEST_WAIT_SECONDS)


def _digest(kind: str, text: str) -> str:
    return hashlib.sha256(f"{kind}\0{text}".encode()).hexdigest()


def _network_of(client_address: str) -> str:
    try:
        address = ipaddress.ip_address(client_address)
    except ValueError:
        return client_address
    if isinstance(address, ipaddress.IPv4Address):
        return str(address)
    if address.ipv4_mapped:
        return str(address.ipv4_mapped)
    return str(ipaddress.ip_network((int(address), IPV6_SUBSCRIBER_PREFIX), strict=False))
