"""The POP3 client and the mailbox service with real servers: one suite, five makes."""

import asyncio
from collections.abc import Iterator
from contextlib import aclosing
from dataclasses import replace
from email.message import EmailMessage
from email.policy import SMTP

import pytest
from tests.integration.mailbox_on_pop3 import serving
from tests.integration.real_pop3 import KINDS, PASSWORD, RealPop3, running_pop3_server

from courriel_message import summarise
from courriel_pop3 import AuthenticationRefused, ConnectionLost, MaildropInUse, Pop3Client, connect

MANY = 500
PATIENCE_SECONDS = 60.0
SUBJECT = "Été à la plage — l’œuvre « Ça »"
TEXT = "Bonjour Émile,\n\n.un point\n..deux\nFrom here\n.\nfin €\n"


@pytest.fixture(scope="module", params=KINDS)
def pop3_server(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RealPop3]:
    """Start each make in turn."""
    with running_pop3_server(KINDS[request.param], tmp_path_factory.mktemp("pop3") / "ca.pem") as server:
        yield server


def letter(subject: str = SUBJECT, text: str = TEXT) -> bytes:
    """Write a message."""
    message = EmailMessage(SMTP.clone(cte_type="7bit"))
    message["From"] = "Hélène Garçon <helene@example.org>"
    message["To"] = "jean@example.org"
    message["Subject"] = subject
    message["Date"] = "Mon, 23 Nov 2026 09:00:00 +0100"
    message.set_content(text)
    return bytes(message)


def body_of(message: bytes) -> bytes:
    """Return what comes behind the header; how many line ends close an mbox's message is the mbox's."""
    return message.partition(b"\r\n\r\n")[2].rstrip(b"\r\n")


async def session(pop3_server: RealPop3, name: str, *, tls: bool = False) -> Pop3Client:
    """Connect and log in."""
    client = await connect(pop3_server.terms(tls=tls))
    try:
        await client.login(name, PASSWORD)
    except BaseException:
        client.close()
        raise
    return client


async def test_right_and_wrong_passwords(pop3_server: RealPop3) -> None:
    """The right one opens, the wrong one and the unknown user are refused, and are nothing but refused."""
    pop3_server.fill("login", [letter()])

    async def attempt(name: str, password: str, *, tls: bool) -> None:
        client = await connect(pop3_server.terms(tls=tls))
        try:
            await client.login(name, password)
        finally:
            client.close()

    await attempt("login", PASSWORD, tls=False)
    wrong = [("login", "wrong", tls) for tls in (True, False)] + [("nobody", "wrong", True)]
    outcomes = await asyncio.gather(
        *(attempt(name, password, tls=tls) for name, password, tls in wrong), return_exceptions=True
    )
    assert [type(outcome) for outcome in outcomes] == [AuthenticationRefused] * 3


async def test_capabilities(pop3_server: RealPop3) -> None:
    """What the rest relies on is announced, and TLS is taken up."""
    client = await connect(pop3_server.terms())
    assert client.capabilities.known
    assert client.capabilities.stls
    assert client.capabilities.uidl
    assert client.capabilities.top
    assert client.capabilities.pipelining
    client.close()
    secured = await connect(pop3_server.terms(tls=True))
    assert secured.encrypted
    secured.close()


@pytest.mark.parametrize("tls", [True, False])
async def test_messages_come_as_they_are(pop3_server: RealPop3, tls: bool) -> None:  # noqa: FBT001 — a parameter
    """Listed, by header and whole, in order, with accents and dots."""
    name = "read-tls" if tls else "read"
    sent = [letter(), letter("deux")]
    pop3_server.fill(name, sent)
    client = await session(pop3_server, name, tls=tls)
    entries = await client.listing()
    assert [entry.number for entry in entries] == [1, 2]
    assert len({entry.uidl for entry in entries} - {None}) == 2
    async with aclosing(client.tops([2, 1], 0)) as answers:
        headers = [header async for _, header in answers]
    assert all(isinstance(header, bytes) for header in headers)
    assert [summarise(header).subject for header in headers if isinstance(header, bytes)] == ["deux", SUBJECT]
    for entry, expected in zip(entries, sent, strict=True):
        raw = await client.retr(entry.number)
        assert raw.partition(b"\r\n\r\n")[2].rstrip(b"\r\n") == expected.partition(b"\r\n\r\n")[2].rstrip(
            b"\r\n"
        )
    await client.quit()
    again = await session(pop3_server, name, tls=tls)
    assert [entry.uidl for entry in await again.listing()] == [entry.uidl for entry in entries]
    await again.quit()


