"""What this room asks of auth: whose session a token is (RFC 7662)."""

from courriel_web.service_client import ServiceClient
from courriel_wire import Introspection
from sender_service.errors import SenderError


class SessionEnded(SenderError):
    """The token is worth nothing (any more); `reason` as in `Introspection`."""

    def __init__(self, reason: str) -> None:
        super().__init__("the session has ended; sign in again")
        self.reason = reason


class AuthClient:
    """Calls auth through a `ServiceClient` that carries our service credential."""

    def __init__(self, service: ServiceClient) -> None:
        self._service = service

    async def introspect(self, token: str, *, activity: bool) -> Introspection:
        """Return the live session of `token`; `activity` prolongs it.

        Raises SessionEnded, UpstreamUnavailable.
        """
        form = {"token": token, "activity": "true" if activity else "false"}
        answer = Introspection.model_validate(await self._service.json("POST", "/introspect", data=form))
        if not answer.active:
            raise SessionEnded(answer.reason or "unknown")
        return answer
