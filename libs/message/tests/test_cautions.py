"""Cautions and the receiving server's results: told where they apply, and only then."""

import pytest
from hostile_messages import letter, mixed, typed

from courriel_message import authentication_results, cautions, is_dangerous, parse

FIELDS = [
    ("From: Marie Martin <marie@a.example>", ()),
    ('From: "marie@a.example" <marie@a.example>', ()),
    ('From: "marie@banque.example" <x@evil.example>', ("name-imitates-address",)),
    ('From: "Marie <marie@banque.example>" <x@evil.example>', ("name-imitates-address",)),
    ("From: Marie <marie@b\u0430nque.example>", ("mixed-script-address",)),
    ("From: a@a.example\r\nReply-To: b@a.example", ()),
    ("From: a@a.example\r\nReply-To: b@mail.a.example", ()),
    ("From: a@a.example\r\nReply-To: a@evil.example", ("reply-to-elsewhere",)),
    ("Reply-To: a@evil.example", ()),
]


@pytest.mark.parametrize(("fields", "codes"), FIELDS)
def test_senders_that_are_not_what_they_seem(fields: str, codes: tuple[str, ...]) -> None:
    """Names, answer addresses and scripts are compared with the sender's domain."""
    assert cautions(parse(f"{fields}\r\n\r\nx".encode())) == codes


def test_files_that_run_are_told() -> None:
    """The type is what the name ends in, as for the system that would open it."""
    raw = mixed(typed("application/pdf; name=facture.pdf.JS", b"x"))
    assert cautions(parse(raw)) == ("dangerous-file",)
    assert cautions(parse(letter())) == ()
    assert [is_dangerous(name) for name in ("a.exe", "a.docm", "exe", "a.pdf", "a.exe .txt", "a.exe ")] == [
        True,
        True,
        False,
        False,
        False,
        True,
    ]


RESULTS = [
    (["mx.a.example; spf=pass smtp.mailfrom=x; dmarc=fail (p=none) x=y"], {"spf": "pass", "dmarc": "fail"}),
    (["mx.a.example 1; dkim=fail; dkim=pass; dkim=none; arc=pass"], {"dkim": "pass"}),
    (["mx.evil.example; dmarc=pass"], {}),
    (["mx.a.example; dmarc=fail", "mx.a.example; dmarc=pass"], {"dmarc": "fail"}),
    (["mx.a.example; none"], {}),
    (["(mx.a.example) mx.evil.example; dmarc=pass"], {}),
    ([""], {}),
    ([], {}),
]


@pytest.mark.parametrize(("fields", "results"), RESULTS)
def test_only_the_trusted_server_counts(fields: list[str], results: dict[str, str]) -> None:
    """Another server's results, and those that came with the message, are nothing."""
    headers = [("X", "y"), *(("Authentication-results", field) for field in fields)]
    assert authentication_results(headers, "mx.a.example") == results
