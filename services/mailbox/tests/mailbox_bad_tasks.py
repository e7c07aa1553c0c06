"""Tasks that a worker does not finish. In a module of their own: workers import it by name."""

import os


def loop_for_ever() -> None:
    """Take all the time there is."""
    while True:
        pass


def die() -> None:
    """End the process without a word."""
    os._exit(1)


def recurse() -> None:
    """Fail as a parser does on deeply nested mail."""
    raise RecursionError


def eat() -> int:
    """Take more memory than a message of 10 MB is worth."""
    return len(bytearray(200_000_000))
