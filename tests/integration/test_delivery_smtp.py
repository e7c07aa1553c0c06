"""Delivery over real SMTP connections on loopback, to a sink that records what arrived on the wire."""

from datetime import UTC, datetime
from typing import Any

import pytest
from tests.integration.smtp_sink import MESSAGE, ROUTE, Sink, kinds, listening, relay_to

from courriel_message import Address, Draft, Resending, build, resend
from sender_service.delivery import Delivered, Outcome, Permanent, Temporary
from sender_service.delivery import Envelope as Route


async def test_a_message_arrives_as_it_was_built() -> None:
    """Octet by octet, at every recipient."""
    sink = Sink()
    async with listening(sink) as port, relay_to(port) as relay:
        outcomes = await relay.deliver(ROUTE, MESSAGE)
    assert kinds(outcomes) == dict.fromkeys(ROUTE.recipients, Delivered)
    assert outcomes["a@demo.example"].detail == "250 2.0.0 taken"
    assert sink.messages == [("jean@demo.example", list(ROUTE.recipients), MESSAGE)]


async def test_one_connection_serves_many_messages() -> None:
    """Also after a refused recipient and a refused message."""
    sink = Sink(rcpt={"no@demo.example": "550 5.1.1 unknown"}, data=["250 ok", "554 5.6.0 no", "250 ok"])
    async with listening(sink) as port, relay_to(port) as relay:
        await relay.deliver(ROUTE, MESSAGE)
        await relay.deliver(ROUTE, MESSAGE)
        await relay.deliver(Route("jean@demo.example", ("no@demo.example",)), MESSAGE)
        outcomes = await relay.deliver(ROUTE, MESSAGE)
    assert kinds(outcomes) == dict.fromkeys(ROUTE.recipients, Delivered)
    assert (sink.connections, len(sink.messages)) == (1, 2)


async def test_a_refused_recipient_does_not_harm_the_others() -> None:
    """The entry splits: one failed with the server's words, one to retry, one delivered."""
    sink = Sink(
        rcpt={"a@demo.example": "550 5.1.1 No\tsuch\x07 mailbox", "b@demo.example": "451 4.7.1 later"}
    )
    route = Route("jean@demo.example", (*ROUTE.recipients, "c@demo.example"))
    async with listening(sink) as port, relay_to(port) as relay:
        outcomes = await relay.deliver(route, MESSAGE)
    assert outcomes == {
        "a@demo.example": Permanent("550 5.1.1 No such mailbox"),
        "b@demo.example": Temporary("451 4.7.1 later"),
        "c@demo.example": Delivered("250 2.0.0 taken"),
    }
    assert sink.messages[0][1] == ["c@demo.example"]


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ({"data": ["452 4.3.1 full"]}, Temporary),
        ({"data": ["554 5.6.0 spam"]}, Permanent),
        ({"data": ["close"]}, Temporary),
        ({"mail": ["450 4.2.1 slow"]}, Temporary),
        ({"mail": ["550 5.7.1 not you"]}, Permanent),
        ({"mail": ["421 4.3.2 closing"]}, Temporary),
        ({"rcpt": {"a@demo.example": "421 4.3.2 closing"}}, Temporary),
    ],
)
async def test_what_is_said_of_the_message_is_everybodys(
    told: dict[str, Any], expected: type[Outcome]
) -> None:
    """4xx and lost connections may be tried again, 5xx not."""
    sink = Sink(**told)
    async with listening(sink) as port, relay_to(port) as relay:
        outcomes = await relay.deliver(ROUTE, MESSAGE)
    assert kinds(outcomes) == dict.fromkeys(ROUTE.recipients, expected)
    assert sink.messages == []


async def test_a_refusal_before_a_lost_connection_stays_true() -> None:
    """The recipient that was refused for good is not asked about again."""
    sink = Sink(rcpt={"a@demo.example": "550 no"}, data=["close"])
    async with listening(sink) as port, relay_to(port) as relay:
        outcomes = await relay.deliver(ROUTE, MESSAGE)
    assert kinds(outcomes) == {"a@demo.example": Permanent, "b@demo.example": Temporary}


async def test_nobody_listening_is_temporary() -> None:
    """A relay that is away may come back; its address is nobody's business."""
    async with relay_to(1) as relay:
        outcomes = await relay.deliver(ROUTE, MESSAGE)
    assert outcomes == dict.fromkeys(ROUTE.recipients, Temporary("the relay cannot be reached"))


@pytest.mark.parametrize("parting", ["421 4.4.2 idle too long", None])
async def test_a_kept_connection_that_died_is_replaced(parting: str | None) -> None:
    """Whether the server says 421 at the next MAIL or just closed: the message goes over a new connection."""
    sink = Sink()
    async with listening(sink) as port, relay_to(port) as relay:
        await relay.deliver(ROUTE, MESSAGE)
        if parting:
            sink.mail = [parting]
        else:
            sink.servers[0].transport.abort()
        outcomes = await relay.deliver(ROUTE, MESSAGE)
    assert kinds(outcomes) == dict.fromkeys(ROUTE.recipients, Delivered)
    assert (sink.connections, len(sink.messages)) == (2, 2)


