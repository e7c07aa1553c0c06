"""Dates and sizes as a French page writes them (Babel's data, with « 1er » and no-break spaces)."""

import re
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from babel.dates import format_datetime

LOCALE = "fr_FR"
NO_BREAK = "\u00a0"
KILO = 1024
MINUTE = 60
_FIRST = re.compile(r"\b1(?= [^\W\d_])")


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
            return self._write(local, "HH:mm")
        return self._write(local, "d MMM" if local.year == today.year else "dd/MM/yyyy")

    def full(self, moment: datetime | None) -> str:
        """Weekday, date and time: « vendredi 1er mars 2024 à 14:32 »."""
        return (
            "" if moment is None else self._write(moment.astimezone(self._zone), "EEEE d MMMM yyyy 'à' HH:mm")
        )

    def machine(self, moment: datetime) -> str:
        """Write it for the ``datetime`` attribute."""
        return moment.astimezone(self._zone).isoformat(timespec="seconds")

    def _write(self, local: datetime, pattern: str) -> str:
        return _FIRST.sub("1er", str(format_datetime(local, pattern, locale=LOCALE)))


def size(octets: int) -> str:
    """Octets as « 512 o », « 14 Ko » (of 1,024) or « 1,4 Mo »."""
    if octets < KILO:
        return f"{octets}{NO_BREAK}o"
    if octets < KILO * 1000:
        return f"{round(octets / KILO)}{NO_BREAK}Ko"
    unit, amount = ("Mo", octets / KILO**2) if octets < KILO**2 * 1000 else ("Go", octets / KILO**3)
    return f"{amount:.1f}".replace(".0", "").replace(".", ",") + f"{NO_BREAK}{unit}"


def duration(seconds: int) -> str:
    """Seconds to wait as « 40 s » or, rounded up, « 5 min »."""
    return f"{seconds}{NO_BREAK}s" if seconds < MINUTE else f"{-(-seconds // MINUTE)}{NO_BREAK}min"
