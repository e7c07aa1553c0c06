"""Sessions, for auth alone: HTTP to domain and back; no decisions."""

from fastapi import APIRouter, Depends, status
from pydantic import SecretStr

from courriel_web.credentials import service_caller
from courriel_wire import MaildropSession
from mailbox_service.connections import Login, read_cache_key
from mailbox_service.sessions import Sessions


def session_routes(sessions: Sessions, *, auth_secret: SecretStr) -> APIRouter:
    """Make the routes."""
    router = APIRouter(
        prefix="/sessions", dependencies=[Depends(service_caller({"auth": auth_secret}))], tags=["sessions"]
    )

    @router.put("/{sid}", status_code=status.HTTP_204_NO_CONTENT)
    async def open_session(sid: str, asked: MaildropSession) -> None:
        """Prove the password by opening the maildrop with it, and keep the connection."""
        cache_key = read_cache_key(asked.cache_key.get_secret_value())
        password = asked.password.get_secret_value()
        login = Login(asked.username, password, asked.client_address, cache_key)
        await sessions.open(sid, asked.mailbox, login)

    @router.delete("/{sid}", status_code=status.HTTP_204_NO_CONTENT)
    async def end_session(sid: str) -> None:
        """Carry out what the session holds, free the maildrop, forget the session."""
        await sessions.end(sid)

    return router
