"""The asyncio client on a transport in memory: what it says, what it makes of answers, how it ends."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from dataclasses import replace
from typing import Any

import pytest

from courriel_pop3 import (
    AuthenticationRefused,
    ConnectFailed,
    ConnectionLost,
    Entry,
    InvalidCommand,
    Limits,
    LoginDelay,
    MaildropInUse,
    Pop3Client,
    Pop3Error,
    ProtocolError,
    ReplyError,
    Server,
    ServerPermanentFailure,
    ServerTemporaryFailure,
    Stat,
    TimedOut,
    TlsRequired,
    TooLarge,
    UsageError,
    connect,
)

Session = Callable[..., Awaitable[tuple[Pop3Client, Any]]]
STAMPED = b"+OK ready <1896.697170952@dbc.mtview.ca.us>\r\n"
PLAIN = "AUTH PLAIN AGplYW4AZGVtbw=="
APOP = "APOP jean c57885f7b0136fc5c5a0283862753d8b"
UIDLS = b"+OK\r\n1 aaa\r\n2 bbb\r\n.\r\n"
SIZES = b"+OK\r\n1 120\r\n2 4500\r\n.\r\n"


@pytest.mark.parametrize(
    ("options", "replies", "said"),
    [
        ({}, {}, [PLAIN]),
        ({"capa": "USER UTF8 SASL-PLAIN"}, {"UTF8": b"-ERR\r\n"}, ["UTF8", PLAIN]),
        ({"capa": "USER SASL-CRAM-MD5"}, {}, ["USER jean", "PASS demo"]),
        ({"capa": None}, {}, ["USER jean", "PASS demo"]),
        ({"capa": "UIDL"}, {}, ["USER jean", "PASS demo"]),
        ({"banner": STAMPED}, {}, [APOP]),
        ({"banner": STAMPED}, {"APOP": b"-ERR no secret\r\n"}, [APOP, PLAIN]),
        ({"banner": STAMPED}, {"APOP": b"-ERR [AUTH] no secret\r\n"}, [APOP, PLAIN]),
        ({"banner": STAMPED, "capa": None}, {"APOP": b"-ERR\r\n"}, [APOP, "USER jean", "PASS demo"]),
    ],
)
async def test_ways_to_sign_in(
    session: Session, options: dict[str, Any], replies: dict[str, bytes], said: list[str]
) -> None:
    """Each server is signed in to by the best way it knows."""
    client, server = await session(replies, **options)
    await client.login("jean", "demo")
    assert server.commands == ["CAPA", *said]
    assert not client.closed


@pytest.mark.parametrize(
    ("options", "replies", "error"),
    [
        ({}, {"AUTH": b"-ERR [AUTH] no\r\n"}, AuthenticationRefused),
        ({}, {"AUTH": b"-ERR no\r\n"}, AuthenticationRefused),
        ({}, {"AUTH": b"-ERR [IN-USE] busy\r\n"}, MaildropInUse),
        ({}, {"AUTH": b"-ERR [LOGIN-DELAY] wait\r\n"}, LoginDelay),
        ({}, {"AUTH": b"-ERR [SYS/TEMP] later\r\n"}, ServerTemporaryFailure),
        ({}, {"AUTH": b"-ERR [SYS/PERM] never\r\n"}, ServerPermanentFailure),
        ({"capa": None}, {"USER": b"-ERR who?\r\n"}, AuthenticationRefused),
        ({"capa": None}, {"PASS": b"-ERR no: PASS demo\r\n"}, AuthenticationRefused),
        ({"capa": None}, {"PASS": b"-ERR [IN-USE] busy\r\n"}, MaildropInUse),
        ({"banner": STAMPED}, {"APOP": b"-ERR [IN-USE] busy\r\n"}, MaildropInUse),
    ],
)
async def test_refused_sign_in(
    session: Session, options: dict[str, Any], replies: dict[str, bytes], error: type[ReplyError]
) -> None:
    """Each refusal has its type, no password in it, is not tried again, and leaves the connection usable."""
    client, server = await session(replies, **options)
    with pytest.raises(error) as caught:
        await client.login("jean", "demo")
    assert type(caught.value) is error
    assert "demo" not in f"{caught.value!r} {caught.value} {client!r}"
    assert len(server.commands) == len(set(server.commands))
    assert server.commands[-1].split()[0] == next(iter(replies))
    await client.noop()


async def test_no_password_where_the_server_wants_tls(session: Session) -> None:
    """A server that offers STLS and no way to sign in without it gets no password in the clear."""
    client, server = await session(capa="STLS UIDL")
    with pytest.raises(TlsRequired):
        await client.login("jean", "sesame")
    assert server.commands == ["CAPA"]


async def test_what_cannot_be_sent(session: Session) -> None:
    """A name with a line break in it never reaches the wire, and the connection lives on."""
    client, server = await session(capa=None)
    with pytest.raises(InvalidCommand):
        await client.login("jean\r\nDELE 1", "demo")
    with pytest.raises(InvalidCommand):
        await client.retr(0)
    assert server.commands == ["CAPA"]
    await client.noop()


async def test_values(session: Session) -> None:
    """Each command returns what the server said, parsed."""
    client, server = await session(
        {
            "STAT": b"+OK 2 4620\r\n",
            "UIDL": UIDLS,
            "LIST": SIZES,
            "TOP": b"+OK\r\nSubject: x\r\n\r\n..dot\r\n.\r\n",
            "RETR": b"+OK\r\nSubject: y\r\n\r\n.\r\n",
        }
    )
    assert await client.stat() == Stat(2, 4620)
    assert await client.uidl() == [(1, "aaa"), (2, "bbb")]
    assert await client.list_() == [(1, 120), (2, 4500)]
    assert await client.top(1, 1) == b"Subject: x\r\n\r\n.dot\r\n"
    assert await client.retr(2) == b"Subject: y\r\n\r\n"
    await client.dele(1)
    await client.rset()
    await client.noop()
    assert server.commands[1:] == ["STAT", "UIDL", "LIST", "TOP 1 1", "RETR 2", "DELE 1", "RSET", "NOOP"]


async def test_listing_is_one_flight(session: Session) -> None:
    """UIDL and LIST go out together, and come back joined."""
    client, server = await session({"UIDL": UIDLS, "LIST": SIZES})
    assert await client.listing() == [Entry(1, 120, "aaa"), Entry(2, 4500, "bbb")]
    assert server.flights[-1] == b"UIDL\r\nLIST\r\n"


@pytest.mark.parametrize(
    ("capa", "said"), [("TOP", ["LIST"]), (None, ["UIDL", "LIST"]), ("PIPELINING UIDL", ["UIDL", "LIST"])]
)
async def test_listing_without_uidl(session: Session, capa: str | None, said: list[str]) -> None:
    """A server without UIDL, or whose UIDL fails, still lists its messages."""
    client, server = await session({"UIDL": b"-ERR no\r\n", "LIST": SIZES}, capa=capa)
    assert await client.listing() == [Entry(1, 120, None), Entry(2, 4500, None)]
    assert server.commands[1:] == said


async def test_tops(session: Session) -> None:
    """Headers come in the order asked, a refusal in its place, all from one flight."""
    client, server = await session(
        {f"TOP {n} 0": b"+OK\r\nn: %d\r\n.\r\n" % n for n in (1, 3)} | {"TOP": b"-ERR\r\n"}
    )
    outcomes = [(number, outcome) async for number, outcome in client.tops([3, 2, 1], 0)]
    assert [number for number, _ in outcomes] == [3, 2, 1]
    assert (outcomes[0][1], outcomes[2][1]) == (b"n: 3\r\n", b"n: 1\r\n")
    assert isinstance(outcomes[1][1], ReplyError)
    assert len(server.flights) == 2


async def test_deletes(session: Session) -> None:
    """Deletions are pipelined and each has its outcome."""
    client, server = await session({"DELE 2": b"-ERR gone\r\n"})
    outcomes = await client.deletes(range(1, 200))
    assert [number for number, error in outcomes if error is None] == [1, *range(3, 200)]
    assert isinstance(outcomes[1][1], ReplyError)
    assert max(flight.count(b"\r\n") for flight in server.flights) == Limits().window_commands


async def test_one_at_a_time_without_pipelining(session: Session) -> None:
    """A server that does not announce PIPELINING never has two commands at once."""
    client, server = await session(capa="UIDL TOP USER")
    await client.deletes([1, 2, 3])
    assert [flight.count(b"\r\n") for flight in server.flights] == [1, 1, 1, 1]


async def test_stream(session: Session) -> None:
    """A message comes in pieces; the server waits for a slow reader; the connection is good afterwards."""
    body = (b"x" * 76 + b"\r\n") * 40_000
    client, server = await session({"RETR": b"+OK\r\n" + body + b".\r\n"})
    pieces = []
    async for piece in client.stream(1):
        pieces.append(piece)
        for _ in range(20):
            await asyncio.sleep(0)
        assert len(body) - server.unsent - sum(map(len, pieces)) < 300_000
    assert b"".join(pieces) == body
    assert len(pieces) > 10
    await client.noop()


async def test_refused_stream(session: Session) -> None:
    """A message that is not there raises before the first piece and leaves the connection usable."""
    client, _ = await session({"RETR": b"-ERR no such message\r\n"})
    with pytest.raises(ReplyError):
        await anext(client.stream(7))
    await client.noop()


@pytest.mark.parametrize("start", [lambda client: client.stream(1), lambda client: client.tops([1, 2], 0)])
async def test_half_read(session: Session, start: Callable[[Pop3Client], Any]) -> None:
    """Whoever leaves a reply half read closes the connection, and the next caller is told why."""
    half = b"+OK\r\nhalf\r\n"
    client, server = await session({"RETR": half * 2, "TOP 1 0": half + b".\r\n", "TOP 2 0": half})
    async with aclosing(start(client)) as pieces:
        async for _ in pieces:
            break
    assert client.closed
    assert server.aborted
    with pytest.raises(ConnectionLost, match="half read"):
        await client.noop()


async def test_leaving_after_the_last_answer(session: Session) -> None:
    """A generator left when all answers owed were read does no harm."""
    client, _ = await session({"TOP": b"+OK\r\nx\r\n.\r\n"})
    async with aclosing(client.tops([1], 0)) as outcomes:
        async for _ in outcomes:
            break
    await client.noop()


@pytest.mark.parametrize("answer", [b"", b"+OK\r\nhalf", b"+OK\r\nall\r\n.\r\n"])
async def test_cancelled(session: Session, answer: bytes) -> None:
    """A task cancelled while an answer is owed leaves the connection closed, never out of step."""
    client, server = await session({"RETR": answer})
    server.received.clear()
    task = asyncio.create_task(client.retr(1))
    await server.received.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert client.closed
    assert server.aborted
    with pytest.raises(ConnectionLost, match="closed"):
        await client.noop()


async def test_two_tasks(session: Session) -> None:
    """A second command while an answer is read is refused; the first is not disturbed."""
    client, server = await session({"RETR": b""})
    server.received.clear()
    first = asyncio.create_task(client.retr(1))
    await server.received.wait()
    with pytest.raises(UsageError):
        await client.noop()
    server.say(b"+OK\r\nmail\r\n.\r\n")
    assert await first == b"mail\r\n"


async def test_silence(plain: Server, memory_server: Any) -> None:
    """A server that falls silent is given up, by an error the standard library's handlers know."""
    server = memory_server({"RETR": b"+OK\r\nhalf\r\n"})
    client = await connect(plain, dial=server.dial)
    client._wire._reply_timeout = 0.01
    with pytest.raises(TimedOut) as caught:
        await client.retr(1)
    assert isinstance(caught.value, TimeoutError)
    assert isinstance(caught.value, ConnectionError)
    assert client.closed
    assert server.aborted
    with pytest.raises(ConnectionLost, match=r"silent, or next to it, for 0\.01 s"):
        await client.noop()


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (b"(hang up)", ConnectionLost),
        (b"what?\r\n", ProtocolError),
        (b"+OK\r\nno number\r\n.\r\n", ProtocolError),
        (b"+OK\r\n" + b"1 120\r\n" * 200, TooLarge),
    ],
)
async def test_bad_answers(plain: Server, memory_server: Any, reply: bytes, error: type[Pop3Error]) -> None:
    """Whatever breaks the protocol closes the connection."""
    server = memory_server({"LIST": reply})
    client = await connect(replace(plain, limits=Limits(listing=1000)), dial=server.dial)
    with pytest.raises(error) as caught:
        await client.list_()
    assert type(caught.value) is error
    assert client.closed


