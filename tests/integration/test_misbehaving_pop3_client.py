"""courriel_pop3 on a socket, with a server that misbehaves: one of its errors, soon, or a right answer."""

import asyncio
import tracemalloc
from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest
from tests.integration.misbehaving_pop3 import Act, Mail, Misbehaving
from tests.integration.misbehaviours import drip, endless, first, hang, hang_up, reset, say_then

from courriel_pop3 import (
    ConnectionLost,
    Limits,
    Pop3Client,
    Pop3Error,
    ProtocolError,
    ReplyError,
    Server,
    ServerTemporaryFailure,
    TimedOut,
    Tls,
    TlsRequired,
    TooLarge,
    connect,
)

SOON_SECONDS = 3.0
"""Far above the time-out of a reply in these tests (0.4 s), and far below any server's patience."""
TERMS = Server(host="", port=0, tls=Tls.NONE, connect_timeout=1, reply_timeout=0.4)


def maildrop(count: int = 3) -> list[Mail]:
    """Make messages."""
    return [Mail(b"u%d" % n, b"Subject: %d\r\n\r\nBonjour %d\r\n" % (n, n)) for n in range(1, count + 1)]


async def session(server: Server) -> Pop3Client:
    """Connect and log in."""
    client = await connect(server)
    await client.login("jean", "demo")
    return client


@pytest.mark.parametrize(
    ("script", "error"),
    [
        ({"BANNER": b"-ERR [SYS/TEMP] full\r\n"}, ServerTemporaryFailure),
        ({"BANNER": b"-ERR go away\r\n"}, ReplyError),
        ({"BANNER": b"220 smtp.example ESMTP\r\n"}, ProtocolError),
        ({"BANNER": b"x" * 20_000}, TooLarge),
        ({"BANNER": hang}, TimedOut),
        ({"BANNER": drip(b"+OK ready ", 0.02)}, TimedOut),
        ({"BANNER": hang_up}, ConnectionLost),
        ({"BANNER": reset}, ConnectionLost),
        ({"CAPA": hang}, TimedOut),
        ({"CAPA": endless(b"+OK\r\n" + b"X-CAPABILITY of no use\r\n" * 200)}, TooLarge),
        ({"AUTH": hang}, TimedOut),
        ({"AUTH": reset}, ConnectionLost),
        ({"AUTH": b"+ again\r\n+ again\r\n"}, ProtocolError),
    ],
    ids=str,
)
async def test_a_session_that_cannot_be_opened(
    script: dict[str, bytes | Act], error: type[Pop3Error]
) -> None:
    """Each way of failing is an error of its own, in time."""
    async with Misbehaving(script=script).listening() as server:
        with pytest.raises(error):
            async with asyncio.timeout(SOON_SECONDS):
                await session(server)


@pytest.mark.parametrize(
    ("script", "error"),
    [
        ({"STLS": b"-ERR no\r\n"}, TlsRequired),
        ({"STLS": b"+OK\r\n+OK\r\n"}, ProtocolError),
        ({"STLS": b"+OK\r\n+OK injected\r\nUSER\r\n.\r\n"}, ProtocolError),
        ({"STLS": say_then(b"+OK\r\n", hang)}, ConnectionLost),
    ],
    ids=str,
)
async def test_stls_stripped_or_injected(script: dict[str, bytes | Act], error: type[Pop3Error]) -> None:
    """No password goes out, whatever CAPA does not say and somebody says in the server's name."""
    bad = Misbehaving(script=script)
    async with bad.listening(replace(TERMS, tls=Tls.STARTTLS)) as server:
        with pytest.raises(error):
            async with asyncio.timeout(SOON_SECONDS):
                await session(server)
    assert not {command.split(" ")[0] for command in bad.commands} & {"AUTH", "USER", "PASS", "APOP"}


Ask = Callable[[Pop3Client], Awaitable[object]]


async def all_tops(client: Pop3Client) -> list[bytes | ReplyError]:
    """Ask for the headers of three messages."""
    return [answer async for _, answer in client.tops([1, 2, 3], 0)]


@pytest.mark.parametrize(
    ("script", "ask", "error"),
    [
        ({"LIST": b"+OK\r\n1 10\r\n2 20\r\n"}, Pop3Client.listing, TimedOut),
        ({"LIST": say_then(b"+OK\r\n1 10\r\n", hang_up)}, Pop3Client.listing, ConnectionLost),
        ({"LIST": b"+OK\r\n1 10\r\n1 20\r\n.\r\n"}, Pop3Client.listing, ProtocolError),
        ({"LIST": b"+OK\r\n0 10\r\n.\r\n"}, Pop3Client.listing, ProtocolError),
        ({"LIST": b"+OK\r\n1 -10\r\n.\r\n"}, Pop3Client.listing, ProtocolError),
        ({"LIST": endless(b"+OK\r\n" + b"x" * 4096)}, Pop3Client.listing, TooLarge),
        ({"LIST": drip(b"+OK\r\n1 10\r\n", 0.02)}, Pop3Client.listing, TimedOut),
        ({"STAT": b"+OK lots\r\n"}, Pop3Client.stat, ProtocolError),
        (
            {"RETR": say_then(b"+OK\r\nSubject: 1\r\n\r\nhalf\r\n", hang_up)},
            lambda c: c.retr(1),
            ConnectionLost,
        ),
        ({"RETR": say_then(b"+OK\r\nhalf\r\n-ERR disk\r\n", hang)}, lambda c: c.retr(1), TimedOut),
        ({"RETR": say_then(b"+OK\r\nhalf", reset)}, lambda c: c.retr(1), ConnectionLost),
        ({"RETR": endless(b"+OK\r\n" + b"x" * 4096)}, lambda c: c.retr(1), TooLarge),
        ({"RETR": drip(b"+OK\r\nabc", 0.02)}, lambda c: c.retr(1), TimedOut),
        ({"TOP 2 0": b"what?\r\n"}, all_tops, ProtocolError),
        ({"QUIT": hang}, Pop3Client.quit, TimedOut),
        ({"QUIT": reset}, Pop3Client.quit, ConnectionLost),
    ],
    ids=str,
)
async def test_an_answer_that_is_none(
    script: dict[str, bytes | Act], ask: Ask, error: type[Pop3Error]
) -> None:
    """It is an error, in time; the connection is closed on both sides, so that nobody reads the rest."""
    bad = Misbehaving(mails=maildrop(), script=script)
    limits = Limits(listing=100_000, message=100_000)
    async with bad.listening(replace(TERMS, limits=limits)) as server:
        client = await session(server)
        with pytest.raises(error):
            async with asyncio.timeout(SOON_SECONDS):
                await ask(client)
        assert client.closed
        async with asyncio.timeout(SOON_SECONDS):
            await bad.idle.wait()


