"""A message sent on as it is, under a block of Resent-* fields (RFC 5322, section 3.6.6).

What it was given comes back octet by octet after the block, with three exceptions that the way or the privacy
of others asks for:

- a line ends with CRLF; a CR that ends no line becomes a space, since the next server could read a line break
  there (RFC 5321, section 2.3.8), and with it a field or a command that nobody wrote;
- Bcc and Resent-Bcc are left out: a copy that still has them would tell the new readers who was hidden from
  the first ones;
- the `From ` line of a mailbox file before the header goes, because after the block it would end the header.

Everything else stays, trace fields, signatures and lines of more than 998 octets included: a fold would break
a signature, and the relay that refuses such a line says so itself. It adds no Resent-Bcc.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from typing import Final

from courriel_message.addresses import Address, is_address
from courriel_message.errors import InvalidDraft
from courriel_message.header import read_fields
from courriel_message.header_writing import fold, is_message_id, mailboxes, refuse_controls

_LINE_END: Final = re.compile(rb"(?<!\r)\r*\n")
_MBOX_LINE: Final = re.compile(rb">?From [^\n]*\n")
_BLIND: Final = re.compile(
    rb"^(?:Resent-)?Bcc[ \t]*:[^\n]*\n(?:[ \t][^\n]*\n)*", re.IGNORECASE | re.MULTILINE
)


@dataclass(frozen=True, slots=True)
class Resending:
    """Who sends a message on, to whom, and when.

    `date` is aware; `message_id` (of this sending, angle brackets included) is its own.
    """

    from_: Address
    to: tuple[Address, ...]
    message_id: str
    date: datetime
    cc: tuple[Address, ...] = ()


def resend(raw: bytes, resending: Resending) -> bytes:
    """Return `raw` under its Resent-* fields, ready for DATA (before dot-stuffing). Raises InvalidDraft.

    It may hold octets beyond ASCII where `raw` does: the relay must offer 8BITMIME then (RFC 6152).
    """
    _validate(resending)
    fields = [
        ("Resent-Date", [format_datetime(resending.date)]),
        ("Resent-From", mailboxes([resending.from_])),
    ]
    if resending.to:
        fields.append(("Resent-To", mailboxes(resending.to)))
    if resending.cc:
        fields.append(("Resent-Cc", mailboxes(resending.cc)))
    fields.append(("Resent-Message-ID", [resending.message_id]))
    return "".join(fold(name, value) for name, value in fields).encode("utf-8") + _original(raw)


def _validate(resending: Resending) -> None:
    for field, addresses in {
        "from_": (resending.from_,),
        "to": resending.to,
        "cc": resending.cc,
    }.items():
        for address in addresses:
            refuse_controls(field, address.name)
            if not is_address(address.address):
                raise InvalidDraft(field, "not an address")
    if not is_message_id(resending.message_id):
        raise InvalidDraft("message_id", "not a message identifier")
    if resending.date.tzinfo is None:
        raise InvalidDraft("date", "without a time zone")


def _original(raw: bytes) -> bytes:
    """Return what follows the block."""
    lines = _LINE_END.sub(b"\n", raw).replace(b"\r", b" ")
    if mbox := _MBOX_LINE.match(lines):
        lines = lines[mbox.end() :]
    if lines and not lines.endswith(b"\n"):
        lines += b"\n"
    _, body, _ = read_fields(lines, 0, len(lines), len(lines))
    return (_BLIND.sub(b"", lines[:body]) + lines[body:]).replace(b"\n", b"\r\n")
