"""A lint of the templates: no script, no inline style, right typography, every string translatable."""

import re

import pytest
from catalogues import extracted

from courriel_wire import Code
from gateway_service import words
from gateway_service.pages import FOLDER

TEMPLATES = sorted(path.relative_to(FOLDER).as_posix() for path in FOLDER.rglob("*.*"))
BARE = re.compile(
    r"[«][^\u00a0\u202f]|[^\u00a0\u202f][»]|[^\u00a0\u202f:][;?!](?=\s|$)|[^\u00a0\u202f/p]:(?=\s|$)"
)
# The guide's own words, letter by letter
AS_IN_THE_GUIDE = {
    "Nom d'utilisateur",
    (
        "La connexion est refusée. Il est probable que votre nom d'utilisateur "
        "ou votre mot de passe ait été mal saisi."
    ),
}


def source(name: str) -> str:
    """Read one template."""
    return (FOLDER / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("name", TEMPLATES)
def test_no_script_and_no_inline_style(name: str) -> None:
    """Nothing needs more than the strict policy; the message's frame alone has styles of its own."""
    text = source(name)
    assert not re.search(r"<\s*script|javascript:|\son[a-z]+\s*=", text, re.IGNORECASE)
    assert "srcdoc" not in text
    assert "http://" not in text
    assert "https://" not in text
    if name != "body.html":
        assert not re.search(r"<\s*style|\sstyle\s*=", text, re.IGNORECASE)
        assert "|safe" not in text


def test_french_typography() -> None:
    """French has no-break spaces before ; : ! ? » and after «, and typographic apostrophes, everywhere."""
    for message in extracted():
        for string in (message.id,) if isinstance(message.id, str) else message.id:
            assert not BARE.search(string), string
            assert "'" not in string or string in AS_IN_THE_GUIDE, string
            assert "..." not in string, string


@pytest.mark.parametrize("name", [each for each in TEMPLATES if each.endswith(".html")])
def test_every_word_is_translatable(name: str) -> None:
    """No word that people see or hear stands in a template outside of ``_()``."""
    classes = r"{% block page %}.*?{% endblock %}\n|<style>.*?</style>"
    text = re.sub(classes + r"|{#.*?#}|{%.*?%}|{{.*?}}", "", source(name), flags=re.DOTALL)
    shown = re.sub(r"<!doctype html>|<[^>]*>", " ", text, flags=re.DOTALL)
    assert not re.search(r"[A-Za-zÀ-ÿ]{2,}", shown.replace("&lt;", "").replace("&gt;", "")), shown
    told = re.findall(r"""\b(?:title|alt|placeholder|aria-label|aria-description)=(["'])(.*?)\1""", text)
    assert not [words for _, words in told if re.search(r"[A-Za-zÀ-ÿ]{2,}", words)]


@pytest.mark.parametrize("code", Code)
def test_every_code_has_words(code: Code) -> None:
    """Whatever the problem, a person is told something, in a page and over a letter."""
    assert words.explain(code).title
    assert words.explain_letter(code)
    assert words.explain("a-code-of-tomorrow").title
