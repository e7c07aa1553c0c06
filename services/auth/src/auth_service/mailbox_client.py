"""The mailbox service as auth's Maildrops. It proves nothing itself and keeps no connection."""

import asyncio
from urllib.parse import quote

import structlog
from pydantic import SecretStr

from auth_service.errors import LoginRefused, MaildropBusy, MaildropsUnavailable, MailServerUnavailable
from courriel_web.routing import routing_hint
from courriel_web.service_client import ServiceClient, UpstreamProblem, UpstreamUnavailable
from courriel_wire import Code, MaildropSession

CLOSE_SECONDS = 5.0
RETRY_SECONDS = 5
log = structlog.get_logger(__name__)


class MailboxClient:
    """Opens and closes maildrops at the replica that serves the mailbox."""

    def __init__(self, client: ServiceClient) -> None:
        self._client = client

    async def open(
        self, mailbox: str, sid: str, password: SecretStr, cache_key: SecretStr, client_address: str
    ) -> None:
        """Let mailbox log in with this password, and keep the connection for ``sid``."""
        asked = MaildropSession(
            mailbox=mailbox,
            username=mailbox,
            password=password,
            cache_key=cache_key,
            client_address=client_address,
        )
        try:
            await self._client.json(
                "PUT", _path(sid), key=routing_hint(mailbox), json=asked.model_dump(mode="json")
            )
        except UpstreamProblem as error:
            raise _translated(error) from error
        except UpstreamUnavailable as error:
            raise MaildropsUnavailable from error

    async def close(self, mailbox: str, sid: str) -> None:
        """Let mailbox end the connection of ``sid``; wait ``CLOSE_SECONDS`` for that at most."""
        try:
            async with asyncio.timeout(CLOSE_SECONDS):
                await self._client.json("DELETE", _path(sid), key=routing_hint(mailbox))
        except (UpstreamProblem, UpstreamUnavailable, TimeoutError) as error:
            log.warning("maildrop not closed", mailbox=mailbox, sid=sid, error=type(error).__name__)


def _path(sid: str) -> str:
    return f"/sessions/{quote(sid, safe='')}"


def _translated(error: UpstreamProblem) -> Exception:
    retry_after = error.retry_after or RETRY_SECONDS
    match error.problem.type:
        case Code.LOGIN_REFUSED:
            return LoginRefused()
        case Code.MAILDROP_BUSY:
            return MaildropBusy(retry_after)
        case Code.MAIL_SERVER_UNAVAILABLE:
            return MailServerUnavailable(retry_after)
        case unexpected:
            log.error(
                "unexpected answer of the mailbox service", status=error.problem.status, code=unexpected
            )
            return MaildropsUnavailable()
