"""The style filter: which declarations stay."""

import pytest

from courriel_message.style import filter_style


@pytest.mark.parametrize(
    ("style", "kept"),
    [
        ("color:red", "color:red"),
        ("Color : #FF0000 !important ;", "color:#FF0000 !important"),
        ("color:RGBA(1,2,3,.5);background:hsl(1 2% 3%)", "color:RGBA(1,2,3,.5);background:hsl(1 2% 3%)"),
        ("color:calc(1px)", ""),
        ("color:rgb(var(--x))", ""),
        ("position:absolute;color:red", "color:red"),
        ("display:none", "display:none"),
        ("display:flex", ""),
        ("display:none!important", "display:none!important"),
        ("margin:-10px", ""),
        ("margin:0 -.5em", ""),
        ("margin:0 auto", "margin:0 auto"),
        ("text-indent:-9999px", ""),
        ("font-family:'a", ""),
        ('font-family:"a;color:red;b"', "color:red"),
        ("color:red\\", ""),
        ("color:red/**/", ""),
        ("color", ""),
        (";;;", ""),
        ("", ""),
    ],
)
def test_declarations_stay_only_as_the_allow_list_has_them(style: str, kept: str) -> None:
    """Known properties with plain values stay; functions, escapes, comments and overlays go."""
    assert filter_style(style) == kept
