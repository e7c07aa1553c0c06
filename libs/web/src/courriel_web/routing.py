"""Which replica of the mailbox service serves a mailbox: rendezvous hashing over the addresses of its name.

A POP3 connection lives in one process and cannot move, so every caller must pick the same one without asking
anybody (Thaler & Ravishankar, "A Name-Based Mapping Scheme for Rendezvous", 1996).
"""

import hashlib
from collections.abc import Iterable

HINT_OCTETS = 8


def routing_hint(mailbox: str) -> str:
    """Return the public part of a token: a hash of the canonical mailbox name, 16 hexadecimal digits."""
    return hashlib.sha256(mailbox.encode()).hexdigest()[: 2 * HINT_OCTETS]


def hint_of_token(token: str) -> str:
    """Return the routing hint of a token (``<hint>.<secret>``); it proves nothing and is not trusted."""
    return token.partition(".")[0]


def rank_replicas(key: str, addresses: Iterable[str]) -> list[str]:
    """Order ``addresses`` by preference for ``key``, the best first, whatever order they come in."""
    return sorted(
        set(addresses),
        key=lambda address: hashlib.sha256(f"{key}\0{address}".encode()).digest(),
        reverse=True,
    )
