"""Reads the form of « Paramètres », and says in words what is wrong with a field.

What Basique cannot use (HTML writing) has no field yet, and keeps the value it has.
"""

import re
from collections.abc import Iterable, Mapping
from functools import cache
from zoneinfo import available_timezones

from pydantic import ValidationError

from courriel_wire import Problem, Settings, SettingsRequest
from gateway_service.words import N_

TEXT_FIELDS = ("display_name", "reply_to", "signature")
CHOICE_FIELDS = (
    "copy_to_self",
    "density",
    "preview",
    "remote_images",
    "theme",
    "mode",
    "refresh_seconds",
    "undo_send_seconds",
)
OPEN_FIELDS = ("language", "time_zone", "messages_per_page", "undo_delete_seconds")
"""Where nothing is chosen, the installation's own setting counts."""

OVERSEAS = (
    "America/Cayenne",
    "America/Guadeloupe",
    "America/Martinique",
    "America/Miquelon",
    "Indian/Mayotte",
    "Indian/Reunion",
    "Pacific/Noumea",
    "Pacific/Tahiti",
    "Pacific/Wallis",
)
FRENCH_ZONES = ("Europe/Paris", *OVERSEAS)
REFRESH_SECONDS = (0, 60, 120, 300, 600, 900, 1800)
UNDO_SEND_SECONDS = (0, 5, 10, 20, 30, 60)
UNDO_DELETE_SECONDS = (0, 5, 8, 15, 30, 60, 80)
MESSAGES_PER_PAGE = (10, 25, 50, 100, 200)
_SHORT_NUMBER = re.compile(r"[0-9]{1,4}")
_REGIONS = ("Africa", "America", "Antarctica", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific")

_WRONG = {
    "display_name": N_("Le nom tient sur une seule ligne, en 200 caractères au plus."),
    "reply_to": N_("Ce n’est pas une adresse, par exemple prenom.nom@domaine.fr."),
    "signature": N_("La signature compte 2\u00a0000 caractères au plus, sans caractères de commande."),
    "time_zone": N_("Ce fuseau horaire n’existe pas."),
}
_WRONG_CHOICE = N_("Ce choix n’est pas possible.")


@cache
def other_zones() -> tuple[str, ...]:
    """List the zones of the rest of the world by their IANA names."""
    return tuple(
        sorted(
            name
            for name in available_timezones()
            if name.partition("/")[0] in _REGIONS and name not in FRENCH_ZONES
        )
    )


def offered(numbers: tuple[int, ...], chosen: object) -> tuple[int, ...]:
    """Return the numbers to choose from, with the one ``chosen`` elsewhere (the API takes any)."""
    typed = str(chosen)
    return tuple(sorted({*numbers, *((int(typed),) if _SHORT_NUMBER.fullmatch(typed) else ())}))


def asked_for(form: Mapping[str, str], current: Settings) -> dict[str, object]:
    """Return all settings, those of the form over the ``current`` ones; nothing is checked yet."""
    values: dict[str, object] = current.model_dump()
    for name in (*TEXT_FIELDS, *CHOICE_FIELDS, *OPEN_FIELDS):
        if name in form:
            typed = form[name] if name == "signature" else form[name].strip()
            values[name] = None if name in OPEN_FIELDS and not typed else typed
    return values


def read_settings(values: Mapping[str, object]) -> tuple[SettingsRequest | None, dict[str, str]]:
    """Return what mailbox takes, or the fields that are wrong, each with the msgid of what to say."""
    try:
        return SettingsRequest.model_validate(values), {}
    except ValidationError as error:
        return None, _told(str(detail["loc"][0]) for detail in error.errors())


def refused_fields(problem: Problem) -> dict[str, str]:
    """Return the fields that mailbox refused (members of ``invalid-request``), with what to say."""
    errors = (problem.model_extra or {}).get("errors", ())
    return _told(str(each.get("field", "")).partition(".")[0] for each in errors)


def _told(fields: Iterable[str]) -> dict[str, str]:
    known = (*TEXT_FIELDS, *CHOICE_FIELDS, *OPEN_FIELDS)
    return {name: _WRONG.get(name, _WRONG_CHOICE) for name in fields if name in known}
