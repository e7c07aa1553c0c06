"""What can go wrong in this room. The domain knows no HTTP: ``app.py`` says how each error is told.

Every message is fit for the person who asked: no server name, no credential, no content of a message.
"""

from typing import Literal


class MailboxError(Exception):
    """Base of every error of this room."""


class LoginRefused(MailboxError):
    """The POP3 server refuses this user name or password, or POP3 to this account."""


class SessionEnded(MailboxError):
    """The session is not active (any more)."""

    def __init__(self, reason: Literal["unknown", "taken-over"] = "unknown") -> None:
        super().__init__("The session has ended")
        self.reason = reason


class MaildropBusy(MailboxError):
    """Another client holds the maildrop at this moment.

    ``retry_after``: seconds after which it is worth asking again.
    """

    retry_after = 5


class LoginTooSoon(MaildropBusy):
    """The server wants a pause between two logins (RFC 2449 section 8.1.1)."""

    def __init__(self, retry_after: int = 10) -> None:
        super().__init__()
        self.retry_after = retry_after


class TooManyStreams(MailboxError):
    """The session has as many event streams open as it may."""


class MailServerUnavailable(MailboxError):
    """No answer, no understandable answer, or an answer too late: the connection is of no use any more."""


class AuthUnavailable(MailboxError):
    """The auth service does not answer, so nobody can say whose session this is."""


class LeaseLost(MailServerUnavailable):
    """Another replica has the maildrop now: the connection was dropped, and nothing was deleted."""


class HeaderTooLarge(MailServerUnavailable):
    """A message's header is over the bound, and the connection ended with it; ``number`` is the message's."""

    def __init__(self, number: int) -> None:
        super().__init__("A message of the mailbox has too large a header")
        self.number = number


class StateUnavailable(MailboxError):
    """The store of sessions does not answer auth, so nobody can say whose session this is."""


class CommandRefused(MailboxError):
    """The server said -ERR to a command; the connection goes on."""


class UnknownMessage(MailboxError):
    """The maildrop holds no message of this uid."""


class UnknownPart(MailboxError):
    """The message has no part of this id."""


class UnknownImage(MailboxError):
    """No inline image is stored under this name, or no longer."""


class InvalidReplyTo(MailboxError):
    """The address for answers is none; ``field`` names it."""

    field = "reply_to"


class MessageTooLarge(MailboxError):
    """The message is larger than this service takes into memory; ``limit`` in octets."""

    def __init__(self, limit: int) -> None:
        super().__init__(f"The message has more than {limit} octets")
        self.limit = limit


class MessageUnreadable(MailboxError):
    """The message could not be taken apart in the time a message is given."""
