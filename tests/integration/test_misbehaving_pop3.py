"""The mailbox service on POP3 servers that misbehave: people see and delete what is there, or are told so."""

import tracemalloc
from collections.abc import Callable

import pytest
from tests.integration.mailbox_on_pop3 import BEARER, JEAN, PASSWORD, problem, serving
from tests.integration.misbehaving_mailbox import SOON_SECONDS, letter, maildrop, signed_in, without
from tests.integration.misbehaving_pop3 import CAPABLE, Act, Mail, Misbehaving
from tests.integration.misbehaviours import drip, endless, first, hang, hang_up, reset, say_then

from courriel_pop3 import Server, Tls
from mailbox_service.connections import Login
from mailbox_service.errors import LoginTooSoon
from mailbox_service.maildrop_pop3 import Pop3Maildrops

UNAVAILABLE = (503, "mail-server-unavailable")
REFUSED = (401, "login-refused")


SERVED: dict[str, Callable[[], Misbehaving]] = {
    "nothing amiss": lambda: Misbehaving(mails=maildrop()),
    "no UIDL": lambda: Misbehaving(
        mails=maildrop(), capa=without("UIDL"), script={"UIDL": b"-ERR what?\r\n"}
    ),
    "UIDL announced and refused": lambda: Misbehaving(mails=maildrop(), script={"UIDL": b"-ERR\r\n"}),
    "no TOP": lambda: Misbehaving(mails=maildrop(), capa=without("TOP"), script={"TOP": b"-ERR what?\r\n"}),
    "TOP announced and refused": lambda: Misbehaving(mails=maildrop(), script={"TOP": b"-ERR\r\n"}),
    "no CAPA": lambda: Misbehaving(mails=maildrop(), capa=None),
    "no PIPELINING": lambda: Misbehaving(mails=maildrop(), capa=without("PIPELINING"), drops_pipelined=True),
    "as little as RFC 1939 asks for": lambda: Misbehaving(
        mails=maildrop(),
        capa=None,
        drops_pipelined=True,
        script={"UIDL": b"-ERR\r\n", "TOP": b"-ERR\r\n"},
    ),
    "lines that end in LF": lambda: Misbehaving(mails=maildrop(), eol=b"\n"),
    "one UIDL for all": lambda: Misbehaving(mails=maildrop(), uidl=lambda *_: b"same"),
    "UIDLs by position": lambda: Misbehaving(mails=maildrop(), uidl=lambda _, number, __: b"%d" % number),
    "UIDLs of no ASCII": lambda: Misbehaving(mails=maildrop(), uidl=lambda mail, *_: b"\xff\xe9" + mail.uidl),
    "UIDLs with spaces": lambda: Misbehaving(mails=maildrop(), uidl=lambda mail, *_: b"a " + mail.uidl),
    "long UIDLs": lambda: Misbehaving(mails=maildrop(), uidl=lambda mail, *_: b"x" * 900 + mail.uidl),
    "endless UIDLs": lambda: Misbehaving(mails=maildrop(), uidl=lambda mail, *_: b"x" * 9000 + mail.uidl),
    "no UIDL for one": lambda: Misbehaving(
        mails=maildrop(), uidl=lambda mail, number, _: b"" if number == 2 else mail.uidl
    ),
    "UIDLs of messages that are none": lambda: Misbehaving(
        mails=maildrop(), script={"UIDL": b"+OK\r\n0 x\r\n1 a\r\n2 b\r\n3 c\r\n4 d\r\n2147483648 e\r\n.\r\n"}
    ),
    "sizes too small": lambda: Misbehaving(mails=[Mail(each.uidl, each.raw, 1) for each in maildrop()]),
    "sizes too large": lambda: Misbehaving(mails=[Mail(each.uidl, each.raw, 99_999) for each in maildrop()]),
    "a line of a megabyte in the headers": lambda: Misbehaving(
        mails=[Mail(each.uidl, b"X-Long: " + b"y" * 50_000 + b"\r\n" + each.raw) for each in maildrop()]
    ),
    "a listing that is reset once": lambda: Misbehaving(mails=maildrop(), script={"LIST": first(1, reset)}),
    "a header that is cut once": lambda: Misbehaving(
        mails=maildrop(), script={"TOP 2 0": first(1, say_then(b"+OK\r\nSubject: wrong\r\n", hang_up))}
    ),
    "PIPELINING announced, commands dropped": lambda: Misbehaving(mails=maildrop(), drops_pipelined=True),
}


@pytest.mark.parametrize("case", SERVED)
async def test_what_is_there_is_listed_opened_and_deleted(case: str) -> None:
    """Each message under its own subject, the right one deleted, and the list right afterwards."""
    bad = SERVED[case]()
    async with signed_in(bad) as service:
        uids = await service.uids()
        assert list(uids) == ["3", "2", "1"]
        assert await service.text(uids["2"]) == "Bonjour 2"
        assert await service.text(uids["1"]) == "Bonjour 1"
        assert await service.delete(uids["2"]) == ["deleted"]
        assert bad.subjects == ["3", "1"]
        assert await service.subjects() == ["3", "1"]


