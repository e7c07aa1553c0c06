"""What the links of sanitised HTML show, against where they lead.

Reads what nh3 wrote, and nothing else: there every attribute is in double quotes, and links do not nest.
"""

import re
from html import unescape
from typing import Final

from courriel_message.hosts import true_host

_LINK: Final = re.compile(r'<a((?: [\w-]+="[^"]*")*)>(.*?)</a>', re.DOTALL)
_TARGET: Final = re.compile(r' href="([^"]*)"')
_TAG: Final = re.compile(r'<(?:[^">]|"[^"]*")*>')


def deceptive_links(html: str) -> list[str | None]:
    """Return, for each link with a target in order, the host that must be named beside it, or None."""
    hosts: list[str | None] = []
    judged: dict[tuple[str, str], str | None] = {}  # newsletters repeat the same few
    for attributes, content in _LINK.findall(html):
        if target := _TARGET.search(attributes):
            link = (target[1], content)
            if link not in judged:
                judged[link] = true_host(unescape(link[0]), unescape(_TAG.sub("", link[1])))
            hosts.append(judged[link])
    return hosts
