"""MIME: parse, build, sanitise; no I/O. Everything is a pure function or a frozen dataclass."""

from courriel_message.addresses import (
    Address,
    canonical,
    format_address,
    is_address,
    needs_smtputf8,
    parse_addresses,
)
from courriel_message.building import Attachment, Draft, Priority, build
from courriel_message.errors import InvalidAddress, InvalidDraft, MessageError, TooComplex, UnknownPart
from courriel_message.filename import safe_name
from courriel_message.limits import Limits
from courriel_message.parsing import Message, Part, parse, part_content
from courriel_message.plain import linkify, quote
from courriel_message.sanitising import Sanitised, sanitise
from courriel_message.subjects import forward_subject, reply_subject
from courriel_message.summary import Summary, summarise

__all__ = [
    "Address",
    "Attachment",
    "Draft",
    "InvalidAddress",
    "InvalidDraft",
    "Limits",
    "Message",
    "MessageError",
    "Part",
    "Priority",
    "Sanitised",
    "Summary",
    "TooComplex",
    "UnknownPart",
    "build",
    "canonical",
    "format_address",
    "forward_subject",
    "is_address",
    "linkify",
    "needs_smtputf8",
    "parse",
    "parse_addresses",
    "part_content",
    "quote",
    "reply_subject",
    "safe_name",
    "sanitise",
    "summarise",
]
