"""Answers and forwards: who gets them, which thread they belong to, and what they quote."""

import dataclasses
from typing import Any

import pytest

from courriel_message import (
    Address,
    Message,
    forward_body,
    parse,
    parse_addresses,
    quote_for_reply,
    references_for_reply,
    reply_recipients,
)

OWN = "jean.dupont@demo.example"
MESSAGE = parse(
    "From: Marie Martin <marie@demo.example>\r\n"
    'To: Jean <jean.dupont@demo.example>, "Durand, Zoé" <zoe@demo.example>\r\n'
    "Cc: Paul <paul@demo.example>\r\n"
    "Subject: Réunion\r\n"
    "Message-ID: <2@demo.example>\r\n"
    "References: <0@demo.example> <1@demo.example>\r\n"
    "\r\n"
    "Bonjour,\r\n> cité\r\n\r\nMarie\r\n".encode()
)


def with_(**changes: Any) -> Message:
    """Change the example."""
    return dataclasses.replace(MESSAGE, **changes)


def typed(text: str) -> tuple[Address, ...]:
    """Read addresses as people type them."""
    return tuple(parse_addresses(text))


def recipients(everyone: bool, **changes: str) -> tuple[list[str], list[str]]:  # noqa: FBT001 - a table's column
    """Return the addresses of To and Cc of an answer to the example with these fields."""
    message = with_(**{name: typed(text) for name, text in changes.items()})
    to, cc = reply_recipients(message, OWN, everyone=everyone)
    return [each.address.partition("@")[0] for each in to], [each.address.partition("@")[0] for each in cc]


@pytest.mark.parametrize(
    ("everyone", "changes", "to", "cc"),
    [
        (False, {}, ["marie"], []),
        (True, {}, ["marie", "zoe"], ["paul"]),
        (False, {"reply_to": "list@demo.example"}, ["list"], []),
        (True, {"reply_to": "list@demo.example"}, ["list", "zoe"], ["paul"]),
        (True, {"cc": "MARIE <marie@DEMO.example>, zoe@demo.example"}, ["marie", "zoe"], []),
        (True, {"to": "Jean.Dupont@Demo.Example", "cc": OWN}, ["marie"], []),
        (False, {"from_": OWN}, ["jean.dupont"], []),
        (True, {"from_": OWN, "to": OWN, "cc": ""}, ["jean.dupont"], []),
        (True, {"from_": OWN, "to": OWN, "cc": "paul@demo.example"}, [], ["paul"]),
        (True, {"from_": "", "to": "", "cc": ""}, [], []),
    ],
)
def test_who_gets_an_answer(everyone: bool, changes: dict[str, str], to: list[str], cc: list[str]) -> None:  # noqa: FBT001
    """Reply-To before From; everybody once; oneself only where nobody else is left."""
    assert recipients(everyone, **changes) == (to, cc)


def test_an_answer_follows_no_other_field_and_no_broken_address() -> None:
    """Mail-Followup-To is ignored; what could not be sent to is left out; names stay."""
    message = parse(
        b"From: MAILER-DAEMON\r\nReply-To: nobody, Marie <marie@demo.example>\r\n"
        b"Mail-Followup-To: trap@demo.example\r\nTo: undisclosed-recipients:;\r\n\r\n"
    )
    assert reply_recipients(message, OWN, everyone=True) == ((Address("Marie", "marie@demo.example"),), ())


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, ("<0@demo.example>", "<1@demo.example>", "<2@demo.example>")),
        ({"references": ()}, ("<2@demo.example>",)),
        ({"references": (), "in_reply_to": ("<1@x>",)}, ("<1@x>", "<2@demo.example>")),
        ({"references": (), "in_reply_to": ("<0@x>", "<1@x>")}, ("<2@demo.example>",)),
        ({"references": ("<2@demo.example>", "<1@x>", "<1@x>")}, ("<1@x>", "<2@demo.example>")),
        ({"message_id": None}, ()),
    ],
)
def test_an_answer_belongs_to_the_thread(changes: dict[str, Any], expected: tuple[str, ...]) -> None:
    """The parent's references and its identifier last, each once; In-Reply-To only where it is one."""
    assert references_for_reply(with_(**changes)) == expected


def test_a_long_thread_keeps_its_first_and_its_last() -> None:
    """A hundred identifiers at most."""
    found = references_for_reply(with_(references=tuple(f"<{n}@x>" for n in range(300))))
    assert (len(found), found[0], found[1], found[-1]) == (100, "<0@x>", "<202@x>", "<2@demo.example>")


@pytest.mark.parametrize(
    ("language", "date", "changes", "line"),
    [
        (
            "fr",
            "mardi 3 mars 2026 à 14:05",
            {},
            "Le mardi 3 mars 2026 à 14:05, Marie Martin a écrit\u00a0:",
        ),
        ("en", "Tuesday 3 March 2026 at 14:05", {}, "On Tuesday 3 March 2026 at 14:05, Marie Martin wrote:"),
        ("fr", "", {"from_": (Address("", "m@x.example"),)}, "m@x.example a écrit\u00a0:"),
        ("en", "", {"from_": ()}, "Someone wrote:"),
        ("fr", "", {"from_": (Address("a\nb {who}", "m@x.example"),)}, "a b {who} a écrit\u00a0:"),
    ],
)
def test_a_quotation_says_who_wrote(language: Any, date: str, changes: dict[str, Any], line: str) -> None:
    """The attribution is one line, with its no-break space in French; the text is quoted under it."""
    quoted = quote_for_reply(with_(**changes), date=date, language=language)
    assert quoted == f"{line}\n> Bonjour,\n>> cité\n>\n> Marie\n"


def test_a_forward_tells_its_header_in_french() -> None:
    """The fields people read, with their no-break spaces, then the text as it is."""
    assert forward_body(MESSAGE, date="mardi 3 mars 2026 à 14:05", language="fr") == (
        "-------- Message transféré --------\n"
        "De\u00a0: Marie Martin <marie@demo.example>\n"
        "Date\u00a0: mardi 3 mars 2026 à 14:05\n"
        'À\u00a0: Jean <jean.dupont@demo.example>, "Durand, Zoé" <zoe@demo.example>\n'
        "Cc\u00a0: Paul <paul@demo.example>\n"
        "Objet\u00a0: Réunion\n"
        "\n"
        "Bonjour,\n> cité\n\nMarie\n"
    )


def test_a_forward_leaves_out_what_is_empty_and_hidden() -> None:
    """No line without a value, none for blind copies, none that a field's line break makes."""
    message = with_(cc=(), to=(), bcc=typed("hidden@demo.example"), subject="a\nCc: b", text="")
    assert forward_body(message, date="", language="en") == (
        "-------- Forwarded message --------\nFrom: Marie Martin <marie@demo.example>\nSubject: a Cc: b\n\n\n"
    )
