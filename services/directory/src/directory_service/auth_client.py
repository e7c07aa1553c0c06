"""What this room asks of auth: whether a token opens a session (RFC 7662)."""

from courriel_web.service_client import ServiceClient
from courriel_wire import Introspection
from directory_service.errors import DirectoryError


class SessionEnded(DirectoryError):
    """The token is worth nothing (any more); `reason` as in `Introspection`."""

    def __init__(self, reason: str) -> None:
        super().__init__("the session has ended; sign in again")
        self.reason = reason


class AuthClient:
    """Calls auth through a `ServiceClient` that carries our service credential."""

    def __init__(self, service: ServiceClient) -> None:
        self._service = service

    async def require_session(self, token: str) -> None:
        """Return where `token` opens a session, without prolonging it: completion is no activity.

        Raises SessionEnded, UpstreamUnavailable.
        """
        form = {"token": token, "activity": "false"}
        answer = Introspection.model_validate(await self._service.json("POST", "/introspect", data=form))
        if not answer.active:
            raise SessionEnded(answer.reason or "unknown")
