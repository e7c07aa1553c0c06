"""The mailbox service over HTTP, without a socket of its own, before a POP3 server on one.

Its auth, Redis and parsing processes are doubles; its clock is real.
"""

import asyncio
import base64
import sys
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from pathlib import Path
from typing import Any

from httpx2 import AsyncClient, Response

from courriel_pop3 import Server
from mailbox_service.clock import SystemClock
from mailbox_service.maildrop_pop3 import Pop3Maildrops

sys.path.append(str(Path(__file__).parents[2] / "services" / "mailbox" / "tests"))

from mailbox_doubles import CACHE_KEY, JEAN, PASSWORD, World
from mailbox_http import AUTH, BEARER, client_of, problem

__all__ = ["BEARER", "JEAN", "PASSWORD", "Service", "problem", "serving"]


class Service:
    """The service as auth and a session of one mailbox use it."""

    def __init__(self, client: AsyncClient, mailbox: str) -> None:
        self.client = client
        self._mailbox = mailbox

    async def sign_in(
        self, sid: str = "s1", *, password: str = PASSWORD, client_address: str = ""
    ) -> Response:
        """Open a session as auth does; ``s1`` is the one that the other methods use."""
        asked = {
            "mailbox": self._mailbox,
            "username": self._mailbox,
            "password": password,
            "client_address": client_address,
            "cache_key": base64.urlsafe_b64encode(CACHE_KEY).decode(),
        }
        return await self.client.put(f"/sessions/{sid}", json=asked, headers=AUTH)

    async def sign_out(self, sid: str = "s1") -> None:
        """End a session as auth does."""
        assert (await self.client.delete(f"/sessions/{sid}", headers=AUTH)).status_code == 204

    async def rows(self, **query: int) -> list[dict[str, Any]]:
        """Return the list's rows."""
        answer = await self.client.get("/messages", params=query, headers=BEARER)
        assert answer.status_code == 200, answer.text
        rows: list[dict[str, Any]] = answer.json()["messages"]
        return rows

    async def subjects(self) -> list[str]:
        """Return the list's subjects."""
        return [row["subject"] for row in await self.rows()]

    async def uids(self) -> dict[str, str]:
        """Return uids by subject."""
        return {row["subject"]: row["uid"] for row in await self.rows()}

    async def text(self, uid: str) -> str:
        """Open a message, and return what it says."""
        answer = await self.client.get(f"/messages/{uid}", headers=BEARER)
        assert answer.status_code == 200, answer.text
        text: str = answer.json()["text"]
        return text.strip()

    async def delete(self, *uids: str) -> list[str]:
        """Delete, and return the outcomes in the order of ``uids``."""
        answer = await self.client.post("/messages/delete", json={"uids": uids}, headers=BEARER)
        assert answer.status_code == 200, answer.text
        outcomes = {result["uid"]: result["outcome"] for result in answer.json()["results"]}
        return [outcomes[uid] for uid in uids]

    async def log_in_anew(self) -> None:
        """Let the service open another connection."""
        await self.rows(refresh=1, per_page=1)


@asynccontextmanager
async def serving(
    server: Server, *, mailbox: str = JEAN, seconds: float, **life: float
) -> AsyncIterator[Service]:
    """Run the service before this POP3 server, with a session ``s1`` that auth vouches for.

    What is done with it must be done within ``seconds``. ``life``: settings of its connections.
    """
    world = World()
    await world.access("s1", mailbox)
    service = client_of(
        world, snapshot_seconds=0, life=life, open_maildrop=Pop3Maildrops(server).open, clock=SystemClock()
    )
    async with asyncio.timeout(seconds), aclosing(service):
        yield Service(await anext(service), mailbox)
