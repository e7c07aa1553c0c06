"""What a relay offers is used, and another relay is asked where one is away; read at a relay of our own."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from tests.chaos.sink import ChaosSink, Fault
from tests.integration.smtp_sink import MESSAGE, ROUTE, kinds

from sender_service.delivery import NULL_PATH, Delivered, Envelope, Outcome, Permanent, Temporary
from sender_service.delivery_smtp import SmtpRelay
from sender_service.relay_server import RelayServer
from sender_service.relays import Relays

logging.getLogger("asyncio").setLevel(logging.ERROR)


@asynccontextmanager
async def relays_to(*sinks: ChaosSink, connections: int = 8) -> AsyncIterator[Relays]:
    """Make one relay of several servers, in this order."""
    ports = [await sink.start() for sink in sinks]
    relays = [
        SmtpRelay(
            RelayServer.from_url(f"smtp://127.0.0.1:{port}?tls=none"),
            hostname="sender.test",
            connections=connections,
        )
        for port in ports
    ]
    try:
        yield Relays(relays)
    finally:
        for relay in relays:
            await relay.aclose()
        for sink in sinks:
            await sink.stop()


def at(step: str, answer: str, recipient: str = "") -> ChaosSink:
    """Make a relay with one fault."""
    return ChaosSink(faults=lambda s, r: Fault(answer) if s == step and recipient in {"", r} else None)


async def test_commands_of_a_message_go_in_one_flight() -> None:
    """MAIL and every RCPT together where PIPELINING is offered (RFC 2920); one by one where not."""
    piped, plain = ChaosSink(), ChaosSink(offers=())
    for sink, expected in ((piped, 1), (plain, 3)):
        async with relays_to(sink) as relays:
            assert kinds(await relays.deliver(ROUTE, MESSAGE)) == dict.fromkeys(ROUTE.recipients, Delivered)
        flights = [flight for flight in sink.flights if flight and flight[0][:4] in {b"MAIL", b"RCPT"}]
        assert len(flights) == expected
        assert sink.messages[0].wire == MESSAGE


@pytest.mark.parametrize("offers", [("PIPELINING",), ()])
async def test_a_partial_refusal_splits_the_recipients(offers: tuple[str, ...]) -> None:
    """Each has its own outcome, pipelined or not; the connection serves the next message."""
    sink = at("rcpt", "550 5.1.1 no", "a@demo.example")
    sink.offers = offers
    async with relays_to(sink) as relays:
        for _ in range(2):
            outcomes = await relays.deliver(ROUTE, MESSAGE)
            assert outcomes["a@demo.example"] == Permanent("550 5.1.1 no")
            assert isinstance(outcomes["b@demo.example"], Delivered)
    assert [each.recipients for each in sink.messages] == [["b@demo.example"]] * 2
    assert sink.connections == 1


async def test_everybody_refused_leaves_a_connection_that_serves() -> None:
    """The transaction is reset, and no DATA is sent."""
    sink = at("rcpt", "550 5.1.1 no")
    async with relays_to(sink) as relays:
        assert kinds(await relays.deliver(ROUTE, MESSAGE)) == dict.fromkeys(ROUTE.recipients, Permanent)
        sink.faults = lambda _step, _recipient: None
        assert kinds(await relays.deliver(ROUTE, MESSAGE)) == dict.fromkeys(ROUTE.recipients, Delivered)
    assert (sink.connections, len(sink.messages)) == (1, 1)


@pytest.mark.parametrize(
    ("envelope", "expected"),
    [
        (ROUTE, ["RET=FULL"]),
        (
            Envelope(ROUTE.sender, ("a@x.example",), notify_success=True),
            ["RET=FULL", "NOTIFY=SUCCESS,FAILURE,DELAY"],
        ),
        (Envelope(NULL_PATH, ("jean@demo.example",)), ["RET=FULL", "NOTIFY=NEVER"]),
    ],
)
async def test_receipts_are_asked_where_the_relay_offers_them(
    envelope: Envelope, expected: list[str]
) -> None:
    """RFC 3461: on demand only; never about a report."""
    sink, without = ChaosSink(), ChaosSink(offers=("SIZE",))
    async with relays_to(sink) as relays:
        await relays.deliver(envelope, MESSAGE)
    async with relays_to(without) as relays:
        await relays.deliver(envelope, MESSAGE)
    assert sink.messages[0].options == [f"SIZE={len(MESSAGE)}", *expected]
    assert without.messages[0].options == [f"SIZE={len(MESSAGE)}"]


@pytest.mark.parametrize(
    ("step", "answer"),
    [
        ("connect", "421 4.3.2 closing"),
        ("connect", "554 5.3.2 not today"),
        ("connect", "close"),
        ("ehlo", "close"),
        ("mail", "421 4.3.2 closing"),
        ("mail", "close"),
        ("rcpt", "close"),
    ],
)
async def test_the_next_relay_is_asked_where_one_is_away(step: str, answer: str) -> None:
    """Before DATA nothing was handed over, so that asking another makes no copy; the first rests a while."""
    first, second = at(step, answer), ChaosSink()
    async with relays_to(first, second) as relays:
        for _ in range(2):
            assert kinds(await relays.deliver(ROUTE, MESSAGE)) == dict.fromkeys(ROUTE.recipients, Delivered)
    assert (first.connections, len(first.messages), len(second.messages)) == (1, 0, 2)


@pytest.mark.parametrize(
    ("step", "answer", "expected"),
    [
        ("mail", "452 4.3.1 full", Temporary),
        ("mail", "550 5.7.1 no", Permanent),
        ("data", "451 4.3.0 later", Temporary),
        ("data", "close", Temporary),
        ("end", "late", Temporary),
        ("end", "552 5.3.4 too large", Permanent),
    ],
)
async def test_no_other_relay_is_asked_about_what_one_decided(
    step: str, answer: str, expected: type[Outcome]
) -> None:
    """A decision stands, and where DATA was begun the relay may have taken the message."""
    first, second = at(step, answer), ChaosSink()
    async with relays_to(first, second) as relays:
        assert kinds(await relays.deliver(ROUTE, MESSAGE)) == dict.fromkeys(ROUTE.recipients, expected)
    assert second.connections == 0


async def test_no_more_connections_than_allowed() -> None:
    """Twenty messages at once over two connections, each used again."""
    sink = ChaosSink()
    async with relays_to(sink, connections=2) as relays:
        await asyncio.gather(*(relays.deliver(ROUTE, MESSAGE) for _ in range(20)))
    assert (sink.connections, len(sink.messages)) == (2, 20)


@pytest.mark.parametrize("reply", ["nonsense", "25", "250-" + "x" * 40_000])
async def test_a_server_that_speaks_nonsense_is_away(reply: str) -> None:
    """No reply is made up, and nothing is read for ever."""
    sink = at("mail", reply)
    async with asyncio.timeout(5), relays_to(sink) as relays:
        assert kinds(await relays.deliver(ROUTE, MESSAGE)) == dict.fromkeys(ROUTE.recipients, Temporary)
    assert sink.messages == []


async def test_replies_that_drip_are_read() -> None:
    """Octet by octet, in the middle of a flight."""
    sink = at("rcpt", "drip")
    async with relays_to(sink) as relays:
        assert kinds(await relays.deliver(ROUTE, MESSAGE)) == dict.fromkeys(ROUTE.recipients, Delivered)
