"""The octets of an accepted message: composed of what a person wrote, or resent as it came.

Pure, and slow for large messages: call it off the event loop. From is the session's identity, never the
request's; HTML is sanitised, so that nobody can send what nobody would be shown.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from courriel_message import (
    Address,
    Attachment,
    Draft,
    InvalidDraft,
    Resending,
    TooComplex,
    build,
    is_message_id,
    resend,
    sanitise_written,
    summarise,
    text_of_html,
)
from courriel_wire import Submission
from sender_service.errors import SenderError
from sender_service.limits import Recipients, read_field

SUBJECT_CHARACTERS = 2000
"""As many of a resent message's subject are shown in the outbox."""
NOT_IN_A_REDIRECT = (
    "subject",
    "text",
    "html",
    "attachments",
    "in_reply_to",
    "references",
    "priority",
    "request_receipt",
    "reply_to",
)


class InvalidHeader(SenderError):
    """Something that must not stand in a message's header, such as a line break in the subject."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}")
        self.field = field


class HtmlTooComplex(SenderError):
    """HTML too large or too deep to be sanitised."""

    def __init__(self) -> None:
        super().__init__("html: too large, or too deeply nested")
        self.field = "html"


class NotInARedirect(SenderError):
    """Something was asked that would change a message which is resent as it is."""

    def __init__(self, field: str) -> None:
        super().__init__(f"{field}: a redirected message is resent as it is")
        self.field = field


@dataclass(frozen=True, slots=True)
class Author:
    """Who sends: the mailbox of the session, and the only From address it may have."""

    mailbox: str
    identity: Address = field(repr=False)


@dataclass(frozen=True, slots=True)
class Stamp:
    """What tells this message from all others; `date` is aware."""

    message_id: str
    date: datetime


@dataclass(frozen=True, slots=True)
class Composed:
    """A message in octets, and the subject it is known by."""

    octets: bytes = field(repr=False)
    subject: str = field(repr=False)


def check_redirect(submission: Submission) -> None:
    """Raise NotInARedirect where a redirect comes with something of a message of its own."""
    if submission.redirect is None:
        return
    for name in NOT_IN_A_REDIRECT:
        if getattr(submission, name) != Submission.model_fields[name].default:
            raise NotInARedirect(name)


def compose(
    author: Author,
    submission: Submission,
    recipients: Recipients,
    files: Sequence[Attachment],
    stamp: Stamp,
) -> Composed:
    """Return the message: `files` are the attachments, or the one message that is resent.

    Raises InvalidHeader, HtmlTooComplex, BadAddress.
    """
    sender = Address(submission.sender_name.strip() or author.identity.name, author.identity.address)
    try:
        if submission.redirect is not None:
            return _resent(sender, recipients, files[0].content, stamp)
        return Composed(build(_draft(sender, submission, recipients, files, stamp)), submission.subject)
    except InvalidDraft as error:
        field = "sender_name" if error.field == "from_" else error.field
        raise InvalidHeader(field, error.reason) from None
    except TooComplex:
        raise HtmlTooComplex from None


def _resent(sender: Address, recipients: Recipients, raw: bytes, stamp: Stamp) -> Composed:
    resending = Resending(
        from_=sender, to=recipients.to, cc=recipients.cc, message_id=stamp.message_id, date=stamp.date
    )
    return Composed(resend(raw, resending), summarise(raw).subject[:SUBJECT_CHARACTERS])


def _draft(
    sender: Address, submission: Submission, recipients: Recipients, files: Sequence[Attachment], stamp: Stamp
) -> Draft:
    text, html = submission.text, submission.html
    if html is not None:
        html = sanitise_written(html, content_ids={each.content_id for each in files}).html
        text = text if text.strip() else text_of_html(html)
    return Draft(
        from_=sender,
        to=recipients.to,
        cc=recipients.cc,
        bcc=recipients.bcc,
        reply_to=read_field("reply_to", submission.reply_to),
        subject=submission.subject,
        text=text,
        html=html,
        message_id=stamp.message_id,
        date=stamp.date,
        attachments=tuple(files),
        in_reply_to=_writable(submission.in_reply_to),
        references=_writable(*submission.references),
        priority=submission.priority.value,
        request_receipt=submission.request_receipt,
    )


def _writable(*identifiers: str | None) -> tuple[str, ...]:
    """Keep the identifiers that RFC 5322 allows: a thread's odd one must not prevent an answer."""
    return tuple(each for each in identifiers if each and is_message_id(each))
