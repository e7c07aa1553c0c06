"""Calls auth: in the gateway's own name (RFC 7662 and RFC 7009 for tokens), or in that of another webmail."""

from urllib.parse import quote

from courriel_web.service_client import ServiceClient
from courriel_wire import Introspection, LockGrant, LockRequest, LockState, SignedIn, SignInRequest


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


class LockClient:
    """The locks of ``gateway_service.services.Locks``, over HTTP."""

    def __init__(self, http: ServiceClient) -> None:
        """Args: a client without a credential of ours: each call carries that of the webmail which calls."""
        self._http = http

    async def tell(self, credential: str, mailbox: str) -> LockState:
        """Tell who holds a mailbox."""
        answer = await self._http.json("GET", _lock(mailbox), headers=_as(credential))
        return LockState.model_validate(answer)

    async def claim(self, credential: str, mailbox: str, request: LockRequest) -> LockGrant:
        """Acquire, renew or take over."""
        answer = await self._http.json(
            "PUT", _lock(mailbox), headers=_as(credential), json=request.model_dump(mode="json")
        )
        return LockGrant.model_validate(answer)

    async def release(self, credential: str, mailbox: str, holder: str) -> None:
        """Free the mailbox where ``holder`` has it."""
        await self._http.json("DELETE", _lock(mailbox), headers=_as(credential), params={"holder": holder})


def _lock(mailbox: str) -> str:
    return f"/locks/{quote(mailbox, safe='')}"


def _as(credential: str) -> dict[str, str]:
    return {"Authorization": credential}
