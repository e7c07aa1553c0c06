"""Personal or functional: told by the canonical name alone; whether there is such a mailbox is not asked."""

import re
from dataclasses import dataclass
from enum import StrEnum


class MailboxKind(StrEnum):
    """One person's mailbox, or one that several colleagues share."""

    PERSONAL = "personal"
    FUNCTIONAL = "functional"


@dataclass(frozen=True)
class MailboxKinds:
    """``functional`` is searched in the canonical name."""

    functional: re.Pattern[str]

    def of(self, mailbox: str) -> MailboxKind:
        """Return the kind of a mailbox."""
        return MailboxKind.FUNCTIONAL if self.functional.search(mailbox) else MailboxKind.PERSONAL
