"""Identifiers of URLs, checked before they become part of a URL to another service.

A value that no service could have made is answered as unknown, not as malformed: the person followed a link.
"""

import re
from typing import Annotated

from fastapi import Depends, Path

from gateway_service.errors import UnknownFile, UnknownMessage, UnknownOutboxEntry, UnknownPart

# None may begin with a dot: "." and ".." mean something else in a path.
_UID = re.compile(r"[A-Za-z0-9_~-][A-Za-z0-9_.~-]{0,255}")
_PART = re.compile(r"[0-9][0-9.]{0,63}")
_NAME = re.compile(r"[A-Za-z0-9_-]{1,128}")


def checked_uid(uid: str) -> str:
    """Return ``uid``; raises UnknownMessage where no message can have it."""
    if not _UID.fullmatch(uid):
        raise UnknownMessage
    return uid


def _uid(uid: Annotated[str, Path(description="A message's `uid`, as the list gave it")]) -> str:
    return checked_uid(uid)


def _part(part: Annotated[str, Path(description="A part's `id`, as the message gave it")]) -> str:
    if not _PART.fullmatch(part):
        raise UnknownPart
    return part


def checked_entry(entry: str) -> str:
    """Return ``entry``; raises UnknownOutboxEntry where no message can have it."""
    if not _NAME.fullmatch(entry):
        raise UnknownOutboxEntry
    return entry


def _entry(entry: Annotated[str, Path(description="The `id` that the submission answered")]) -> str:
    return checked_entry(entry)


def _name(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise UnknownFile
    return name


PathUid = Annotated[str, Depends(_uid)]
PathPart = Annotated[str, Depends(_part)]
PathEntry = Annotated[str, Depends(_entry)]
PathName = Annotated[str, Depends(_name)]
