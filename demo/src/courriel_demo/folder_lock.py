"""One demo a folder: the lock that keeps a second start from touching what the first one uses.

The lock is the kernel's (flock): it goes with the last process that holds the file open, and never stays
behind.
"""

from __future__ import annotations

import fcntl
import os
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_PATIENCE_SECONDS = 1.5  # a supervisor that was just killed still has its processes ended by the warden


class FolderInUseError(Exception):
    """Another demo runs from this folder; `holder` is what it wrote about itself."""

    def __init__(self, holder: str) -> None:
        super().__init__(holder)
        self.holder = holder


def lock_folder(folder: Path, about: str) -> int:
    """Lock `folder` and return the open file that holds the lock; `about` is told to whoever finds it locked.

    Raises FolderInUseError.
    """
    file = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                holder = os.pread(file, 500, 0).decode("utf-8", "replace")
                os.close(file)
                raise FolderInUseError(holder) from None
            time.sleep(0.1)
        else:
            os.truncate(file, 0)
            os.pwrite(file, about.encode(), 0)
            return file