async def test_dots_and_bare_line_ends_cannot_end_the_message() -> None:
    """Lone dots are stuffed, bare CR and LF become line ends: the server sees one message."""
    smuggled = b"Subject: x\r\n\r\n.\r\n..two\r\nx\n.\nMAIL FROM:<evil@x>\r.\rRSET\r\n"
    sink = Sink()
    async with listening(sink) as port, relay_to(port) as relay:
        await relay.deliver(ROUTE, smuggled)
        await relay.deliver(ROUTE, MESSAGE)
    assert [sender for sender, _, _ in sink.messages] == ["jean@demo.example"] * 2
    assert (
        sink.messages[0][2]
        == b"Subject: x\r\n\r\n.\r\n..two\r\nx\r\n.\r\nMAIL FROM:<evil@x>\r\n.\r\nRSET\r\n"
    )


async def test_blind_copies_are_in_the_envelope_only() -> None:
    """The hidden recipient gets the message; nobody reads who it was."""
    draft = Draft(
        from_=Address("Jean", "jean@demo.example"),
        to=(Address("", "a@demo.example"),),
        bcc=(Address("", "hidden@demo.example"),),
        subject="x",
        text=".\nFrom here\n",
        message_id="<1@demo.example>",
        date=datetime.now(UTC),
    )
    sink = Sink()
    async with listening(sink) as port, relay_to(port) as relay:
        route = Route("jean@demo.example", ("a@demo.example", "hidden@demo.example"))
        await relay.deliver(route, build(draft))
    _, recipients, message = sink.messages[0]
    assert "hidden@demo.example" in recipients
    assert b"hidden" not in message


@pytest.mark.parametrize("recipient", ["a@x.example>\r\nRCPT TO:<b@x.example", "a\x00@x.example"])
async def test_a_command_cannot_be_injected(recipient: str) -> None:
    """Should such an address ever come this far, nothing of it reaches the wire as a command."""
    sink = Sink()
    async with listening(sink) as port, relay_to(port) as relay:
        outcomes = await relay.deliver(Route("jean@demo.example", (recipient,)), MESSAGE)
    assert outcomes == {recipient: Permanent("an address cannot be written")}
    assert (sink.messages, sink.connections) == ([], 0)


async def test_size_and_international_addresses_use_what_is_offered() -> None:
    """SIZE is announced, SMTPUTF8 only where needed; a message beyond the relay's size is refused unsent."""
    sink = Sink()
    async with listening(sink, data_size_limit=100) as port, relay_to(port) as relay:
        await relay.deliver(ROUTE, MESSAGE)
        await relay.deliver(Route("jean@demo.example", ("é@demo.example",)), MESSAGE)
        large = await relay.deliver(ROUTE, b"x" * 101)
    assert sink.options == [[f"SIZE={len(MESSAGE)}"], [f"SIZE={len(MESSAGE)}", "SMTPUTF8"]]
    assert sink.messages[1][1] == ["é@demo.example"]
    assert kinds(large) == dict.fromkeys(ROUTE.recipients, Permanent)


RESENT = resend(
    b"From: p@x.example\n.leading dot: x\nSubject: x\n\n.\n..\n\xe9t\xe9 " + b"x" * 900,
    Resending(Address("", "jean@demo.example"), (), "<r@demo.example>", datetime(2026, 3, 3, tzinfo=UTC)),
)


async def test_a_resent_message_arrives_octet_by_octet() -> None:
    """8-bit content and dots included; it is announced as 8-bit."""
    sink = Sink()
    async with listening(sink) as port, relay_to(port) as relay:
        outcomes = await relay.deliver(ROUTE, RESENT)
    assert kinds(outcomes) == dict.fromkeys(ROUTE.recipients, Delivered)
    assert sink.messages[0][2] == RESENT
    assert "BODY=8BITMIME" in sink.options[0]


async def test_a_line_a_relay_finds_too_long_is_refused_in_its_words() -> None:
    """We cut none, since that would change the message; a relay that takes 998 octets says so."""
    sink = Sink()
    async with listening(sink) as port, relay_to(port) as relay:
        outcomes = await relay.deliver(ROUTE, RESENT + b"x" * 2000 + b"\r\n")
    assert outcomes["a@demo.example"] == Permanent("500 Line too long (see RFC5321 4.5.3.1.6)")


async def test_eight_bit_content_needs_a_relay_that_takes_it() -> None:
    """Without 8BITMIME nothing is sent, and the person is told; seven-bit mail goes as ever."""
    sink = Sink(takes_8_bit=False)
    async with listening(sink) as port, relay_to(port) as relay:
        refused = await relay.deliver(ROUTE, RESENT)
        plain = await relay.deliver(ROUTE, MESSAGE)
    assert refused["a@demo.example"] == Permanent("554 5.6.3 The relay takes no 8-bit content")
    assert kinds(plain) == dict.fromkeys(ROUTE.recipients, Delivered)
    assert len(sink.messages) == 1