NOT_OPENED: dict[str, tuple[dict[str, bytes | Act], tuple[int, str]]] = {
    "greeting that refuses": ({"BANNER": b"-ERR full\r\n"}, UNAVAILABLE),
    "greeting that hangs": ({"BANNER": hang}, UNAVAILABLE),
    "greeting that drips": ({"BANNER": drip(b"+OK ", 0.02)}, UNAVAILABLE),
    "greeting of another protocol": ({"BANNER": b"* OK IMAP4rev1\r\n"}, UNAVAILABLE),
    "wrong password": ({"AUTH": b"-ERR no\r\n"}, REFUSED),
    "wrong password, by its code": ({"AUTH": b"-ERR [AUTH] no\r\n"}, REFUSED),
    "trouble that passes": ({"AUTH": b"-ERR [SYS/TEMP] later\r\n"}, UNAVAILABLE),
    "trouble that stays": ({"AUTH": b"-ERR [SYS/PERM] never\r\n"}, UNAVAILABLE),
    "sign-in that hangs": ({"AUTH": hang}, UNAVAILABLE),
    "sign-in that is reset": ({"AUTH": reset}, UNAVAILABLE),
}


@pytest.mark.parametrize("case", NOT_OPENED)
async def test_a_sign_in_that_fails_is_told(case: str) -> None:
    """Only the server's word on the password is a refusal."""
    script, told = NOT_OPENED[case]
    async with (
        Misbehaving(script=script).listening() as server,
        serving(server, seconds=SOON_SECONDS) as service,
    ):
        assert problem(await service.sign_in()) == told


@pytest.mark.parametrize(
    "stls", [b"-ERR no\r\n", b"+OK\r\n+OK\r\nUSER\r\n.\r\n"], ids=["stripped", "injected"]
)
async def test_stls_stripped_or_injected(stls: bytes) -> None:
    """The mail server is unavailable, and nobody got a password."""
    bad = Misbehaving(mails=maildrop(), script={"STLS": stls})
    terms = Server(host="", port=0, tls=Tls.STARTTLS, connect_timeout=1, reply_timeout=0.4)
    async with bad.listening(terms) as server, serving(server, seconds=SOON_SECONDS) as service:
        assert problem(await service.sign_in()) == UNAVAILABLE
    assert bad.commands == ["STLS"]


NOT_LISTED: dict[str, bytes | Act] = {
    "refused": b"-ERR [SYS/TEMP] disk\r\n",
    "without an end": b"+OK\r\n1 10\r\n2 10\r\n",
    "cut": say_then(b"+OK\r\n1 10\r\n", hang_up),
    "dripping": drip(b"+OK\r\n1 10\r\n", 0.02),
    "reset": reset,
    "one message twice": b"+OK\r\n1 10\r\n1 10\r\n.\r\n",
    "no numbers": b"+OK\r\nSubject: a mail\r\n.\r\n",
    "an answer too many": b"+OK\r\n1 10\r\n.\r\n+OK stray\r\n",
}


@pytest.mark.parametrize("case", NOT_LISTED)
async def test_a_list_that_is_none_is_told(case: str) -> None:
    """Nobody is shown a part of a maildrop as if it were all of it."""
    bad = Misbehaving(mails=maildrop(), script={"LIST": NOT_LISTED[case]})
    async with signed_in(bad) as service:
        answer = await service.client.get("/messages", headers=BEARER)
        assert problem(answer) == UNAVAILABLE
        assert int(answer.headers["Retry-After"]) > 0


NOT_RETRIEVED: dict[str, bytes | Act] = {
    "cut": say_then(b"+OK\r\n" + letter("2")[:40], hang_up),
    "without an end": b"+OK\r\n" + letter("2"),
    "an error in the middle": say_then(b"+OK\r\nSubject: 2\r\n\r\nBon\r\n-ERR [SYS/TEMP] disk\r\n", hang_up),
    "reset": say_then(b"+OK\r\n" + letter("2")[:40], reset),
    "dripping": drip(b"+OK\r\nab", 0.02),
    "no POP3": b"<html>\r\n",
}


@pytest.mark.parametrize("case", NOT_RETRIEVED)
async def test_a_part_of_a_message_is_never_shown_as_the_whole(case: str) -> None:
    """It is told; and when the server is well again, the message is there whole."""
    bad = Misbehaving(mails=maildrop(), script={"RETR 2": first(2, NOT_RETRIEVED[case])})
    async with signed_in(bad) as service:
        uid = (await service.uids())["2"]
        assert problem(await service.client.get(f"/messages/{uid}", headers=BEARER)) == UNAVAILABLE
        assert await service.text(uid) == "Bonjour 2"


async def test_a_mailbox_that_shrinks_between_two_commands() -> None:
    """What is not there any more is unknown, the rest stays readable, and a deletion of it fails plainly."""
    gone = b"-ERR no such message\r\n"
    bad = Misbehaving(mails=maildrop(), script={"RETR 3": gone, "DELE 3": gone})
    async with signed_in(bad) as service:
        uids = await service.uids()
        assert problem(await service.client.get(f"/messages/{uids['3']}", headers=BEARER)) == (
            404,
            "unknown-message",
        )
        assert await service.text(uids["1"]) == "Bonjour 1"
        assert await service.delete(uids["3"], uids["1"]) == ["failed", "deleted"]
        assert bad.subjects == ["3", "2"]


