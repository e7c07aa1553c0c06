"""What a sign-in tells where the mailbox is open elsewhere: the members of problem ``mailbox-in-use``."""

from datetime import datetime
from typing import Self

from pydantic import ValidationError

from courriel_wire import Problem
from courriel_wire.model import Answer


class MailboxInUse(Answer):
    """Which application holds the mailbox, since when, and whether its session may be closed from here."""

    application: str = ""
    since: datetime | None = None
    takeover: bool = False

    @classmethod
    def of(cls, problem: Problem) -> Self:
        """Read the problem's members; what cannot be read is left out."""
        try:
            return cls.model_validate(problem.model_extra or {})
        except ValidationError:
            return cls()
