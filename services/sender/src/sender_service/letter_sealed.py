"""A letter as it is stored: JSON, sealed for its entry."""

import json
from dataclasses import asdict

from courriel_seal import KeyRing
from courriel_wire import RecipientState, ReportState
from sender_service.letter import Letter, Recipient, Reporting

_PURPOSE = "outbox-letter"


def seal_letter(keys: KeyRing, entry_id: str, letter: Letter) -> bytes:
    """Return what is stored of a letter."""
    return keys.seal(json.dumps(asdict(letter)).encode(), purpose=_PURPOSE, context=entry_id.encode())


def open_letter(keys: KeyRing, entry_id: str, sealed: bytes) -> Letter:
    """Return the letter of this entry. Raises SealBroken."""
    plain = json.loads(keys.open(sealed, purpose=_PURPOSE, context=entry_id.encode()))
    recipients = tuple(
        Recipient(**{**each, "state": RecipientState(each["state"])}) for each in plain.pop("recipients")
    )
    reporting = plain.pop("reporting", None)
    if reporting:
        plain["reporting"] = Reporting(**{**reporting, "state": ReportState(reporting["state"])})
    files = tuple((name, media_type) for name, media_type in plain.pop("files", ()))
    return Letter(**plain, recipients=recipients, files=files)
