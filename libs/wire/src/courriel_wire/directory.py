"""Who can be written to: the people and services of the directory."""

from enum import StrEnum

from courriel_wire.model import Answer


class EntryKind(StrEnum):
    """A person, or a service that several people read."""

    PERSON = "person"
    SERVICE = "service"


class DirectoryEntry(Answer):
    """One entry as the address book shows it; ``unit`` and ``phone`` are "" where the directory has none."""

    name: str
    address: str
    kind: EntryKind
    unit: str = ""
    phone: str = ""


class DirectoryPage(Answer):
    """``GET /api/directory``: the best first; ``truncated`` where there are more than were asked for."""

    entries: tuple[DirectoryEntry, ...]
    truncated: bool = False
