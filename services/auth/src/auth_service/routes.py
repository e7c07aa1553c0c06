"""HTTP to domain and back; no decisions. Who may call what is written beside each route."""

from typing import Annotated

from fastapi import APIRouter, Depends, Form
from fastapi.params import Depends as DependsMarker
from pydantic import SecretStr

from auth_service.mailbox_kind import MailboxKinds
from auth_service.mailbox_name import MailDomain
from auth_service.sessions import Ended, Sessions
from auth_service.sign_in import Candidate, SignIn
from courriel_web.credentials import service_caller
from courriel_wire import Address, Credential, Introspection, LastSignIn, SignedIn, SignInRequest

Token = Annotated[str, Form(max_length=1024)]


def build_routes(
    sign_in: SignIn,
    sessions: Sessions,
    domain: MailDomain,
    kinds: MailboxKinds,
    *,
    callers: dict[str, SecretStr],
) -> APIRouter:
    """Make the routes; ``callers`` holds the secrets of all services that call."""
    router = APIRouter()

    def only(*names: str) -> list[DependsMarker]:
        return [Depends(service_caller({name: callers[name] for name in names}))]

    @router.post("/sessions", dependencies=only("gateway"))
    async def open_session(asked: SignInRequest) -> SignedIn:
        """Sign in: prove the password, acquire the lock, open a session."""
        signed_in = await sign_in(
            Candidate(
                username=asked.username,
                password=asked.password,
                takeover=asked.takeover,
                client_address=asked.client_address,
                application=asked.application,
            )
        )
        last = signed_in.last_sign_in
        return SignedIn(
            access_token=signed_in.token,
            expires_in=signed_in.expires_in,
            mailbox=signed_in.mailbox,
            kind=signed_in.kind.value,
            last_sign_in=LastSignIn(at=last.at, client_address=last.client_address) if last else None,
        )

    @router.post("/introspect", dependencies=only("gateway", "mailbox", "sender", "directory"))
    async def introspect(token: Token, activity: Annotated[bool, Form()] = True) -> Introspection:  # noqa: FBT002 — a form field
        """Tell whether a token opens a session (RFC 7662); with ``activity`` the session goes on."""
        found = await sessions.introspect(token, activity=activity)
        if isinstance(found, Ended):
            return Introspection(active=False, reason=found.value)
        return Introspection(
            active=True,
            sid=found.sid,
            mailbox=found.mailbox,
            identity=Address(address=domain.address(found.mailbox)),
            fence=found.fence,
            expires_at=found.expires_at,
            kind=kinds.of(found.mailbox).value,
            idle_seconds=found.idle,
        )

    @router.post("/revoke", dependencies=only("gateway", "mailbox"))
    async def revoke(token: Token) -> None:
        """Sign out (RFC 7009); lock, session and credential are gone when this answers."""
        await sessions.revoke(token)

    @router.post("/credential", dependencies=only("mailbox"))
    async def credential(token: Token, activity: Annotated[bool, Form()] = False) -> Credential:  # noqa: FBT002 — a form field
        """Unseal what opens the maildrop again; with ``activity`` it is an introspection as well."""
        found = await sessions.credential(token, activity=activity)
        return Credential(
            sid=found.sid,
            mailbox=found.mailbox,
            username=found.username,
            password=found.password,
            client_address=found.client_address,
            cache_key=found.cache_key,
        )

    return router