async def test_an_error_in_the_middle_of_things() -> None:
    """A refused TOP stands in its place, and what follows is not shifted by it."""
    async with Misbehaving(
        mails=maildrop(), script={"TOP 2 0": b"-ERR [SYS/TEMP] disk\r\n"}
    ).listening() as server:
        client = await session(server)
        headers = await all_tops(client)
        assert (headers[0], headers[2]) == (b"Subject: 1\r\n\r\n", b"Subject: 3\r\n\r\n")
        assert isinstance(headers[1], ServerTemporaryFailure)
        assert await client.retr(2) == b"Subject: 2\r\n\r\nBonjour 2\r\n"
        await client.quit()


@pytest.mark.parametrize("verb", ["LIST", "NOOP"])
async def test_unsolicited_data(verb: str) -> None:
    """An answer nobody asked for is not read as the next command's."""
    stray = b"+OK\r\n.\r\n+OK stray\r\n" if verb == "LIST" else b"+OK\r\n+OK stray\r\n"
    async with Misbehaving(mails=maildrop(), script={verb: first(1, stray)}).listening() as server:
        client = await session(server)
        await (client.list_() if verb == "LIST" else client.noop())
        with pytest.raises((ProtocolError, ConnectionLost)):
            await client.dele(1)
        assert client.closed


async def test_a_line_of_a_megabyte() -> None:
    """In a header and in a body it is as good as any other."""
    raw = b"Subject: " + b"x" * 1_000_000 + b"\r\n\r\n" + b"y" * 1_000_000 + b"\r\n"
    async with Misbehaving(mails=[Mail(b"u", raw)]).listening() as server:
        client = await session(server)
        assert await client.retr(1) == raw
        assert await client.top(1, 0) == raw[: 1_000_000 + 13]
        await client.quit()


async def test_a_message_beyond_its_bound_takes_no_memory() -> None:
    """What is over the limit is not kept, however long it goes on."""
    bad = Misbehaving(script={"RETR": endless(b"+OK\r\n" + b"x" * 65_536)})
    limits = Limits(message=64 * 1024 * 1024)
    async with bad.listening(replace(TERMS, limits=limits)) as server:
        client = await session(server)
        tracemalloc.start()
        try:
            with pytest.raises(TooLarge):
                async for _ in client.stream(1):
                    pass
            assert tracemalloc.get_traced_memory()[1] < 4 * 1024 * 1024
        finally:
            tracemalloc.stop()


@pytest.mark.parametrize("pipelining", [True, False])
async def test_a_window_that_cannot_deadlock(pipelining: bool) -> None:  # noqa: FBT001 — a parameter
    """Thousands of TOPs, of a server that reads nothing while its answers are not taken, all come."""
    mails = [Mail(b"u%d" % n, b"Subject: %d\r\n" % n + b"X: y\r\n" * 200 + b"\r\n") for n in range(1, 3001)]
    bad = Misbehaving(mails=mails, one_by_one=True)
    async with bad.listening(replace(TERMS, reply_timeout=5, pipelining=pipelining)) as server:
        client = await session(server)
        async with asyncio.timeout(60):
            numbers = range(1, len(mails) + 1)
            found = [
                number async for number, header in client.tops(numbers, 0) if header == mails[number - 1].raw
            ]
        assert found == list(numbers)
        await client.quit()


async def test_a_reader_that_is_slower_than_any_time_out() -> None:
    """Who takes an answer slowly is not told that the server was slow."""
    mails = [Mail(b"u", b"Subject: 1\r\n\r\n" + b"x" * 2_000_000 + b"\r\n")]
    async with Misbehaving(mails=mails, one_by_one=True).listening(
        replace(TERMS, reply_timeout=0.1)
    ) as server:
        client = await session(server)
        octets, pieces = 0, 0
        async for piece in client.stream(1):
            octets += len(piece)
            pieces += 1
            if pieces == 3:
                await asyncio.sleep(0.3)
        assert octets == len(mails[0].raw)
        await client.quit()


async def test_a_server_that_drops_pipelined_commands() -> None:
    """It is given up in time, with what it did answer told; one command at a time it serves."""
    bad = Misbehaving(mails=maildrop(), drops_pipelined=True)
    async with bad.listening() as server:
        client = await session(server)
        with pytest.raises(TimedOut) as caught:
            await client.listing()
        assert caught.value.answered == 1
        client = await session(replace(server, pipelining=False))
        assert [entry.uidl for entry in await client.listing()] == ["u1", "u2", "u3"]
        await client.quit()
