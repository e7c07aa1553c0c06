"""What was accepted, and what became of it: counted at the relay, recipient by recipient."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Accepted:
    """A message the API answered 202 for."""

    entry: str
    message_id: str
    recipients: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Verdict:
    """Recipients by what became of them; `lost` are (Message-ID, recipient), others Message-IDs.

    `duplicates` are transactions in which the relay accepted something again; one is unexplained where no
    transaction of its Message-ID was ever in doubt. `changed` are those that came with different octets.
    """

    arrived: int
    reported: int
    shown: int
    lost: tuple[tuple[str, str], ...]
    duplicates: int
    unexplained: tuple[str, ...]
    changed: tuple[str, ...]
    strangers: int


@dataclass
class Ledger:
    """The accepted messages of a run."""

    accepted: dict[str, Accepted] = field(default_factory=dict)

    def add(self, message: Accepted) -> None:
        """Note one that was accepted."""
        self.accepted[message.message_id] = message

    def missing(self, record: Path) -> dict[str, set[str]]:
        """Return, by Message-ID, who neither got a message nor stands in a report, by the relay's record."""
        known: dict[str, set[str]] = {}
        for line in _lines(record):
            if line["sender"]:
                known.setdefault(line["message_id"], set()).update(line["recipients"])
            elif line["report_about"]:
                known.setdefault(line["report_about"][0], set()).update(line["report_about"][1:])
        return {
            message.message_id: missing
            for message in self.accepted.values()
            if (missing := set(message.recipients) - known.get(message.message_id, set()))
        }

    def judge(self, record: Path, shown: set[tuple[str, str]], in_doubt: set[str]) -> Verdict:
        """Judge a run that is over: `shown` failed visibly in the outbox, without a report."""
        lines = _lines(record)
        delivered: Counter[tuple[str, str]] = Counter()
        reported: set[tuple[str, str]] = set()
        octets: dict[str, set[str]] = {}
        duplicates: list[str] = []
        for line in lines:
            pairs = [(line["message_id"], recipient) for recipient in line["recipients"]]
            if any(delivered[pair] for pair in pairs):
                duplicates.append(line["message_id"])
            delivered.update(pairs)
            if line["sender"]:
                octets.setdefault(line["message_id"], set()).add(line["sha256"])
            for address in line["report_about"][1:]:
                reported.add((line["report_about"][0], address))
        owed = {(each.message_id, to) for each in self.accepted.values() for to in each.recipients}
        return Verdict(
            arrived=sum(1 for pair in owed if delivered[pair]),
            reported=len(owed & reported),
            shown=len(owed & shown),
            lost=tuple(sorted(pair for pair in owed if not delivered[pair] and pair not in reported | shown)),
            duplicates=len(duplicates),
            unexplained=tuple(sorted(set(duplicates) - in_doubt)),
            changed=tuple(sorted(each for each, digests in octets.items() if len(digests) > 1)),
            strangers=sum(1 for line in lines if line["sender"] and line["message_id"] not in self.accepted),
        )


def _lines(record: Path) -> list[dict[str, object]]:
    """Read the record; a last line that a kill cut short was never answered."""
    lines = []
    for line in record.read_text(encoding="utf-8").splitlines():
        try:
            lines.append(json.loads(line))
        except json.JSONDecodeError:
            continue
    return lines
