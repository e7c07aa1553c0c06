"""The demo's accounts: which mailboxes exist, and who may read them over POP3.

It refuses to hold any secret of value: the one password is printed on the screen when the demo starts.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from enum import Enum

PASSWORD = "demo"  # noqa: S105 - meant to be known: the start prints it


class Kind(Enum):
    """What sort of mailbox an account is, in the words of the field."""

    PERSONAL = "personal"
    FUNCTIONAL = "functional"
    IMAP_ONLY = "IMAP only"


@dataclass(frozen=True, slots=True)
class Account:
    """One mailbox: its user name (the part of the address before the @, lower case), and its kind."""

    name: str
    kind: Kind


ACCOUNTS = (
    Account("jean.dupont", Kind.PERSONAL),
    Account("marie.martin", Kind.PERSONAL),
    Account("balf-de-mon.service", Kind.FUNCTIONAL),
    Account("imap.seulement", Kind.IMAP_ONLY),
)
_BY_NAME = {account.name: account for account in ACCOUNTS}


def find_account(user: str, domain: str) -> Account | None:
    """Find the account that `user` names, with or without `@domain`, in any case; None if there is none."""
    name = user.strip().casefold()
    return _BY_NAME.get(name.removesuffix("@" + domain.casefold()))


def sign_in(user: str, password: str, domain: str) -> Account | None:
    """Return the account that POP3 may open with this user name and password.

    None says no more than "no": unknown user, wrong password and an IMAP-only account look the same.
    """
    account = find_account(user, domain)
    known = hmac.compare_digest(password.encode(), PASSWORD.encode())
    return account if account and known and account.kind is not Kind.IMAP_ONLY else None
