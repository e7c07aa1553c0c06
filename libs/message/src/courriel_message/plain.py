"""Plain text on its way to a page or into an answer: escaped and linked, or quoted. Makes no other HTML."""

import re
from html import escape
from itertools import groupby
from typing import Final

from courriel_message.hosts import true_host

# Every repetition is bounded or guarded by a look-behind: time is linear in the text.
_LINK: Final = re.compile(
    r"""(?P<url>(?<![\w/.@-])(?:https?://|www\.)(?=\w)[^\s<>"'`\x00-\x20]{1,2000})"""
    r"""|(?P<address>(?<![\w.+@/-])[\w.+-]{1,64}@(?:[\w-]{1,63}\.){1,8}[^\W\d_]{2,63}(?![\w@-]))""",
    re.IGNORECASE,
)
_TRAILING: Final = ".,;:!?…»”’*_~|"
_PAIRS: Final = {")": "(", "]": "[", "}": "{"}
_QUOTED: Final = re.compile(r"(?:> ?)+")
_MAX_QUOTE_DEPTH: Final = 8
_FOLDED_FROM: Final = 6  # lines; a shorter quotation is read with what answers it


def linkify(text: str, *, fold: str = "") -> str:
    """`text` as a safe HTML fragment, for an element that keeps white space (`white-space: pre-wrap`).

    Everything is escaped; http(s) URLs and addresses become links; lines quoted with `>` stand, without it,
    in nested `<blockquote>` elements. With `fold`, a label, long quotations are in a closed `<details>`.
    """
    pieces: list[str] = []
    for quoted, lines in groupby(text.split("\n"), lambda line: line.startswith(">")):
        stretch = list(lines)
        if not quoted:
            # What stands at a quotation's edge needs no line break: the element is a block.
            pieces.append("\n".join(map(_line, stretch)))
        elif fold and len(stretch) >= _FOLDED_FROM:
            pieces.append(f"<details><summary>{escape(fold)}</summary>{_quotation(stretch)}</details>")
        else:
            pieces.append(_quotation(stretch))
    return "".join(pieces)


def _quotation(lines: list[str]) -> str:
    pieces: list[str] = []
    depth = 0
    for line in lines:
        marks = _QUOTED.match(line)
        wanted = min(marks[0].count(">"), _MAX_QUOTE_DEPTH) if marks else 0
        pieces.append("<blockquote>" * (wanted - depth) or "</blockquote>" * (depth - wanted) or "\n")
        pieces.append(_line(line[marks.end() :] if marks else line))
        depth = wanted
    return "".join(pieces) + "</blockquote>" * depth


def _line(line: str) -> str:
    pieces: list[str] = []
    position = 0
    for found in _LINK.finditer(line):
        shown = _trimmed(found["url"]) if found["url"] else found["address"]
        pieces.append(escape(line[position : found.start()]))
        pieces.append(_link(shown, is_url=bool(found["url"])))
        position = found.start() + len(shown)
    return "".join([*pieces, escape(line[position:])])


def _trimmed(url: str) -> str:
    """`url` without the punctuation of the sentence around it."""
    depth = {closing: url.count(closing) - url.count(opening) for closing, opening in _PAIRS.items()}
    end = len(url)
    while end and (url[end - 1] in _TRAILING or depth.get(url[end - 1], 0) > 0):
        end -= 1
        if url[end] in depth:
            depth[url[end]] -= 1
    return url[:end]


def _link(shown: str, *, is_url: bool) -> str:
    if not is_url:
        return f'<a href="mailto:{escape(shown)}">{escape(shown)}</a>'
    target = shown if shown.lower().startswith("http") else f"https://{shown}"
    host = true_host(target, shown)
    mark = f' data-host="{escape(host)}"' if host else ""
    return f'<a href="{escape(target)}" target="_blank" rel="noopener noreferrer"{mark}>{escape(shown)}</a>'


def quote(text: str) -> str:
    """`text` as a quotation in an answer.

    `> ` before each line, `>` before those that are quoted or empty.
    """
    lines = text.rstrip("\n").split("\n")
    return "\n".join(f">{line}" if line.startswith(">") or not line else f"> {line}" for line in lines)
