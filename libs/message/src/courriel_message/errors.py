"""What this room refuses, as exceptions. Parsing raises none of them.

Broken mail is normal and becomes a note.
"""


class MessageError(Exception):
    """Base of everything this room raises on purpose."""


class UnknownPart(MessageError, LookupError):
    """The message has no part with this id."""

    def __init__(self, part_id: str) -> None:
        super().__init__(f"no part {part_id!r}")
        self.part_id = part_id


class TooComplex(MessageError, ValueError):
    """HTML too large or too deeply nested to be sanitised in bounded time; show the text instead."""


class InvalidAddress(MessageError, ValueError):
    """One address of a typed list is not a mailbox of RFC 5321.

    `position` is the index (in characters) at which the refused `token` starts in what was typed.
    """

    def __init__(self, position: int, token: str) -> None:
        super().__init__(f"not an address, at character {position}")
        self.position = position
        self.token = token


class InvalidDraft(MessageError, ValueError):
    """A draft holds something that must not reach the wire; `field` names where (as in `Draft`)."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}")
        self.field = field
        self.reason = reason
