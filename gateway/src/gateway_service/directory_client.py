"""Calls the directory service in a session's name."""

from courriel_web.service_client import ServiceClient
from courriel_wire import DirectoryPage, EntryKind


class DirectoryClient:
    """The people and services of ``gateway_service.services.Directory``, over HTTP."""

    def __init__(self, http: ServiceClient) -> None:
        """Args: a client for short calls."""
        self._http = http

    async def find(
        self, token: str, text: str, *, kind: EntryKind | None = None, limit: int = 20
    ) -> DirectoryPage:
        """Find the best entries, of one kind or of all; nothing is found for an empty ``text``."""
        asked: dict[str, str | int] = {"q": text, "limit": limit}
        if kind:
            asked["kind"] = kind
        return DirectoryPage.model_validate(
            await self._http.json("GET", "/entries", bearer=token, params=asked)
        )
