"""axe-core over a page as it stands: what it finds, in both themes, on a wide and on a narrow screen.

Our pages have no script and their policy refuses every one, so the audit needs a browser context of its own
(``AUDITED``). The frame of an HTML message is left out: what is in it is the sender's.
"""

from functools import cache
from pathlib import Path
from typing import Literal

from playwright.sync_api import Page, ViewportSize

SOURCE = Path(__file__).parent / "node_modules" / "axe-core" / "axe.min.js"
AUDITED = {"java_script_enabled": True, "bypass_csp": True}
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "RGAAv4", "best-practice"]
SCREENS: tuple[ViewportSize, ...] = ({"width": 1280, "height": 800}, {"width": 360, "height": 740})
THEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
RUN = """async (tags) => {
    const {violations} = await axe.run({runOnly: tags, iframes: false});
    return violations.flatMap(({id, nodes}) => nodes.map(({target, failureSummary}) =>
        `${id}: ${target.join(' ')}: ${failureSummary}`));
}"""


@cache
def _source() -> str:
    return SOURCE.read_text(encoding="utf-8")


def findings(page: Page) -> list[str]:
    """Return what axe-core finds, each with theme, width, rule and element."""
    found = []
    page.evaluate(_source())
    for theme in THEMES:
        page.emulate_media(color_scheme=theme)
        for screen in SCREENS:
            page.set_viewport_size(screen)
            found += [f"{theme}, {screen['width']} px, {each}" for each in page.evaluate(RUN, TAGS)]
    page.set_viewport_size(SCREENS[0])
    return found
