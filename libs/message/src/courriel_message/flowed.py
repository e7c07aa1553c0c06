"""format=flowed text (RFC 3676) as paragraphs: soft line breaks go, quote depth stays. Refuses other text."""

from typing import Final

_SIGNATURE: Final = "-- "


def reflow(text: str, *, delsp: bool) -> str:
    """Join the lines of `text` (broken by LF) that flow on after a trailing space, within one quote depth."""
    lines: list[str] = []
    open_depth: int | None = None  # of the paragraph that the last line left open
    paragraph: list[str] = []
    for line in text.split("\n"):
        content = line.lstrip(">")
        depth = len(line) - len(content)
        content = content.removeprefix(" ")
        flows = content.endswith(" ") and content != _SIGNATURE
        if open_depth is not None and (open_depth != depth or content == _SIGNATURE):
            lines.append(_line(open_depth, paragraph))
            paragraph, open_depth = [], None
        paragraph.append(content[:-1] if flows and delsp else content)
        open_depth = depth
        if not flows:
            lines.append(_line(depth, paragraph))
            paragraph, open_depth = [], None
    if open_depth is not None:
        lines.append(_line(open_depth, paragraph))
    return "\n".join(lines)


def _line(depth: int, paragraph: list[str]) -> str:
    text = "".join(paragraph)
    return f"{'>' * depth} {text}" if depth else text
