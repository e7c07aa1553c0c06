"""HTML that others wrote, as HTML that may be shown; HTML that a person writes, as HTML that may be sent.

An explicit allow-list, one pass of nh3, nothing rewritten after.

It loads nothing from elsewhere: the only images are parts of the message itself, at addresses the caller
gives. It is one of several layers; the page that shows the result isolates it as if this one were not there.
"""

import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote

import nh3

from courriel_message.errors import TooComplex
from courriel_message.link_texts import deceptive_links
from courriel_message.style import filter_style, names_remote_image

_TAGS_NAMES: Final = """
a abbr acronym address article aside b bdi bdo big blockquote br caption center cite code col colgroup dd del
details dfn dir div dl dt em figcaption figure font footer h1 h2 h3 h4 h5 h6 header hr i img ins kbd li main
mark nav ol p pre q s samp section small span strike strong sub summary sup table tbody td tfoot th thead time
tr tt u ul var wbr
"""
_TAGS: Final = frozenset(_TAGS_NAMES.split())
_DROPPED_WITH_CONTENT_NAMES: Final = """
script style title template textarea select option noscript noembed noframes iframe frame frameset object
embed applet audio video canvas svg math xmp plaintext head
"""
_DROPPED_WITH_CONTENT: Final = frozenset(_DROPPED_WITH_CONTENT_NAMES.split())
_CELL: Final = frozenset(
    {"abbr", "align", "background", "bgcolor", "colspan", "headers", "height", "nowrap", "rowspan"}
)
_ATTRIBUTES: Final[dict[str, set[str]]] = {
    "*": {"align", "dir", "lang", "style", "title"},
    "a": {"href"},
    "blockquote": {"type"},
    "col": {"span", "valign", "width"},
    "colgroup": {"span", "valign", "width"},
    "font": {"color", "face", "size"},
    "hr": {"noshade", "size", "width"},
    "img": {"alt", "border", "height", "hspace", "src", "srcset", "vspace", "width"},
    "li": {"type", "value"},
    "ol": {"reversed", "start", "type"},
    "table": {
        "background",
        "bgcolor",
        "border",
        "cellpadding",
        "cellspacing",
        "height",
        "role",
        "summary",
        "width",
    },
    "tbody": {"valign"},
    "td": {*_CELL, "scope", "valign", "width"},
    "tfoot": {"valign"},
    "th": {*_CELL, "scope", "valign", "width"},
    "thead": {"valign"},
    "time": {"datetime"},
    "tr": {"background", "bgcolor", "height", "valign"},
    "ul": {"type"},
}
_LINK: Final = re.compile(r"(?:https?://|mailto:|tel:)[^\x00-\x20\x7f]", re.IGNORECASE)
_SERVED: Final = re.compile(r"(?:/(?!/)|https://)[\w./~%?=&:-]*")
_EMBEDDED: Final = re.compile(r"cid:[A-Za-z0-9._@+-]+")
_REMOTE: Final = re.compile(r"\s*(?:https?:|//)", re.IGNORECASE)

_MAX_CHARACTERS: Final = 1_000_000
_MAX_TAGS: Final = 20_000  # nh3 is quadratic in depth: 16,000 nested elements take 0.5 s
_MAX_DEPTH: Final = 300
_LONG_TAG: Final = 1000  # characters; shorter ones have too few attributes to matter
_MAX_SEPARATORS: Final = (
    2_000_000_000  # sum of the squares: nh3 is quadratic in the attributes of one tag, too
)
_SEPARATOR: Final = re.compile(r"[\s/\"']")
_MARKUP: Final = re.compile(
    r"""<!--(?:-?>|.*?(?:--!?>|\Z))|<(?P<close>/?)(?P<name>[a-zA-Z][^\s/>]*)(?:[^>"']+|"[^"]*"|'[^']*')*+>?""",
    re.DOTALL,  # possessive: the engine remembers nothing of a tag with 100,000 attributes
)
_LEAVES_NAMES: Final = """
area base br col embed hr img input link meta param source track wbr p li dt dd tr td th tbody thead tfoot
option html head body
"""
_LEAVES: Final = frozenset(_LEAVES_NAMES.split())

Resolve = Callable[[str], str | None]


@dataclass(frozen=True, slots=True)
class Sanitised:
    """HTML fragment that may be shown, and how many images from elsewhere were left out of it."""

    html: str
    remote_images: int


def sanitise(
    html: str,
    *,
    resolve_cid: Resolve,
    resolve_remote: Resolve | None = None,
) -> Sanitised:
    """Sanitise a message's HTML; `resolve_cid` gives the address of the part with a Content-ID, or None.

    `resolve_remote`, where images from elsewhere are to be shown, gives the address at which ours stands for
    such a URL, or None. Addresses are absolute paths or https URLs; anything else is left out. Links open
    outside, without opener and referrer. Raises TooComplex where the time would not be bounded: show the text
    then.
    """
    shown = _clean_shown(html, _Attributes(resolve_cid, _SERVED, resolve_remote))
    hosts = deceptive_links(shown.html)
    # Only what a link shows tells whether its host must be named, and only nh3 writes: so it writes again.
    return (
        _clean_shown(html, _Attributes(resolve_cid, _SERVED, resolve_remote, hosts)) if any(hosts) else shown
    )


