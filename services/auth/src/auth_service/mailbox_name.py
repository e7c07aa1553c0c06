"""The one spelling of a mailbox: what the lock, the mail server and every other service know it by.

Refuses names that no mail server should see. Whether there is a mailbox of that name, the mail server says.
"""

import unicodedata
from dataclasses import dataclass

from auth_service.errors import UnusableMailboxName

MAX_LENGTH = 64
"""Octets of a local part (RFC 5321 section 4.5.3.1.1)."""
_PUNCTUATION = frozenset("._+-&'=~!#$^`{|}?/")
"""Of RFC 5321's atext and dot all but ``*`` and ``%``: to Dovecot these mean a master user and a variable."""


@dataclass(frozen=True)
class MailDomain:
    """The domain whose mailboxes are opened here, such as ``demo.example``."""

    domain: str

    def fold(self, username: str) -> str:
        """Write ``username`` as the mailbox name it would be: NFKC, lower case, without spaces around it.

        Our own domain is stripped; another one stays, and so does whatever makes the name unusable.
        """
        folded = _lower(username).strip()
        local, at, domain = folded.rpartition("@")
        return local.rstrip() if at and domain.lstrip() == _lower(self.domain) else folded

    def mailbox(self, username: str) -> str:
        """Return the canonical name of the mailbox that ``username`` means.

        Raises UnusableMailboxName for a name of another domain, or one that can be no mailbox's.
        """
        name = self.fold(username)
        if not 0 < len(name.encode()) <= MAX_LENGTH or not all(map(_is_usable, name)):
            raise UnusableMailboxName
        return name

    def address(self, mailbox: str) -> str:
        """Return the mail address of a mailbox."""
        return f"{mailbox}@{self.domain}"


def _lower(text: str) -> str:
    """Lower case, in the one form of compatible characters: doing it again changes nothing.

    Another webmail or a mail server may fold full-width letters and ligatures, as SASLprep does (RFC 4013),
    and would then mean by two names of ours one mailbox.
    """
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).lower())


def _is_usable(character: str) -> bool:
    return (
        character in _PUNCTUATION
        or character.isalnum()
        or unicodedata.category(character).startswith("M")  # marks that have no composed letter
    )
