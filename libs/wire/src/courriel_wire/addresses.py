"""A mail address as the API shows it."""

from courriel_wire.model import Answer


class Address(Answer):
    """``name`` is the decoded display name ("" when there is none), ``address`` an RFC 5321 mailbox."""

    name: str = ""
    address: str
