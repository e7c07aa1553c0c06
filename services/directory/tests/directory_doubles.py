"""A hand-written double of auth."""

from directory_service.auth_client import SessionEnded


class KnownSessions:
    """auth, for the tokens of these tests."""

    async def require_session(self, token: str) -> None:
        """Know jean."""
        if token == "taken":
            raise SessionEnded("taken-over")
        if token != "jean":
            raise SessionEnded("unknown")
