"""Loopback ports: is one free, and which are.

What is found free may be taken a moment later; nothing here holds a port.
"""

from __future__ import annotations

import random
import socket

HOST = "127.0.0.1"
_LOWEST, _HIGHEST = 20000, 32000  # below the range from which systems give ports to clients


def is_free(port: int) -> bool:
    """Say whether a server could listen on the loopback `port`. Raises PermissionError for a reserved one."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except PermissionError:
            raise
        except OSError:
            return False
    return True


def free_ports(count: int) -> list[int]:
    """Return `count` different ports that are free now, chosen at random so that two demos seldom meet."""
    candidates = random.sample(range(_LOWEST, _HIGHEST), _HIGHEST - _LOWEST)
    found: list[int] = []
    for port in candidates:
        if len(found) == count:
            break
        if is_free(port):
            found.append(port)
    return found
