"""Dates, sizes and waits as a page of this request's language writes them (Babel's data).

French has « 1er », « Ko » and a decimal comma; English is that of Europe: day before month, 24 hours.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from babel.dates import format_datetime, get_timezone_location

from gateway_service.languages import Language, language

NO_BREAK = "\u00a0"
KILO = 1024
MINUTE = 60
_FIRST = re.compile(r"\b1(?= [^\W\d_])")


@dataclass(frozen=True)
class Style:
    """How a language writes: Babel's locale, patterns of a date and a day, units of octets, decimal mark."""

    locale: str
    full: str
    day: str
    units: tuple[str, str, str, str]
    decimal: str


STYLES: Mapping[Language, Style] = {
    "fr": Style("fr_FR", "EEEE d MMMM yyyy 'à' HH:mm", "EEEE d MMMM yyyy", ("o", "Ko", "Mo", "Go"), ","),
    "en": Style("en_GB", "EEEE d MMMM yyyy 'at' HH:mm", "EEEE d MMMM yyyy", ("B", "kB", "MB", "GB"), "."),
}


class Formats:
    """Formats for one time zone; what "today" is comes with each call, so that a page is of one instant."""

    def __init__(self, time_zone: str) -> None:
        """Args: the IANA name of the zone in which dates are shown."""
        self._zone = ZoneInfo(time_zone)

    def brief(self, moment: datetime | None, now: datetime | None = None) -> str:
        """Today « 14:32 », this year « 1er mars », else « 01/03/2024 »."""
        if moment is None:
            return ""
        local, today = moment.astimezone(self._zone), (now or datetime.now(UTC)).astimezone(self._zone)
        if local.date() == today.date():
            return _write(local, "HH:mm")
        return _write(local, "d MMM" if local.year == today.year else "dd/MM/yyyy")

    def full(self, moment: datetime | None) -> str:
        """Weekday, date and time: « vendredi 1er mars 2024 à 14:32 »."""
        if moment is None:
            return ""
        return _write(moment.astimezone(self._zone), STYLES[language()].full)

    def iso(self, written: str) -> str:
        """Write a day or a moment given in ISO 8601, one without a zone as it says; else what is given."""
        try:
            moment = datetime.fromisoformat(written)
        except ValueError:
            return written
        style = STYLES[language()]
        if "T" not in written:
            return _write(moment, style.day)
        return _write(moment.astimezone(self._zone) if moment.tzinfo else moment, style.full)

    def machine(self, moment: datetime) -> str:
        """Write it for the ``datetime`` attribute."""
        return moment.astimezone(self._zone).isoformat(timespec="seconds")


def _write(local: datetime, pattern: str) -> str:
    written = str(format_datetime(local, pattern, locale=STYLES[language()].locale))
    return _FIRST.sub("1er", written) if language() == "fr" else written


def size(octets: int) -> str:
    """Octets as « 512 o », « 14 Ko » (of 1,024) or « 1,4 Mo »."""
    style = STYLES[language()]
    one, kilo, mega, giga = style.units
    if octets < KILO:
        return f"{octets}{NO_BREAK}{one}"
    if octets < KILO * 1000:
        return f"{round(octets / KILO)}{NO_BREAK}{kilo}"
    unit, amount = (mega, octets / KILO**2) if octets < KILO**2 * 1000 else (giga, octets / KILO**3)
    return f"{amount:.1f}".replace(".0", "").replace(".", style.decimal) + f"{NO_BREAK}{unit}"


def duration(seconds: int) -> str:
    """Seconds to wait as « 40 s » or, rounded up, « 5 min »."""
    return f"{seconds}{NO_BREAK}s" if seconds < MINUTE else f"{-(-seconds // MINUTE)}{NO_BREAK}min"


def place(time_zone: str) -> str:
    """Return the place after which people know a zone: « Europe/Paris » is « Paris »."""
    return str(get_timezone_location(time_zone, locale=STYLES[language()].locale, return_city=True))
