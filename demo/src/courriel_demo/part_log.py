"""The log file of one part of the demo: what it wrote to its standard output and error."""

from __future__ import annotations

from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_TAIL_OCTETS = 8192


class PartLog:
    """A log that begins anew with the demo, and goes on when its part is started again."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._mark = 0
        path.write_bytes(b"")

    def open(self) -> IO[bytes]:
        """Open it for one more run of the part; `since_start` counts from here."""
        self._mark = self.path.stat().st_size
        return self.path.open("ab")

    def since_start(self) -> bytes:
        """Return what the present run wrote."""
        with self.path.open("rb") as file:
            file.seek(self._mark)
            return file.read()

    def tail(self, lines: int) -> str:
        """Return the last lines, as text."""
        with self.path.open("rb") as file:
            file.seek(max(0, self.path.stat().st_size - _TAIL_OCTETS))
            return "\n".join(file.read().decode("utf-8", "replace").splitlines()[-lines:])
