"""HTML newsletters as mailing tools make them: nested tables, inline colours, remote images, a tracker.

The remote addresses are under example.org, which belongs to nobody; no reader should fetch them unasked.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence


class Story(NamedTuple):
    """One item of a newsletter; `slug` ends the addresses of its page and its image."""

    title: str
    text: str
    slug: str


def newsletter(title: str, colour: str, stories: Sequence[Story]) -> tuple[str, str]:
    """Return the text and the HTML of an issue; `colour` is that of its banner, as `#rrggbb`."""
    text = f"{title}\n\n" + "\n".join(f"* {story.title}\n  {story.text}\n" for story in stories)
    return text + "\nSe désabonner : https://lettre.example.org/fin\n", _html(title, colour, stories)


def _html(title: str, colour: str, stories: Sequence[Story]) -> str:
    rows = "\n".join(_row(colour, story) for story in stories)
    return f"""\
<!DOCTYPE html>
<html lang="fr"><head><meta charset="utf-8"><title>{escape(title)}</title>
<style>@media (max-width:600px) {{ .page {{ width:100% }} }} a:hover {{ text-decoration:none }}</style></head>
<body bgcolor="#eeeeee" style="margin:0;font-family:Arial,sans-serif">
<table width="100%" cellpadding="0" cellspacing="0"><tr><td align="center">
<table class="page" width="600" cellpadding="0" cellspacing="0" bgcolor="#ffffff">
<tr><td colspan="2" bgcolor="{colour}" style="padding:20px;color:#ffffff;font-size:24px">
<img src="https://lettre.example.org/images/logo.png" width="48" height="48" alt="Logo">
{escape(title)}</td></tr>
{rows}
<tr><td colspan="2" style="padding:12px;font-size:12px;color:#666666">
<a href="https://lettre.example.org/fin">Se désabonner</a>
<img src="https://lettre.example.org/ouverture.gif" width="1" height="1" alt=""></td></tr>
</table></td></tr></table></body></html>
"""


def _row(colour: str, story: Story) -> str:
    return f"""\
<tr><td width="150" valign="top" style="padding:12px">
<img src="https://lettre.example.org/images/{story.slug}.jpg" width="140" height="90" alt=""></td>
<td valign="top" style="padding:12px;color:#222222">
<h2 style="margin:0;color:{colour};font-size:18px">{escape(story.title)}</h2>
<p>{escape(story.text)}</p>
<p><a href="https://lettre.example.org/{story.slug}" style="color:{colour}">Lire la suite</a></p></td></tr>"""
