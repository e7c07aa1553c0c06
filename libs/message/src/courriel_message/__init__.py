"""MIME: parse, build, sanitise; no I/O. Everything is a pure function or a frozen dataclass."""

from courriel_message.addresses import (
    Address,
    canonical,
    format_address,
    is_address,
    needs_smtputf8,
    parse_addresses,
)
from courriel_message.answering import forward_body, quote_for_reply, references_for_reply, reply_recipients
from courriel_message.authentication import authentication_results
from courriel_message.building import Attachment, Draft, Priority, build
from courriel_message.cautions import cautions, is_dangerous
from courriel_message.errors import InvalidAddress, InvalidDraft, MessageError, TooComplex, UnknownPart
from courriel_message.excerpts import Excerpt
from courriel_message.filename import safe_name
from courriel_message.header_writing import is_message_id
from courriel_message.html_text import text_of_html
from courriel_message.limits import Limits
from courriel_message.parsing import Contents, Message, Part, parse, part_content
from courriel_message.plain import linkify, quote
from courriel_message.reporting import FailedRecipient, NonDelivery, build_report
from courriel_message.resending import Resending, resend
from courriel_message.sanitising import Sanitised, sanitise, sanitise_written
from courriel_message.subjects import forward_subject, reply_subject
from courriel_message.summary import Summary, summarise

__all__ = [
    "Address",
    "Attachment",
    "Contents",
    "Draft",
    "Excerpt",
    "FailedRecipient",
    "InvalidAddress",
    "InvalidDraft",
    "Limits",
    "Message",
    "MessageError",
    "NonDelivery",
    "Part",
    "Priority",
    "Resending",
    "Sanitised",
    "Summary",
    "TooComplex",
    "UnknownPart",
    "authentication_results",
    "build",
    "build_report",
    "canonical",
    "cautions",
    "format_address",
    "forward_body",
    "forward_subject",
    "is_address",
    "is_dangerous",
    "is_message_id",
    "linkify",
    "needs_smtputf8",
    "parse",
    "parse_addresses",
    "part_content",
    "quote",
    "quote_for_reply",
    "references_for_reply",
    "reply_recipients",
    "reply_subject",
    "resend",
    "safe_name",
    "sanitise",
    "sanitise_written",
    "summarise",
    "text_of_html",
]
