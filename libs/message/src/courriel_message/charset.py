"""Octets to text, whatever charset a sender claims. Refuses codecs that are no charsets, and never fails.

The names that are understood are a closed table: looking a hostile name up in Python's codec registry would
import modules and remember every miss for ever.
"""

import codecs
import re
from encodings.aliases import aliases
from typing import Final

UNKNOWN_CHARSET: Final = "unknown-charset"
WRONG_CHARSET: Final = "wrong-charset"

# Labels mean what browsers take them for (WHATWG Encoding Standard, section 4.2): supersets of what they say.
_SUPERSETS: Final = {
    "ascii": "cp1252",
    "latin_1": "cp1252",
    "iso8859_9": "cp1254",
    "iso8859_11": "cp874",
    "tis_620": "cp874",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "shift_jis": "cp932",
    "euc_kr": "cp949",
    "big5": "big5hkscs",
}
_CODECS_NAMES: Final = """
ascii latin_1 utf_8 utf_7 utf_16 utf_16_be utf_16_le utf_32 utf_32_be utf_32_le big5 big5hkscs cp437 cp850
cp852 cp855 cp858 cp866 cp874 cp932 cp949 cp950 cp1250 cp1251 cp1252 cp1253 cp1254 cp1255 cp1256 cp1257 cp1258
euc_jp euc_kr gb18030 gb2312 gbk hz iso2022_jp iso2022_kr iso8859_2 iso8859_3 iso8859_4 iso8859_5 iso8859_6
iso8859_7 iso8859_8 iso8859_9 iso8859_10 iso8859_11 iso8859_13 iso8859_14 iso8859_15 iso8859_16 johab koi8_r
koi8_u mac_roman mac_cyrillic mac_greek mac_latin2 mac_turkish ptcp154 shift_jis tis_620
"""
_CODECS: Final = frozenset(_CODECS_NAMES.split())
_OTHER_NAMES: Final = {
    "x_sjis": "shift_jis",
    "iso8859_8_i": "iso8859_8",
    "iso8859_8_e": "iso8859_8",
    "utf8mb4": "utf_8",
}
_WIDE: Final = ("utf_16", "utf_32")
_UNWANTED: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufeff\ufffe\uffff]")


def _table() -> dict[str, str]:
    """Every label that is understood, normalised, to its codec."""
    names = {alias: codec for alias, codec in aliases.items() if codec in _CODECS}
    names.update({codec: codec for codec in _CODECS})
    names.update(_OTHER_NAMES)
    return {name: _SUPERSETS.get(codec, codec) for name, codec in names.items()}


_BY_LABEL: Final = _table()


def codec_of(label: str) -> str | None:
    """Python's name for the charset `label`, None where it is not one that mail uses."""
    plain = (
        label.strip().strip("\"'").lower().replace("-", "_").replace(" ", "_").replace("iso_8859", "iso8859")
    )
    return _BY_LABEL.get(plain) or _BY_LABEL.get(plain.replace("windows_", "cp"))


def decode(data: bytes, label: str | None) -> tuple[str, str | None]:
    """Return the text of `data` and, where the label was unknown or a lie, the note that says so.

    Without a label, and where the label does not fit, UTF-8 is tried before Windows-1252. What cannot be
    decoded becomes U+FFFD. The result holds no control characters but tab and line breaks, and no lone
    surrogates.
    """
    if data.isascii() and (label is None or label.lower() in {"us-ascii", "utf-8", "iso-8859-1"}):
        return clean(data.decode("ascii")), None
    codec = codec_of(label) if label else None
    note = UNKNOWN_CHARSET if label and codec is None else None
    if codec is not None and codec.startswith(_WIDE) and data.isascii() and b"\0" not in data:
        return clean(data.decode("ascii")), WRONG_CHARSET  # as UTF-16 it would be a row of ideographs
    if codec is not None and codec != "cp1252":
        try:
            return clean(codecs.decode(data, codec)), note
        except (UnicodeError, ValueError):
            note = WRONG_CHARSET
    if codec == "cp1252" and label is not None and not _claims_ascii(label):
        return clean(data.decode("cp1252", "replace")), None
    try:
        return clean(data.decode("utf-8")), note
    except UnicodeDecodeError:
        fallback = codec if codec is not None and note == WRONG_CHARSET else "cp1252"
        return clean(data.decode(fallback, "replace")), note or (WRONG_CHARSET if label else None)


def _claims_ascii(label: str) -> bool:
    return "ascii" in label.lower()


def clean(text: str) -> str:
    """`text` without control characters (tab and line breaks stay), byte order marks and lone surrogates."""
    return _UNWANTED.sub(lambda found: "\ufffd" if "\ud800" <= found[0] <= "\udfff" else "", text)
