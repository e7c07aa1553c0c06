"""Everything that goes wrong, as types: one base, and the standard library's errors where they fit.

What a caller may do next is the class: after a `ReplyError` the connection goes on (except after the greeting
and QUIT), after every other error raised by a live connection it is closed. No message holds a credential.
"""


class Pop3Error(Exception):
    """Base of every error of this package."""


class InvalidCommand(Pop3Error, ValueError):
    """An argument that cannot be sent: control characters, too long, no message number. Nothing was sent."""


class UsageError(Pop3Error, RuntimeError):
    """The caller broke the order of calls, e.g. a command while another reply is still being read."""


class ConnectionLost(Pop3Error, ConnectionError):
    """The connection ended, or was ended earlier, before the answer was complete."""


class ConnectFailed(ConnectionLost):
    """No connection could be made: name not resolved, refused, unreachable."""


class TimedOut(ConnectionLost, TimeoutError):
    """The server took longer than it was given. The connection is closed.

    `answered` is how many answers of the same flight had come by then.
    """

    def __init__(self, message: str, answered: int = 0) -> None:
        """Say what was waited for."""
        super().__init__(message)
        self.answered = answered


class TlsFailed(ConnectionLost):
    """The TLS handshake failed."""


class CertificateRefused(TlsFailed):
    """The server's certificate is not trusted, has expired, or names another host."""


class TlsRequired(Pop3Error):
    """TLS is required and the server has none, or the server requires it and we were told not to."""


class ProtocolError(Pop3Error):
    """The server does not speak POP3 as we understand it. The connection is closed."""


class TooLarge(ProtocolError):
    """A line or a reply went over its bound (see `Limits`). The connection is closed.

    `verb` is the command's, `number` its message's where it has one, `limit` the bound in octets.
    """

    def __init__(self, verb: str, limit: int, number: int | None = None) -> None:
        """Say which reply went over which bound."""
        about = verb if number is None else f"{verb} {number}"
        super().__init__(f"the answer to {about} is over {limit} octets")
        self.verb = verb
        self.limit = limit
        self.number = number


class ReplyError(Pop3Error):
    """The server said -ERR. The connection goes on.

    `verb` is the refused command's ("greeting" for the banner), `text` the server's words without controls,
    `code` the extended response code in upper case without brackets (RFC 2449 §8, RFC 3206), or None.
    """

    def __init__(self, verb: str, text: str, code: str | None = None) -> None:
        """Keep what the server said."""
        super().__init__(f"{verb} refused: {f'[{code}] ' if code else ''}{text}")
        self.verb = verb
        self.text = text
        self.code = code


class AuthenticationRefused(ReplyError):
    """Name or password are wrong, or open no maildrop over POP3 ([AUTH], or at sign-in no code)."""


class MaildropInUse(ReplyError):
    """Another session holds the maildrop ([IN-USE])."""


class LoginDelay(ReplyError):
    """The last sign-in was too short a time ago ([LOGIN-DELAY])."""


class ServerTemporaryFailure(ReplyError):
    """The server cannot just now; later it may ([SYS/TEMP])."""


class ServerPermanentFailure(ReplyError):
    """The server cannot, and an operator has to repair it ([SYS/PERM])."""


_BY_CODE: dict[str, type[ReplyError]] = {
    "AUTH": AuthenticationRefused,
    "IN-USE": MaildropInUse,
    "LOGIN-DELAY": LoginDelay,
    "SYS/TEMP": ServerTemporaryFailure,
    "SYS/PERM": ServerPermanentFailure,
}


def reply_error(verb: str, text: str, code: str | None, *, signing_in: bool = False) -> ReplyError:
    """Return the error for a -ERR. Codes are hierarchical: SYS/TEMP/x is a SYS/TEMP (RFC 2449 §8)."""
    for known, kind in _BY_CODE.items():
        if code is not None and f"{code}/".startswith(f"{known}/"):
            return kind(verb, text, code)
    return (AuthenticationRefused if signing_in else ReplyError)(verb, text, code)