async def test_a_session_is_a_snapshot(pop3_server: RealPop3) -> None:
    """What arrives meanwhile appears at the next login."""
    pop3_server.fill("snapshot", [letter("un")])
    client = await session(pop3_server, "snapshot")
    assert len(await client.listing()) == 1
    if pop3_server.kind.image != "mailutils":  # nobody else may write to its mbox meanwhile
        pop3_server.fill("snapshot", [letter("deux"), letter("trois")])
        assert len(await client.listing()) == 1
        await client.quit()
        client = await session(pop3_server, "snapshot")
        assert len(await client.listing()) == 3
    await client.quit()


async def test_a_second_session_is_told_or_let_in(pop3_server: RealPop3) -> None:
    """Where one session has the maildrop for itself, that is not taken for a wrong password."""
    pop3_server.fill("second", [letter()])
    first = await session(pop3_server, "second")
    if pop3_server.kind.exclusive:
        with pytest.raises(MaildropInUse):
            await session(pop3_server, "second")
    else:
        await (await session(pop3_server, "second")).quit()
    await first.quit()
    await (await session(pop3_server, "second")).quit()


async def test_five_hundred_messages_pipelined(pop3_server: RealPop3) -> None:
    """Listing and all headers, without waiting for any answer; each header is its message's."""
    pop3_server.fill("many", [letter(f"n {number}") for number in range(1, MANY + 1)])
    client = await session(pop3_server, "many")
    entries = await client.listing()
    async with aclosing(client.tops([entry.number for entry in entries], 0)) as answers:
        subjects = [summarise(answer).subject async for _, answer in answers if isinstance(answer, bytes)]
    assert subjects == [f"n {number}" for number in range(1, MANY + 1)]
    assert len({entry.uidl for entry in entries}) == MANY
    await client.quit()


async def test_the_service_deletes_what_it_was_asked_to(pop3_server: RealPop3) -> None:
    """Listed, opened (which some servers note in the header), deleted; another client sees it."""
    pop3_server.fill("delete", [letter(subject) for subject in ("un", "deux", "trois", "quatre")])
    async with serving(pop3_server.terms(), mailbox="delete", seconds=PATIENCE_SECONDS) as service:
        assert (await service.sign_in()).status_code == 204
        uids = await service.uids()
        assert list(uids) == ["quatre", "trois", "deux", "un"]
        assert await service.text(uids["deux"]) == TEXT.strip()
        await service.log_in_anew()
        assert await service.delete(uids["deux"], uids["quatre"]) == ["deleted", "deleted"]
        assert list(await service.uids()) == ["trois", "un"]
        assert await service.delete(uids["un"]) == ["deleted"]
        await service.sign_out()
    left = await asyncio.to_thread(pop3_server.maildrop, "delete")
    assert [summarise(message).subject for message in left] == ["trois"]


async def test_a_dropped_connection_deletes_nothing(pop3_server: RealPop3) -> None:
    """DELE without QUIT: the messages are there at the next login, once the server noticed."""
    pop3_server.fill("dropped", [letter(), letter("deux")])
    client = await session(pop3_server, "dropped")
    await client.deletes([1, 2])
    client.close()
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            try:
                client = await session(pop3_server, "dropped")
            except (MaildropInUse, ConnectionLost):
                continue
            break
    assert len(await client.listing()) == 2
    await client.quit()


async def test_one_command_at_a_time(pop3_server: RealPop3) -> None:
    """Without PIPELINING everything works as well."""
    pop3_server.fill("slow", [letter("un"), letter("deux")])
    client = await connect(replace(pop3_server.terms(), pipelining=False))
    await client.login("slow", PASSWORD)
    assert len(await client.listing()) == 2
    assert [number async for number, header in client.tops([2, 1], 0) if isinstance(header, bytes)] == [2, 1]
    assert await client.deletes([1, 2]) == [(1, None), (2, None)]
    await client.quit()
    assert await asyncio.to_thread(pop3_server.maildrop, "slow") == []
