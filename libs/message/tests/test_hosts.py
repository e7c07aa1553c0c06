"""True hosts: named where a link's text says another, hides one, or mixes scripts; silent on honest links."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from courriel_message import sanitise
from courriel_message.hosts import is_mixed, true_host

LINKS = [
    ("https://a.example/x", "https://a.example/x", None),
    ("https://www.a.example/", "a.example", None),
    ("https://a.example/", "www.a.example", None),
    ("https://mon.a.example/", "a.example", None),
    ("https://a.example/", "Cliquez ici", None),
    ("https://a.example/", "Version 2.0 du texte. Merci", None),
    ("https://a.example/f", "facture.pdf", None),
    ("mailto:a@a.example", "b.example", None),
    ("https://été.example/", "https://été.example/", None),
    ("https://evil.example/", "https://banque.example/", "evil.example"),
    ("https://evil.example/", "banque.example", "evil.example"),
    ("https://evil.example/", "Allez sur www.banque.example.", "evil.example"),
    ("https://banque.example.evil.example/", "banque.example", "banque.example.evil.example"),
    ("https://notbanque.example/", "banque.example", "notbanque.example"),
    ("https://banque.example@evil.example/", "ici", "evil.example"),
    ("https://EVIL.example:8080/", "banque.example/compte", "evil.example"),
    ("https://b\u0430nque.example/", "ici", "xn--bnque-4ve.example"),
    ("https://[::1/", "ici", "https://[::1/"),
    ("http://evil.example\\@banque.example/", "banque.example", "evil.example"),
    ("https:///evil.example/", "banque.example", "evil.example"),
    ("https://\\/\tevil.example/", "banque.example", "evil.example"),
    ("https://evil.example/", "ban\u200bque.exam\xadple", "evil.example"),
    ("https://evil.example/", "\u2060" * 5000 + "banque.example", "evil.example"),
    ("https://evil.example/", " " * 5000 + "banque.example", "evil.example"),
    ("https://evil.example/", "banque\u3002example", "evil.example"),
    ("https://evil.example/", "\uff42anque.example", "evil.example"),
    ("https://evil.example/", "\u202eelpmaxe.euqnab", "evil.example"),
    ("https://a.example/", " a\u200b.example ", None),
]


@pytest.mark.parametrize(("target", "said", "host"), LINKS)
def test_the_true_host_of_a_link(target: str, said: str, host: str | None) -> None:
    """It is named exactly where the text lets one expect another."""
    assert true_host(target, said) == host


@pytest.mark.parametrize(
    ("host", "mixed"),
    [
        ("exemple.example", False),
        ("exâmple-1.example", False),
        ("b\u0430nque.example", True),
        ("xn--80ak6aa92e.com", True),
        ("例え.テスト", False),
        ("xn--\u0430", True),
    ],
)
def test_scripts_that_do_not_belong_together(host: str, mixed: bool) -> None:  # noqa: FBT001 — a table's column
    """Cyrillic or Greek letters among Latin ones are told, in either spelling of the host."""
    assert is_mixed(host) is mixed


@given(st.text(max_size=60), st.text(max_size=60))
def test_no_link_makes_it_fail(target: str, said: str) -> None:
    """Whatever the link and its text, there is an answer that can be written."""
    (true_host(f"https://{target}", said) or "").encode()


@pytest.mark.parametrize("padding", ["<b></b>" * 1000, "&nbsp;" * 1000, "<b title='" + "x" * 4000 + "'></b>"])
def test_no_padding_hides_what_a_link_says(padding: str) -> None:
    """What stands before the name, and is not seen, does not keep the true host from being told."""
    html = f'<a href="https://evil.example/">{padding}banque.example</a>'
    assert 'data-host="evil.example"' in sanitise(html, resolve_cid=lambda _: None).html
