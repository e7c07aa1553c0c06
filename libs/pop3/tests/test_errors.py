"""What a -ERR becomes: its type is what a caller may do next."""

import pytest

import courriel_pop3
from courriel_pop3 import (
    AuthenticationRefused,
    LoginDelay,
    MaildropInUse,
    Pop3Error,
    ReplyError,
    ServerPermanentFailure,
    ServerTemporaryFailure,
)
from courriel_pop3._errors import reply_error


@pytest.mark.parametrize(
    ("code", "error"),
    [
        (None, ReplyError),
        ("X-OTHER", ReplyError),
        ("SYS", ReplyError),
        ("IN-USER", ReplyError),
        ("AUTH", AuthenticationRefused),
        ("IN-USE", MaildropInUse),
        ("IN-USE/WEBMAIL", MaildropInUse),
        ("LOGIN-DELAY", LoginDelay),
        ("SYS/TEMP", ServerTemporaryFailure),
        ("SYS/TEMP/DISK", ServerTemporaryFailure),
        ("SYS/PERM", ServerPermanentFailure),
    ],
)
def test_codes(code: str | None, error: type[ReplyError]) -> None:
    """Codes are hierarchical; those nobody knows are plain refusals."""
    refused = reply_error("NOOP", "words", code)
    assert type(refused) is error
    assert (refused.verb, refused.text, refused.code) == ("NOOP", "words", code)


def test_one_base() -> None:
    """Every error that leaves this package is a Pop3Error."""
    public = [getattr(courriel_pop3, name) for name in courriel_pop3.__all__]
    errors = [item for item in public if isinstance(item, type) and issubclass(item, Exception)]
    assert len(errors) > 10
    assert all(issubclass(error, Pop3Error) for error in errors)
