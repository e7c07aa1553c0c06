"""Maildrops as Maildir folders: deliver, list, read, delete, and the exclusive lock of a POP3 session.

Messages are kept as they travel, with CRLF line ends, so that a file's size is the octet count POP3 must
tell; the standard library's `mailbox.Maildir` rewrites line ends, and is not used for that reason. A
message's UIDL is its file name: unique, and the same after a restart. Nothing here knows users, passwords
or protocols, and the lock holds inside this process only: one mail server owns the folder.
"""

from __future__ import annotations

import os
import re
import secrets
import shutil
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_LINE_END = re.compile(rb"\r\n|\r|\n")
_NANOSECONDS = 10**9


class MaildropInUseError(Exception):
    """Another session holds the maildrop."""


@dataclass(frozen=True, slots=True)
class StoredMessage:
    """One message of a maildrop: its UIDL, its size in octets, and its file."""

    uidl: str
    octets: int
    path: Path

    def read(self) -> bytes:
        """Return the whole message, CRLF line ends."""
        return self.path.read_bytes()


class Maildrops:
    """All maildrops under one folder, a Maildir each."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._held: set[str] = set()

    def create(self, name: str) -> None:
        """Make the Maildir of `name` where it does not exist yet."""
        for box in ("tmp", "new", "cur"):
            (self._folder / name / box).mkdir(parents=True, exist_ok=True)

    def clear(self, name: str) -> None:
        """Remove the Maildir of `name` with all its mail."""
        if (self._folder / name).exists():
            shutil.rmtree(self._folder / name)

    def deliver(self, name: str, message: bytes, arrival: float | None = None) -> str:
        """Store `message` in the maildrop `name` and return its UIDL.

        `arrival` (seconds since the epoch; now by default) decides its place: a maildrop is in order of
        arrival. The message is whole on disk before it gets its name in `new`.
        """
        nanoseconds = time.time_ns() if arrival is None else round(arrival * _NANOSECONDS)
        uidl = f"{nanoseconds:020d}.{secrets.token_hex(4)}"
        draft = self._folder / name / "tmp" / uidl
        with draft.open("wb") as file:
            file.write(with_crlf(message))
            file.flush()
            os.fsync(file.fileno())
        draft.rename(self._folder / name / "new" / uidl)
        return uidl

    def take(self, name: str) -> tuple[StoredMessage, ...]:
        """Lock the maildrop and return what is in it now, in order of arrival: the session's snapshot.

        Raises MaildropInUseError where another session has it. Whoever takes it must `release` it.
        """
        if name in self._held:
            raise MaildropInUseError
        self._held.add(name)
        try:
            return self._list(name)
        except OSError:
            self._held.discard(name)
            raise

    def release(self, name: str) -> None:
        """Unlock the maildrop."""
        self._held.discard(name)

    def _list(self, name: str) -> tuple[StoredMessage, ...]:
        files = [file for box in ("new", "cur") for file in (self._folder / name / box).iterdir()]
        files.sort(key=lambda file: file.name)
        return tuple(StoredMessage(file.name.partition(":")[0], file.stat().st_size, file) for file in files)


def with_crlf(message: bytes) -> bytes:
    """Return the message with every line ended by CRLF, the last one included (RFC 5322 section 2.1)."""
    message = _LINE_END.sub(b"\r\n", message)
    return message if message.endswith(b"\r\n") else message + b"\r\n"
