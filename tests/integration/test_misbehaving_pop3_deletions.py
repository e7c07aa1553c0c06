"""Deleting by the mailbox service on POP3 servers that misbehave: what was shown goes, or nothing does."""

from collections.abc import Callable

import pytest
from tests.integration.misbehaving_mailbox import letter, maildrop, signed_in, without
from tests.integration.misbehaving_pop3 import Act, HangUpError, Mail, Misbehaving, Talk
from tests.integration.misbehaviours import commit_then, drip, first, hang, hang_up, reset


@pytest.mark.parametrize(
    "uidl",
    [lambda mail, *_: mail.uidl, lambda _, number, __: b"%d" % number, lambda *_: b"same"],
    ids=["reused", "by position", "all the same"],
)
async def test_another_message_under_the_same_uidl_is_not_deleted(
    uidl: Callable[[Mail, int, int], bytes],
) -> None:
    """It has the same UIDL, size and place as what was shown, and is not it."""
    bad = Misbehaving(mails=maildrop(), uidl=uidl)
    async with signed_in(bad) as service:
        uids = await service.uids()
        bad.mails[1] = Mail(b"uidl-2", letter("4"))
        await service.log_in_anew()
        assert await service.delete(uids["2"]) == ["changed"]
        assert bad.subjects == ["3", "4", "1"]
        uids = await service.uids()
        assert list(uids) == ["3", "4", "1"]
        assert await service.text(uids["4"]) == "Bonjour 4"


async def test_another_message_under_the_same_uidl_is_not_opened_from_the_cache() -> None:
    """Once the list shows it, its own text is what opens, though the other's was kept under this uid."""
    bad = Misbehaving(mails=maildrop())
    async with signed_in(bad) as service:
        uids = await service.uids()
        retrieved = -1
        while bad.count("RETR") > retrieved:  # until it is opened without asking the server
            await service.log_in_anew()
            retrieved = bad.count("RETR")
            assert await service.text(uids["2"]) == "Bonjour 2"
        bad.mails[1] = Mail(b"uidl-2", letter("4"))
        await service.log_in_anew()
        assert await service.delete(uids["2"]) == ["changed"]
        uids = await service.uids()
        assert await service.text(uids["4"]) == "Bonjour 4"


@pytest.mark.parametrize("capa", [without("UIDL"), without("UIDL", "TOP")], ids=["no UIDL", "no TOP either"])
async def test_without_uidl_a_deletion_finds_what_was_shown_or_nothing(capa: tuple[str, ...]) -> None:
    """Somebody else took the first message meanwhile, so that all numbers moved."""
    refused: dict[str, bytes | Act] = {"UIDL": b"-ERR\r\n"}
    bad = Misbehaving(mails=maildrop(), capa=capa, script=refused)
    async with signed_in(bad) as service:
        uids = await service.uids()
        del bad.mails[0]
        await service.log_in_anew()
        outcomes = await service.delete(*uids.values())
        kept = [subject for subject, outcome in zip(uids, outcomes, strict=True) if outcome != "deleted"]
        assert bad.subjects == [subject for subject in kept if subject != "1"]
        assert outcomes[2] != "deleted"
        assert outcomes == ["deleted", "deleted", "gone"] or "TOP" not in capa


async def test_new_uidls_at_each_login_never_pass_for_a_deletion() -> None:
    """The message is there, so it is not told as gone; nor as deleted, when QUIT was not answered."""
    bad = Misbehaving(mails=maildrop(), uidl=lambda mail, _, login: mail.uidl + b"%d" % login)
    async with signed_in(bad) as service:
        uids = await service.uids()
        await service.log_in_anew()
        assert await service.delete(uids["2"]) == ["changed"]
        uids = await service.uids()
        bad.script["QUIT"] = first(1, reset)
        assert await service.delete(uids["2"]) == ["failed"]
        uids = await service.uids()
        bad.script["QUIT"] = first(1, commit_then(reset))
        assert await service.delete(uids["2"]) == ["deleted"]
        assert await service.subjects() == ["3", "1"]


@pytest.mark.parametrize(
    "end", [hang, reset, hang_up, drip(b"+OK", 0.02)], ids=["hang", "reset", "hang up", "drip"]
)
@pytest.mark.parametrize("committed", [True, False])
async def test_quit_without_an_answer(end: Act, committed: bool) -> None:  # noqa: FBT001 — a parameter
    """The service logs in again, compares, and tells the truth."""
    bad = Misbehaving(mails=maildrop(), script={"QUIT": first(1, commit_then(end) if committed else end)})
    async with signed_in(bad) as service:
        uids = await service.uids()
        outcome = "deleted" if committed else "failed"
        assert await service.delete(uids["1"], uids["3"]) == [outcome, outcome]
        assert bad.subjects == (["2"] if committed else ["3", "2", "1"])


async def test_quit_without_an_answer_and_a_server_that_is_gone() -> None:
    """Nobody knows, and nobody guesses."""

    async def go(talk: Talk, _line: str) -> bytes:
        talk.server.script["BANNER"] = b"-ERR down\r\n"
        raise HangUpError

    bad = Misbehaving(mails=maildrop(), script={"QUIT": go})
    async with signed_in(bad) as service:
        uids = await service.uids()
        assert await service.delete(uids["1"]) == ["unknown"]