def sanitise_written(html: str, *, content_ids: Collection[str]) -> Sanitised:
    """Sanitise what a person writes, by the same allow-list, so that nobody sends what nobody would be shown.

    Links stay as they are; of images only those stay that the message itself carries, by their `content_ids`
    (without angle brackets). Raises TooComplex.
    """
    attributes = _Attributes(lambda name: f"cid:{name}" if name in content_ids else None, _EMBEDDED)
    return _clean(html, attributes, rel=None, anchor={})


def _clean_shown(html: str, attributes: "_Attributes") -> Sanitised:
    return _clean(html, attributes, rel="noopener noreferrer", anchor={"target": "_blank", "data-host": ""})


def _clean(html: str, attributes: "_Attributes", *, rel: str | None, anchor: dict[str, str]) -> Sanitised:
    """One pass of nh3; `rel` and the attributes `anchor` are given to every link."""
    _refuse_complex(html)
    cleaned = nh3.clean(
        html,
        tags=set(_TAGS),
        clean_content_tags=set(_DROPPED_WITH_CONTENT),
        attributes=_ATTRIBUTES,
        attribute_filter=attributes,
        url_schemes={"http", "https", "mailto", "tel", "cid"},
        url_relative=attributes.relative_url,
        link_rel=rel,
        set_tag_attribute_values={"a": anchor},
        strip_comments=True,
    )
    return Sanitised(cleaned, attributes.remote_images)


class _Attributes:
    """nh3's attribute filter: what may stand in an attribute that the allow-list names."""

    def __init__(
        self,
        resolve_cid: Resolve,
        served: re.Pattern[str],
        resolve_remote: Resolve | None = None,
        hosts: Sequence[str | None] = (),
    ) -> None:
        """Args: ``hosts`` are the hosts to name, link by link in the document's order."""
        self._resolve_cid = resolve_cid
        self._resolve_remote = resolve_remote
        self._pattern = served
        self._served: set[str] = set()
        self._styles: dict[str, str] = {}  # newsletters repeat the same few hundreds of times
        self._hosts = iter(hosts)
        self._in_link = False
        self.remote_images = 0

    def __call__(self, tag: str, name: str, value: str) -> str | None:
        if name == "style":
            self.remote_images += names_remote_image(value)
            if value not in self._styles:
                self._styles[value] = filter_style(value)
            return self._styles[value] or None
        if name == "src":
            return self._image(value)
        if name in {"srcset", "background"}:
            self.remote_images += bool(_REMOTE.match(value)) and tag != "img"
            return None
        if name == "href":
            self._in_link = bool(_LINK.match(value.strip()))
            return value.strip() if self._in_link else None
        if name == "data-host":  # nh3 asks for it last, once for each link
            linked, self._in_link = self._in_link, False
            return next(self._hosts, None) if linked else None
        return value

    def relative_url(self, url: str) -> str | None:
        """nh3's rule for relative URLs, asked before and after the filter.

        Only what `_image` made may stay.
        """
        return url if url in self._served or url.startswith("//") else None

    def _image(self, value: str) -> str | None:
        if value.lower().startswith("cid:"):
            address = self._resolve_cid(unquote(value[4:]))
        else:
            address = self._remote(value.strip())
            self.remote_images += address is None
        if address is None or not self._pattern.fullmatch(address):
            return None
        self._served.add(address)
        return address

    def _remote(self, value: str) -> str | None:
        if self._resolve_remote is None or not _REMOTE.match(value):
            return None
        return self._resolve_remote(f"https:{value}" if value.startswith("//") else value)


def _refuse_complex(html: str) -> None:
    """Raise TooComplex on more markup than nh3 takes in bounded time.

    The depth is an estimate: an end tag closes the innermost element only, and elements that HTML closes by
    itself do not count. The number of tags bounds what the estimate misses.
    """
    if len(html) > _MAX_CHARACTERS:
        raise TooComplex(f"more than {_MAX_CHARACTERS} characters")
    tags = separators = 0
    opened: list[str] = []
    for found in _MARKUP.finditer(html):
        name = (found["name"] or "").lower()
        if not name:
            continue
        tags += 1
        if found.end() - found.start() > _LONG_TAG:
            separators += len(_SEPARATOR.findall(found[0])) ** 2
        if found["close"]:
            if opened and opened[-1] == name:
                opened.pop()
        elif name not in _LEAVES:
            opened.append(name)
        if tags > _MAX_TAGS or len(opened) > _MAX_DEPTH or separators > _MAX_SEPARATORS:
            raise TooComplex("too many elements")