async def test_last_words(session: Session) -> None:
    """An answer that came whole counts, though the server hung up behind it; then the client is closed."""
    client, _ = await session({"RETR": b"+OK\r\nmail\r\n.\r\n(hang up)"})
    assert await client.retr(1) == b"mail\r\n"
    assert client.closed


async def test_slow_drip(plain: Server, memory_server: Any) -> None:
    """Octets that come ever again, one by one, do not keep anybody waiting for longer than the time-out."""
    server = memory_server({"RETR": b"+OK\r\n"})
    client = await connect(replace(plain, reply_timeout=0.1), dial=server.dial)
    dripping = asyncio.create_task(drip(server, 0.01))
    started = asyncio.get_running_loop().time()
    with pytest.raises(TimedOut):
        await client.retr(1)
    assert asyncio.get_running_loop().time() - started < 1
    dripping.cancel()


async def test_long_answers_take_their_time(plain: Server, memory_server: Any) -> None:
    """What comes fast enough may take longer than the time-out in all: octets make up for waiting."""
    server = memory_server({"RETR": b"+OK\r\n"})
    client = await connect(replace(plain, reply_timeout=0.1), dial=server.dial)
    dripping = asyncio.create_task(drip(server, 0.01, octets=1024, times=30))
    assert len(await client.retr(1)) == 30 * 1024
    await dripping
    assert not client.closed


