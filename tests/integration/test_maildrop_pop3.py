"""mailbox's POP3 adapter on a real server on loopback (the demo's), the suite of its port, and its faults."""

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import pytest

from courriel_demo.accounts import PASSWORD, sign_in
from courriel_demo.maildir import Maildrops
from courriel_demo.pop3_server import serve_pop3
from courriel_pop3 import Limits, Server
from mailbox_service.connections import Login, OpenMaildrop
from mailbox_service.errors import MaildropBusy, MailServerUnavailable, MessageTooLarge
from mailbox_service.maildrop_pop3 import Pop3Maildrops

sys.path.append(str(Path(__file__).parents[2] / "services" / "mailbox" / "tests"))
pytest.register_assert_rewrite("mailbox_port_suites")

from mailbox_port_suites import FIRST, MaildropSuite  # noqa: E402 — found by the path above

JEAN = "jean.dupont"
LOGIN = Login(JEAN, PASSWORD)


@dataclass
class Pop3Bench:
    """The demo's POP3 server."""

    server: Server
    login: Login
    open: OpenMaildrop
    deliver: Callable[[bytes], Awaitable[None]]


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Pop3Bench]:
    """Serve an empty maildrop."""
    maildrops = Maildrops(tmp_path)
    maildrops.create(JEAN)
    listening = await serve_pop3("127.0.0.1", 0, maildrops, partial(sign_in, domain="demo.example"))
    server = Server.from_url(f"pop3://127.0.0.1:{listening.sockets[0].getsockname()[1]}")

    async def deliver(raw: bytes) -> None:
        await asyncio.to_thread(maildrops.deliver, JEAN, raw)

    async with listening:
        yield Pop3Bench(server, LOGIN, Pop3Maildrops(server).open, deliver)
    await served()


async def served() -> None:
    """Wait until the server's side of every connection has ended."""
    handlers = asyncio.all_tasks() - {asyncio.current_task()}
    if handlers:
        await asyncio.wait(handlers, timeout=10)


class TestPop3Maildrop(MaildropSuite):
    """courriel_pop3 on a socket."""


async def test_a_maildrop_that_another_session_holds_is_busy(bench: Pop3Bench) -> None:
    """[IN-USE] is told apart from a refusal."""
    first = await bench.open(LOGIN)
    with pytest.raises(MaildropBusy):
        await bench.open(LOGIN)
    await first.quit()


async def test_a_message_larger_than_the_server_said_is_not_taken_into_memory(bench: Pop3Bench) -> None:
    """LIST may lie; the limit holds all the same."""
    await bench.deliver(FIRST + b"x" * 5000)
    server = replace(bench.server, limits=Limits(message=4096))
    maildrop = await Pop3Maildrops(server).open(LOGIN)
    with pytest.raises(MessageTooLarge):
        await maildrop.retrieve(1)


async def test_a_server_that_is_away_is_unavailable(unused_tcp_port: int) -> None:
    """Refused at once."""
    server = Server.from_url(f"pop3://127.0.0.1:{unused_tcp_port}")
    with pytest.raises(MailServerUnavailable):
        await Pop3Maildrops(server).open(LOGIN)


async def test_a_server_without_uidl_is_served_by_digests_of_headers() -> None:
    """The same uid for the same message at every login, at the price of a TOP each."""
    async with scripted(WITHOUT_UIDL) as server:
        listings = []
        for _ in range(2):
            maildrop = await Pop3Maildrops(server).open(LOGIN)
            listings.append(await maildrop.listing())
            await maildrop.quit()
    assert listings[0] == listings[1]
    assert listings[0][0].uidl.startswith("sha256-")


async def test_a_quit_without_an_answer_is_unavailable() -> None:
    """Nobody knows what was deleted; the caller must look."""
    async with scripted({**WITHOUT_UIDL, "DELE 1": "+OK\r\n", "QUIT": ""}) as server:
        maildrop = await Pop3Maildrops(server).open(LOGIN)
        assert await maildrop.delete([1]) == frozenset()
        with pytest.raises(MailServerUnavailable):
            await maildrop.quit()


WITHOUT_UIDL = {
    "CAPA": "-ERR\r\n",
    "USER jean.dupont": "+OK\r\n",
    f"PASS {PASSWORD}": "+OK\r\n",
    "UIDL": "-ERR\r\n",
    "LIST": "+OK\r\n1 40\r\n.\r\n",
    "TOP 1 0": "+OK\r\nSubject: 1\r\n\r\n.\r\n",
    "QUIT": "+OK\r\n",
}


@asynccontextmanager
async def scripted(answers: dict[str, str]) -> AsyncIterator[Server]:
    """Serve one dialogue: an answer a command; an empty one, or an unknown command, ends the connection."""

    async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"+OK\r\n")
        while answer := answers.get((await reader.readline()).decode().strip(), ""):
            writer.write(answer.encode())
        writer.close()
        await writer.wait_closed()

    async with await asyncio.start_server(converse, "127.0.0.1", 0) as listening:
        yield Server.from_url(f"pop3://127.0.0.1:{listening.sockets[0].getsockname()[1]}")
    await served()
