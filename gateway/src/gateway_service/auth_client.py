"""Calls auth, in the gateway's own name (RFC 7662 and RFC 7009 for tokens)."""

from courriel_web.service_client import ServiceClient
from courriel_wire import Introspection, SignedIn, SignInRequest


class AuthClient:
    """The sessions of ``gateway_service.services.Auth``, over HTTP."""

    def __init__(self, http: ServiceClient) -> None:
        """Args: a client that carries the gateway's credential."""
        self._http = http

    async def sign_in(self, request: SignInRequest) -> SignedIn:
        """Prove the password and open a session."""
        answer = await self._http.json("POST", "/sessions", json=request.model_dump(mode="json"))
        return SignedIn.model_validate(answer)

    async def introspect(self, token: str, *, activity: bool = True) -> Introspection:
        """Ask whether the token lives; with ``activity`` it lives on."""
        form = {"token": token, "activity": "true" if activity else "false"}
        return Introspection.model_validate(await self._http.json("POST", "/introspect", data=form))

    async def revoke(self, token: str) -> None:
        """End the session; the mailbox is free when this returns."""
        await self._http.json("POST", "/revoke", data={"token": token})