async def test_a_header_that_is_refused_leaves_its_row() -> None:
    """-ERR to one TOP among others: a row with its size, that can be opened and deleted."""
    bad = Misbehaving(mails=maildrop(), script={"TOP 2 0": b"-ERR [SYS/TEMP] disk\r\n"})
    async with signed_in(bad) as service:
        rows = await service.rows()
        assert [row["subject"] for row in rows] == ["3", "", "1"]
        assert rows[1]["size"] == len(letter("2"))
        assert await service.text(rows[1]["uid"]) == "Bonjour 2"
        assert await service.delete(rows[1]["uid"]) == ["deleted"]
        assert bad.subjects == ["3", "1"]


async def test_numbers_that_are_out_of_range() -> None:
    """A LIST of messages that nobody can read: rows that cannot be opened, and the others can."""
    sizes = b"+OK\r\n1 70\r\n2147483648 70\r\n9999999999 9999999999999999999\r\n.\r\n"
    bad = Misbehaving(mails=maildrop("1"), script={"LIST": sizes})
    async with signed_in(bad) as service:
        rows = await service.rows()
        assert [row["subject"] for row in rows] == ["", "", "1"]
        unknown = await service.client.get(f"/messages/{rows[1]['uid']}", headers=BEARER)
        assert problem(unknown) == (404, "unknown-message")
        too_large = await service.client.get(f"/messages/{rows[0]['uid']}/raw", headers=BEARER)
        assert problem(too_large) == (413, "message-too-large")
        assert await service.text(rows[2]["uid"]) == "Bonjour 1"
        assert await service.delete(*(row["uid"] for row in rows)) == ["changed", "changed", "deleted"]


async def test_a_pause_between_logins_is_believed_once_it_was_meant() -> None:
    """Some announce one and want none; who has refused a login for it gets it from then on."""
    bad = Misbehaving(mails=maildrop(), capa=(*CAPABLE, "LOGIN-DELAY 60"))
    async with bad.listening() as server:
        drops = Pop3Maildrops(server)
        drop = await drops.open(Login(JEAN, PASSWORD))
        assert drop.login_delay == 0
        await drop.quit()
        bad.script["AUTH"] = first(1, b"-ERR [LOGIN-DELAY] wait\r\n")
        with pytest.raises(LoginTooSoon):
            await drops.open(Login(JEAN, PASSWORD))
        drop = await drops.open(Login(JEAN, PASSWORD))
        assert drop.login_delay == 60
        await drop.quit()


async def test_without_top_no_page_reads_a_gigabyte() -> None:
    """Large messages are not read for their headers; so much is read for a page, however LIST lies."""
    large = maildrop()
    large[1].raw += b"x" * 1_100_000 + b"\r\n"
    bad = Misbehaving(mails=large, capa=without("TOP"))
    async with bad.listening() as server:
        drop = await Pop3Maildrops(server).open(Login(JEAN, PASSWORD))
        await drop.listing()
        assert list(await drop.headers([3, 2, 1])) == [3, 1]
        await drop.quit()
    lying = [Mail(each.uidl, each.raw + b"x" * 3_000_000 + b"\r\n", 1) for each in maildrop()]
    bad = Misbehaving(mails=lying, capa=without("TOP"))
    async with bad.listening() as server:
        drop = await Pop3Maildrops(server).open(Login(JEAN, PASSWORD))
        await drop.listing()
        headers = await drop.headers([3, 2, 1])
        assert list(headers) == [3, 2]
        assert headers[3] == lying[2].raw.partition(b"\r\n\r\n")[0] + b"\r\n\r\n"
        await drop.quit()


async def test_a_message_beyond_its_bound_takes_no_memory() -> None:
    """It is shown as too large, and what the server goes on saying is not kept."""
    bad = Misbehaving(mails=maildrop(), script={"RETR": endless(b"+OK\r\n" + b"x" * 65_536)})
    async with signed_in(bad) as service:
        uid = (await service.uids())["2"]
        tracemalloc.start()
        try:
            answer = await service.client.get(f"/messages/{uid}/raw", headers=BEARER)
            assert tracemalloc.get_traced_memory()[1] < 160 * 1024 * 1024
        finally:
            tracemalloc.stop()
        assert problem(answer) == (413, "message-too-large")


async def test_a_server_that_drops_commands_gets_one_at_a_time_from_then_on() -> None:
    """It costs one time-out, not one a page."""
    bad = Misbehaving(mails=maildrop(), drops_pipelined=True)
    async with signed_in(bad) as service:
        assert await service.subjects() == ["3", "2", "1"]
        logins = bad.logins
        await service.log_in_anew()
        assert await service.subjects() == ["3", "2", "1"]
        assert bad.logins == logins + 1
