"""What can go wrong in this service, in its own words. A message here is fit for the person who signs in."""

from datetime import datetime


class AuthError(Exception):
    """Base of this room's errors; ``app.py`` says how each is told over HTTP."""


class LoginRefused(AuthError):
    """The name and password open no mailbox: one error, with one text, whatever the cause.

    ``cause`` is for the log alone.
    """

    def __init__(self, cause: str = "refused by the mail server") -> None:
        super().__init__("The user name or the password is probably mistyped.")
        self.cause = cause


class MailboxInUse(AuthError):
    """The mailbox is open in ``application`` since ``since``; ``takeover``: whether it may be taken over."""

    def __init__(self, application: str, since: datetime, *, takeover: bool) -> None:
        super().__init__("The mailbox is open in another application or session.")
        self.application = application
        self.since = since
        self.takeover = takeover


class UnusableMailboxName(AuthError):
    """No mailbox of ours can have this name, or it is of another domain."""

    def __init__(self) -> None:
        super().__init__("No mailbox can have this name here.")


class NotLocked(AuthError):
    """Nobody holds the mailbox."""

    def __init__(self) -> None:
        super().__init__("Nobody holds this mailbox now.")


class TooManyAttempts(AuthError):
    """Too many sign-ins failed for this name or this address; ``retry_after`` in seconds."""

    def __init__(self, retry_after: int) -> None:
        super().__init__("Too many sign-ins failed. Wait before trying again.")
        self.retry_after = retry_after


class MaildropBusy(AuthError):
    """A POP client holds the maildrop now (``[IN-USE]``, RFC 2449); ``retry_after`` in seconds."""

    def __init__(self, retry_after: int = 5) -> None:
        super().__init__("Another program is reading this mailbox at this instant. Try again in a moment.")
        self.retry_after = retry_after


class MailServerUnavailable(AuthError):
    """The mail server does not answer; ``retry_after`` in seconds."""

    def __init__(self, retry_after: int = 5) -> None:
        super().__init__("The mail server does not answer. Try again in a moment.")
        self.retry_after = retry_after


class MaildropsUnavailable(AuthError):
    """The mailbox service does not answer, or not in a way that can be understood."""

    retry_after = 5

    def __init__(self) -> None:
        super().__init__("A part of the service does not answer. Try again in a moment.")


class SessionEnded(AuthError):
    """The token opens nothing any more; ``reason`` is ``unknown`` or ``taken-over``."""

    def __init__(self, reason: str) -> None:
        super().__init__("The session has ended.")
        self.reason = reason
