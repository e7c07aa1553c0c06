"""Dates and sizes as a French page writes them."""

from datetime import UTC, datetime

import pytest

from gateway_service.formats import Formats, duration, size

PARIS = Formats("Europe/Paris")
NOW = datetime(2026, 3, 14, 22, 30, tzinfo=UTC)  # 23:30 in Paris


@pytest.mark.parametrize(
    ("moment", "brief", "full"),
    [
        (datetime(2026, 3, 14, 8, 5, tzinfo=UTC), "09:05", "samedi 14 mars 2026 à 09:05"),
        (datetime(2026, 3, 13, 23, 30, tzinfo=UTC), "00:30", "samedi 14 mars 2026 à 00:30"),
        (datetime(2026, 3, 1, 8, 5, tzinfo=UTC), "1er mars", "dimanche 1er mars 2026 à 09:05"),
        (datetime(2026, 2, 11, 8, 5, tzinfo=UTC), "11 févr.", "mercredi 11 février 2026 à 09:05"),
        (datetime(2025, 12, 1, 8, 5, tzinfo=UTC), "01/12/2025", "lundi 1er décembre 2025 à 09:05"),
        (datetime(2031, 1, 1, 8, 5, tzinfo=UTC), "01/01/2031", "mercredi 1er janvier 2031 à 09:05"),
        (None, "", ""),
    ],
)
def test_dates(moment: datetime | None, brief: str, full: str) -> None:
    """Today is a time, this year a day, else a date; the first of a month is « 1er »; 24 hours."""
    assert PARIS.brief(moment, NOW) == brief
    assert PARIS.full(moment) == full


@pytest.mark.parametrize(
    ("octets", "written"),
    [
        (0, "0\u00a0o"),
        (1023, "1023\u00a0o"),
        (1024, "1\u00a0Ko"),
        (14_300, "14\u00a0Ko"),
        (1_023_000, "999\u00a0Ko"),
        (1_500_000, "1,4\u00a0Mo"),
        (26_214_400, "25\u00a0Mo"),
        (3 * 1024**3, "3\u00a0Go"),
    ],
)
def test_sizes(octets: int, written: str) -> None:
    """Sizes are in Ko and Mo, with a decimal comma and a no-break space."""
    assert size(octets) == written


@pytest.mark.parametrize(("seconds", "written"), [(1, "1\u00a0s"), (59, "59\u00a0s"), (61, "2\u00a0min")])
def test_durations(seconds: int, written: str) -> None:
    """Waiting is told in seconds, or in minutes rounded up."""
    assert duration(seconds) == written