async def drip(server: Any, pause: float, *, octets: int = 1, times: int = 10_000) -> None:
    """Say that many octets again and again, then end the answer."""
    for _ in range(times):
        server.say(b"x" * (octets - 2) + b"\r\n" if octets > 2 else b"x")
        await asyncio.sleep(pause)
    server.say(b".\r\n")


async def test_pipelining_that_is_not_believed(plain: Server, memory_server: Any) -> None:
    """By its user's wish one command at a time goes out, whatever CAPA says."""
    server = memory_server()
    client = await connect(replace(plain, pipelining=False), dial=server.dial)
    await client.deletes([1, 2, 3])
    assert [flight.count(b"\r\n") for flight in server.flights] == [1, 1, 1, 1]


async def test_a_server_that_drops_commands(session: Session) -> None:
    """Who announces PIPELINING and answers the first command only is told from who answers none."""
    client, _ = await session({"TOP 1 0": b"+OK\r\nx\r\n.\r\n", "TOP 2 0": b"", "LIST": b"", "UIDL": b""})
    client._wire._reply_timeout = 0.01
    with pytest.raises(TimedOut) as caught:
        _ = [number async for number, _ in client.tops([1, 2, 3], 0)]
    assert caught.value.answered == 1
    client, _ = await session({"LIST": b"", "UIDL": b""})
    client._wire._reply_timeout = 0.01
    with pytest.raises(TimedOut) as caught:
        await client.listing()
    assert caught.value.answered == 0


