"""What an answer or a forward takes from its message: recipients, thread, quotation, header block.

It reads a parsed `Message`, or anything else with these fields (see `Original`). It formats no dates: they
are given as people read them, in their zone and language. It decides nothing about attachments.
"""

from collections.abc import Sequence
from typing import Final, Literal, Protocol

from courriel_message.addresses import Address, canonical, format_address, is_address
from courriel_message.plain import quote

Language = Literal["fr", "en"]

_MAX_REFERENCES: Final = 100
_SOMEBODY: Final[dict[Language, str]] = {"fr": "Quelqu’un", "en": "Someone"}
_WROTE: Final[dict[Language, str]] = {"fr": "{who} a écrit\u00a0:", "en": "{who} wrote:"}
_WROTE_ON: Final[dict[Language, str]] = {
    "fr": "Le {date}, {who} a écrit\u00a0:",
    "en": "On {date}, {who} wrote:",
}
_FORWARDED: Final[dict[Language, str]] = {
    "fr": "-------- Message transféré --------",
    "en": "-------- Forwarded message --------",
}
_LABELS: Final[dict[Language, dict[str, str]]] = {
    "fr": {
        "from": "De\u00a0:",
        "date": "Date\u00a0:",
        "to": "À\u00a0:",
        "cc": "Cc\u00a0:",
        "subject": "Objet\u00a0:",
    },
    "en": {"from": "From:", "date": "Date:", "to": "To:", "cc": "Cc:", "subject": "Subject:"},
}


class Mailbox(Protocol):
    """Display name ("" for none) and local@domain."""

    @property
    def name(self) -> str:
        """Return the display name."""
        ...

    @property
    def address(self) -> str:
        """Return local@domain."""
        ...


class Original(Protocol):
    """The fields of a message that an answer looks at, as `Message` has them."""

    @property
    def from_(self) -> Sequence[Mailbox]:
        """Return the authors."""
        ...

    @property
    def reply_to(self) -> Sequence[Mailbox]:
        """Return whom the authors want answers to reach."""
        ...

    @property
    def to(self) -> Sequence[Mailbox]:
        """Return the recipients."""
        ...

    @property
    def cc(self) -> Sequence[Mailbox]:
        """Return the recipients of copies."""
        ...

    @property
    def subject(self) -> str:
        """Return the subject, decoded."""
        ...

    @property
    def message_id(self) -> str | None:
        """Return the identifier with its angle brackets."""
        ...

    @property
    def in_reply_to(self) -> Sequence[str]:
        """Return the identifiers of In-Reply-To."""
        ...

    @property
    def references(self) -> Sequence[str]:
        """Return the identifiers of References."""
        ...

    @property
    def text(self) -> str:
        """Return the body as text."""
        ...


def reply_recipients(
    message: Original, own_address: str, *, everyone: bool
) -> tuple[tuple[Address, ...], tuple[Address, ...]]:
    """Return To and Cc of an answer (RFC 5322, section 3.6.3); `everyone` adds the recipients of the message.

    Answers go to Reply-To where there is one, else to From; Mail-Followup-To is no standard, and ignored. An
    address comes once, and `own_address` only where nobody else is left. What is no address is left out.
    """
    own = canonical(own_address).lower()
    seen: set[str] = set()
    authors = _once(message.reply_to, seen) or _once(message.from_, seen)
    to = (*authors, *_once(message.to, seen)) if everyone else authors
    cc = _once(message.cc, seen) if everyone else ()
    others_to, others_cc = _without(own, to), _without(own, cc)
    return (others_to, others_cc) if others_to or others_cc else (to, cc)


def _once(mailboxes: Sequence[Mailbox], seen: set[str]) -> tuple[Address, ...]:
    """Return the mailboxes that are not in `seen` yet, and note them there."""
    found = []
    for mailbox in mailboxes:
        key = canonical(mailbox.address)
        if key not in seen and is_address(mailbox.address):
            seen.add(key)
            found.append(Address(mailbox.name, mailbox.address))
    return tuple(found)


def _without(own: str, addresses: Sequence[Address]) -> tuple[Address, ...]:
    return tuple(each for each in addresses if canonical(each.address).lower() != own)


def references_for_reply(message: Original) -> tuple[str, ...]:
    """Return References of an answer (RFC 5322, section 3.6.4); () where the message has no identifier.

    A very long thread keeps its first message and its last ninety-nine.
    """
    if message.message_id is None:
        return ()
    parents = tuple(message.references)
    if not parents and len(message.in_reply_to) == 1:
        parents = tuple(message.in_reply_to)
    thread = tuple(
        dict.fromkeys((*(each for each in parents if each != message.message_id), message.message_id))
    )
    return thread if len(thread) <= _MAX_REFERENCES else (thread[0], *thread[1 - _MAX_REFERENCES :])


def quote_for_reply(message: Original, *, date: str, language: Language) -> str:
    """Return the attribution line and the quoted text; `date` ("" for unknown) as it stands after « Le »."""
    author = next(iter(message.from_), None)
    who = _one_line(author.name or author.address) if author else ""
    line = (_WROTE_ON if date else _WROTE)[language].format(date=date, who=who or _SOMEBODY[language])
    return f"{line}\n{quote(message.text)}\n"


def forward_body(message: Original, *, date: str, language: Language) -> str:
    """Return the message as the text of a forward: a rule, its header lines, an empty line, its text.

    `date` ("" for unknown) as people read it. Blind copies are not told.
    """
    values = {
        "from": _listed(message.from_),
        "date": date,
        "to": _listed(message.to),
        "cc": _listed(message.cc),
        "subject": _one_line(message.subject),
    }
    labels = _LABELS[language]
    lines = [f"{labels[name]} {value}" for name, value in values.items() if value]
    return "\n".join([_FORWARDED[language], *lines, "", message.text.rstrip("\n"), ""])


def _listed(mailboxes: Sequence[Mailbox]) -> str:
    return ", ".join(_one_line(format_address(Address(each.name, each.address))) for each in mailboxes)


def _one_line(text: str) -> str:
    return " ".join(text.split())
