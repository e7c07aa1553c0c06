"""Plain text made safe for a page, and quoted for an answer."""

import time
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from courriel_message import linkify, quote

REL = 'target="_blank" rel="noopener noreferrer"'


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("a < b & c", "a &lt; b &amp; c"),
        ("voir https://a.example/x.", f'voir <a href="https://a.example/x" {REL}>https://a.example/x</a>.'),
        ("(http://a.example/(b))", f'(<a href="http://a.example/(b)" {REL}>http://a.example/(b)</a>)'),
        ("www.a.example,", f'<a href="https://www.a.example" {REL}>www.a.example</a>,'),
        (
            "https://a.example/?b=1&c=2",
            f'<a href="https://a.example/?b=1&amp;c=2" {REL}>https://a.example/?b=1&amp;c=2</a>',
        ),
        ("<a.b@c.example>", '&lt;<a href="mailto:a.b@c.example">a.b@c.example</a>&gt;'),
        (
            'https://a.example/"onclick=x',
            f'<a href="https://a.example/" {REL}>https://a.example/</a>&quot;onclick=x',
        ),
        ("javascript:steal()", "javascript:steal()"),
        ("http://", "http://"),
        ("www.", "www."),
        ("(http://)", "(http://)"),
        ("www.http://", f'<a href="https://www.http://" {REL}>www.http://</a>'),
        ("a@b", "a@b"),
    ],
)
def test_text_is_escaped_and_linked(text: str, html: str) -> None:
    """Only http(s) URLs and addresses become links, without the punctuation around them."""
    assert linkify(text) == html


def test_quoted_lines_are_nested_without_their_marks() -> None:
    """Each level of quotation is one element around its lines."""
    assert linkify("a\n> b\n>> c\n> d\ne\nf") == (
        "a<blockquote>b<blockquote>c</blockquote>d</blockquote>e\nf"
    )


def test_a_long_quotation_is_folded() -> None:
    """What is quoted at length stands closed under its label; a few lines stay open."""
    long = "\n".join(["> b"] * 6)
    quotation = "\n".join(["b"] * 6)
    folded = f"<details><summary>&lt;Cité&gt;</summary><blockquote>{quotation}</blockquote></details>"
    assert linkify(f"a\n{long}\nc", fold="<Cité>") == f"a{folded}c"
    assert "<details>" not in linkify("a\n> b\nc", fold="Cité")
    assert "<details>" not in linkify(long)


def test_a_host_of_mixed_scripts_is_named() -> None:
    """A link in text shows its own address; where letters deceive, the host in ASCII stands beside it."""
    assert 'data-host="xn--bnque-4ve.example"' in linkify("http://b\u0430nque.example/")


class Reader(HTMLParser):
    """Collects elements, link targets and text."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.targets: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep the element, and where it links."""
        self.tags.add(tag)
        self.targets.extend(value or "" for name, value in attrs if name == "href")

    def handle_data(self, data: str) -> None:
        """Keep the text."""
        self.text += data


PIECES = st.sampled_from(
    ["<", "&", '"', "'", "http://", "www.", "a@b.fr", "&lt;", "x", " ", "\n", ")", ".", "<b>"]
)


@given(st.lists(PIECES | st.text()).map("".join))
def test_only_links_and_quotations_come_out(text: str) -> None:
    """Whatever the text, no other element comes out, and without quotations all of its characters do."""
    reader = Reader()
    reader.feed(linkify(text))
    reader.close()

    assert reader.tags <= {"a", "blockquote"}
    assert all(target.lower().startswith(("http://", "https://", "mailto:")) for target in reader.targets)
    if "blockquote" not in reader.tags:
        assert reader.text == text


@pytest.mark.parametrize(
    "piece", ["a", "a.", "a@", "a@a.", "www.", "http://", ">", "http://a" + ")" * 2000 + " "]
)
def test_time_is_linear(piece: str) -> None:
    """No text makes linking slow."""
    started = time.process_time()
    linkify(piece * (300_000 // len(piece)))
    assert time.process_time() - started < 1


def test_quoting_marks_every_line() -> None:
    """A quotation of a quotation is one level deeper, and no line has a trailing space."""
    assert quote("a\n\n> b\n>> c\n") == "> a\n>\n>> b\n>>> c"
