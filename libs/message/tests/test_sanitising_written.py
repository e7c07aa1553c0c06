"""HTML that a person writes, before it is sent."""

import pytest

from courriel_message import TooComplex, sanitise_written


def written(html: str, *content_ids: str) -> str:
    """Sanitise with these images attached."""
    return sanitise_written(html, content_ids=content_ids).html


@pytest.mark.parametrize(
    ("html", "sent"),
    [
        ('<p style="color:red">é <b>x</b></p>', '<p style="color:red">é <b>x</b></p>'),
        ('<a href="https://x.example/?a=1">x</a>', '<a href="https://x.example/?a=1">x</a>'),
        ('<a href="javascript:x()">x</a>', "<a>x</a>"),
        ("<script>x</script><p onclick='x'>y</p>", "<p>y</p>"),
        ('<img src="cid:logo@x" alt="L">', '<img src="cid:logo@x" alt="L">'),
        ('<img src="cid:other@x" alt="L">', '<img alt="L">'),
        ('<img src="https://x.example/i.png">', "<img>"),
        ('<img src="data:image/png;base64,AAAA">', "<img>"),
        ("<!-- x --><style>p{}</style>y", "y"),
    ],
)
def test_what_is_sent_is_what_may_be_shown(html: str, sent: str) -> None:
    """Links and own images stay as they were written; scripts, remote and foreign images go."""
    assert written(html, "logo@x") == sent


def test_remote_images_are_counted() -> None:
    """So that the person can be told."""
    assert sanitise_written('<img src="http://a/b"><img src="//c/d">', content_ids=()).remote_images == 2


def test_a_content_id_cannot_leave_its_attribute() -> None:
    """An identifier with other characters is none of ours, even where it was attached."""
    assert "onerror" not in written('<img src="cid:a%22 onerror=%22x">', 'a" onerror="x')


def test_too_much_markup_is_refused() -> None:
    """As with mail received: sanitising takes bounded time or does not begin."""
    with pytest.raises(TooComplex):
        written("<b>" * 1000)
