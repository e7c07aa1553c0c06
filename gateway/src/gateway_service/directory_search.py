"""A search in the directory as a page shows it: whatever comes of it is told in words on that page."""

from dataclasses import dataclass
from http import HTTPStatus

from courriel_web.service_client import UpstreamProblem, UpstreamUnavailable
from courriel_wire import DirectoryPage, EntryKind
from gateway_service.services import Directory
from gateway_service.words import N_

MAX_CHARACTERS = 200
"""Of a query; the directory refuses more."""
MAX_ENTRIES = 50
"""Of an answer; the directory gives no more."""
_TOO_LONG = N_("Votre recherche est trop longue\u00a0: 200 caractères au plus.")
_UNAVAILABLE = N_("Le carnet d’adresses ne répond pas pour l’instant. Réessayez dans quelques secondes.")


@dataclass(frozen=True)
class Search:
    """What was asked, and what came of it: ``found``, or ``trouble`` (a msgid) with the HTTP ``status``.

    Neither where nothing was asked.
    """

    text: str = ""
    kind: EntryKind | None = None
    found: DirectoryPage | None = None
    trouble: str = ""
    status: int = HTTPStatus.OK.value


async def look_up(directory: Directory, token: str, text: str, kind: str) -> Search:
    """Search for ``text``; a ``kind`` that is none of ours means all. Raises UpstreamProblem (a 4xx)."""
    text = " ".join(text.split())
    wanted = EntryKind(kind) if kind in tuple(EntryKind) else None
    if not text:
        return Search(kind=wanted)
    if len(text) > MAX_CHARACTERS:
        return Search(text, wanted, trouble=_TOO_LONG, status=HTTPStatus.UNPROCESSABLE_ENTITY.value)
    try:
        found = await directory.find(token, text, kind=wanted, limit=MAX_ENTRIES)
    except UpstreamUnavailable:
        return Search(text, wanted, trouble=_UNAVAILABLE, status=HTTPStatus.SERVICE_UNAVAILABLE.value)
    except UpstreamProblem as error:
        if error.problem.status < HTTPStatus.INTERNAL_SERVER_ERROR:
            raise
        return Search(text, wanted, trouble=_UNAVAILABLE, status=HTTPStatus.SERVICE_UNAVAILABLE.value)
    return Search(text, wanted, found)
