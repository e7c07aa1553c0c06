"""Fills the demo's maildrops with believable mail, once: where a maildrop is there already, it is left alone.

Dates are relative to the moment of seeding and spread over the three weeks before it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from courriel_demo import letters_daily, letters_remarkable
from courriel_demo.accounts import ACCOUNTS
from courriel_demo.letters import Letter, Person, Source, written
from courriel_demo.letters_colleagues import MARIE_LETTERS, SERVICE_LETTERS
from courriel_demo.letters_threads import CLOSING, COUNTER, ROOMS
from courriel_demo.maildir import Maildrops
from courriel_demo.people import JEAN, MARIE, SERVICE

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

_SEED: dict[Person, tuple[Letter | Source, ...]] = {
    JEAN: (*letters_daily.LETTERS, *letters_remarkable.LETTERS, *CLOSING, *ROOMS, *COUNTER),
    MARIE: (*MARIE_LETTERS, *(letter for letter in (*CLOSING, *ROOMS) if letter.sender is not JEAN)),
    SERVICE: SERVICE_LETTERS,
}
_FINISHED = ".seeded"
_MICROSECOND = 1e-6


def seed(data: Path, domain: str, now: datetime) -> None:
    """Make every account's maildrop under `data`, and fill them if that was not done yet.

    A seeding that was cut short is done again from the start, so that no message comes twice.
    """
    finished = data / _FINISHED
    fresh = not finished.exists()
    maildrops = Maildrops(data)
    for account in ACCOUNTS:
        if fresh:
            maildrops.clear(account.name)
        maildrops.create(account.name)
    if fresh:
        for owner, letters in _SEED.items():
            for place, letter in enumerate(sorted(letters, key=lambda letter: written(letter.age, now))):
                # Some were written in the same second: their place tells them apart, at every seeding.
                arrival = written(letter.age, now).timestamp() + place * _MICROSECOND
                maildrops.deliver(owner.address, letter.build(owner, domain, now), arrival)
        finished.touch()