async def test_bad_stat(session: Session) -> None:
    """STAT without its two numbers is no POP3."""
    client, _ = await session({"STAT": b"+OK many\r\n"})
    with pytest.raises(ProtocolError):
        await client.stat()
    assert client.closed


@pytest.mark.parametrize("farewell", [b"", b"-ERR Disconnected for inactivity.\r\n", b"+OK\r\n"])
async def test_the_server_leaves_between_commands(session: Session, farewell: bytes) -> None:
    """A connection lost or spoiled while idle is known to be closed before anything is sent on it."""
    client, server = await session()
    server.say(farewell) if farewell else server.hang_up()
    await server.settle()
    assert client.closed
    with pytest.raises(ConnectionLost):
        await client.dele(1)
    assert server.commands == ["CAPA"]


async def test_quit(session: Session) -> None:
    """QUIT returns once it was answered, and the connection is closed."""
    client, server = await session()
    await client.quit()
    assert server.commands[-1] == "QUIT"
    assert client.closed
    with pytest.raises(ConnectionLost, match="QUIT"):
        await client.noop()


@pytest.mark.parametrize(
    ("reply", "error"), [(b"-ERR some kept\r\n", ReplyError), (b"(hang up)", ConnectionLost)]
)
async def test_quit_unacknowledged(session: Session, reply: bytes, error: type[Pop3Error]) -> None:
    """A QUIT that was refused or not answered says so: deletions may not have happened."""
    client, _ = await session({"QUIT": reply})
    with pytest.raises(error):
        await client.quit()
    assert client.closed


