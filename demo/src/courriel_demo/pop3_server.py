"""The POP3 sessions on sockets: asyncio reads the lines, a thread answers them.

It refuses lines beyond the limit and sessions that stay silent, and binds where it is told only. What is
said in a session is pop3_session's business.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

from courriel_demo.pop3_session import GREETING, LINE_LIMIT, Answer, Pop3Session

if TYPE_CHECKING:
    from collections.abc import Callable

    from courriel_demo.accounts import Account
    from courriel_demo.maildir import Maildrops

IDLE_SECONDS = 600.0
"""Silence after which a session ends without deleting: ten minutes at least (RFC 1939 section 3)."""


async def serve_pop3(
    host: str,
    port: int,
    maildrops: Maildrops,
    sign_in: Callable[[str, str], Account | None],
    idle_seconds: float = IDLE_SECONDS,
) -> asyncio.Server:
    """Listen on `host:port` and return the listening server.

    `sign_in(user, password)` says which account they open, or None. Raises OSError where the port is taken.
    """

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        session = Pop3Session(maildrops, sign_in)
        try:
            await _converse(session, reader, writer, idle_seconds)
        except ConnectionError:
            pass  # the client left; what it did not QUIT is not deleted
        finally:
            session.close()
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()

    sessions: set[asyncio.Task[None]] = set()

    def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # A task of our own: that of Python 3.11's streams prints a traceback where it is cancelled.
        session = asyncio.create_task(serve(reader, writer))
        sessions.add(session)
        session.add_done_callback(sessions.discard)

    return await asyncio.start_server(connected, host, port, limit=LINE_LIMIT)


async def _converse(
    session: Pop3Session, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, idle_seconds: float
) -> None:
    writer.write(GREETING)
    await writer.drain()
    while True:
        try:
            line = await asyncio.wait_for(reader.readuntil(b"\n"), idle_seconds)
        except asyncio.LimitOverrunError:
            answer = Answer(b"-ERR Line too long\r\n", closes=True)
        except asyncio.IncompleteReadError:
            return
        except TimeoutError:
            answer = Answer(b"-ERR Idle for too long\r\n", closes=True)
        else:
            answer = await asyncio.to_thread(session.answer, line.rstrip(b"\r\n"))
        writer.write(answer.data)
        await writer.drain()
        if answer.closes:
            return
