"""Whether a link or an address is what it looks like: its true host, and letters of several scripts in it.

It judges appearances only; whether a host is good or bad is nobody's business here.
"""

import re
import unicodedata
from functools import lru_cache
from typing import Final
from urllib.parse import urlsplit

import idna

_SAID: Final = re.compile(
    r"(?P<clear>https?://|www\.)?(?P<host>(?:[\w-]{1,63}\.){1,8}[^\W\d_][\w-]{1,62})(?=[/:?#\s]|[.,;)!»”\"'>]|\Z)",
    re.IGNORECASE,
)
_FILES_NAMES: Final = """
csv doc docx eml gif htm html ics jpeg jpg odp ods odt pdf png ppt pptx txt xls xlsx xml zip
"""
_FILES: Final = frozenset(_FILES_NAMES.split())
# Browsers take backslashes for slashes, and any number of them, and leave these out (WHATWG URL, section 4.4)
_IGNORED: Final = re.compile(r"[\t\r\n]")
_SLASHES: Final = re.compile(r"^(https?:)[/\\]*", re.IGNORECASE)
_TURNING: Final = re.compile("[\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069]")
_UNSEEN: Final = re.compile("[\xad\u034f\u180e\u200b-\u200d\u2060-\u2064\ufe00-\ufe0f\ufeff]")
_MAX_SAID: Final = 300  # characters of a link's text
# Scripts that are written together as a rule (UTS 39, section 5.1)
_TOGETHER: Final = frozenset({"LATIN", "CJK", "HIRAGANA", "KATAKANA"}), frozenset({"LATIN", "CJK", "HANGUL"})


def true_host(target: str, said: str) -> str | None:
    """Return the host that `target` (an http URL) leads to where its text `said` lets one expect another.

    Also where the host mixes scripts or hides behind a user name, and where the text turns its direction.
    None where all is as it looks.
    """
    try:
        parts = urlsplit(_SLASHES.sub(r"\1//", _IGNORED.sub("", target).replace("\\", "/")))
        host = (parts.hostname or "").rstrip(".")
    except ValueError:
        return target[:_MAX_SAID]
    if not host or parts.scheme.lower() not in {"http", "https"}:
        return None
    if parts.username is not None or is_mixed(host) or _TURNING.search(said):
        return ascii_host(host)
    if _expects_another(_seen(said), host):
        return ascii_host(host)
    return None


def _seen(said: str) -> str:
    """Return a text as an eye takes it: without what has no width, letters and full stops plain."""
    visible = " ".join(_UNSEEN.sub("", said).split())[:_MAX_SAID]
    return unicodedata.normalize("NFKC", visible).replace("\u3002", ".")


def _expects_another(said: str, host: str) -> bool:
    plain = ascii_host(host).removeprefix("www.")
    for found in _SAID.finditer(said):
        bare = not found["clear"]
        if bare and (found[0] != said.strip() and not said.strip().startswith(found[0] + "/")):
            continue  # a word with a dot in a sentence
        if bare and found["host"].rpartition(".")[2].lower() in _FILES:
            continue
        expected = ascii_host(found["host"]).removeprefix("www.")
        if plain != expected and not plain.endswith(f".{expected}"):
            return True
    return False


@lru_cache(maxsize=1000)
def ascii_host(host: str) -> str:
    """Return a host in lower case and A-labels; what cannot be written so has its other letters escaped."""
    try:
        return idna.encode(host, uts46=True).decode("ascii")
    except (idna.IDNAError, UnicodeError):
        return host.lower().encode("ascii", "backslashreplace").decode("ascii")


@lru_cache(maxsize=1000)
def is_mixed(host: str) -> bool:
    """Whether the letters of a host are of scripts that are not written together."""
    try:
        shown = idna.decode(host) if "xn--" in host.lower() else host
    except (idna.IDNAError, UnicodeError):
        return True
    scripts = {
        unicodedata.name(letter, "UNKNOWN").split()[0].partition("-")[0]
        for letter in shown
        if unicodedata.category(letter).startswith("L")
    }
    return len(scripts) > 1 and not any(scripts <= together for together in _TOGETHER)