async def test_close(session: Session) -> None:
    """Dropping the connection sends no QUIT, so nothing is deleted; twice does no harm."""
    client, server = await session()
    await client.dele(1)
    client.close()
    client.close()
    assert client.closed
    assert server.aborted
    assert server.commands[-1] == "DELE 1"


async def test_refused_connection(plain: Server) -> None:
    """No connection is an error of its own, and a ConnectionError."""

    async def refuse(*_: object) -> None:
        raise ConnectionRefusedError(111, "Connection refused")

    with pytest.raises(ConnectFailed, match="Connection refused"):
        await connect(plain, dial=refuse)


async def test_slow_connection(plain: Server) -> None:
    """A connection that does not come about is given up in time."""

    async def hang(*_: object) -> None:
        await asyncio.Event().wait()

    with pytest.raises(TimedOut, match=r"within 0\.01 s"):
        await connect(replace(plain, connect_timeout=0.01), dial=hang)


@pytest.mark.parametrize(
    ("banner", "error"),
    [
        (b"-ERR [SYS/TEMP] full\r\n", ServerTemporaryFailure),
        (b"-ERR go away\r\n", ReplyError),
        (b"220 smtp\r\n", ProtocolError),
    ],
)
async def test_bad_banner(plain: Server, memory_server: Any, banner: bytes, error: type[Pop3Error]) -> None:
    """A banner that refuses, or is none, leaves no connection behind."""
    server = memory_server(banner=banner)
    with pytest.raises(error):
        await connect(plain, dial=server.dial)
    assert server.aborted


async def test_known_capabilities_save_a_round_trip(session: Session) -> None:
    """What another connection was told is believed, pipelining included."""
    first, _ = await session()
    client, server = await session({"UIDL": UIDLS, "LIST": SIZES}, known=first.capabilities)
    await client.login("jean", "demo")
    await client.listing()
    assert server.commands == [PLAIN, "UIDL", "LIST"]
    assert server.flights[-1] == b"UIDL\r\nLIST\r\n"


async def test_a_refusal_counts_only_when_the_capabilities_are_still_true(session: Session) -> None:
    """A server that can do something else now is asked again by the right way; a wrong password is not."""
    first, _ = await session()
    client, server = await session({"AUTH": b"-ERR what?\r\n"}, capa="USER", known=first.capabilities)
    await client.login("jean", "demo")
    assert server.commands == [PLAIN, "CAPA", "USER jean", "PASS demo"]
    client, server = await session({"AUTH": b"-ERR [AUTH] no\r\n"}, known=first.capabilities)
    with pytest.raises(AuthenticationRefused):
        await client.login("jean", "demo")
    assert server.commands == [PLAIN, "CAPA"]
