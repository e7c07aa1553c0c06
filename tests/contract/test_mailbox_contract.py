"""Mailbox keeps its word to the gateway and to auth, as their own clients hear it."""

import asyncio
import re
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest
import pytest_asyncio
from pydantic import SecretStr
from tests.contract.conftest import PASSWORD, SECRETS, Providers

import auth_service.errors
import auth_service.mailbox_client
from courriel_seal import KeyRing
from courriel_web.service_client import UpstreamProblem
from courriel_wire import (
    Code,
    DeleteAccepted,
    DeleteRequest,
    DeleteResults,
    SeenManyRequest,
    Sort,
    UndeleteRequest,
)
from gateway_service.mailbox_client import MailboxClient
from gateway_service.remote_images import PURPOSE

MAX_STREAMS = 8
UNKNOWN_UID = "bm9ib2R5"
INDEX_SECONDS = 10.0


@pytest_asyncio.fixture(loop_scope="session")
async def mailbox(providers: Providers) -> AsyncIterator[MailboxClient]:
    """Make the gateway's client of mailbox."""
    async with providers.client("mailbox", "gateway") as http:
        yield MailboxClient(http, http, http)


async def test_a_page_lists_the_newest_first(mailbox: MailboxClient, token: str) -> None:
    """Counts and sizes are of the whole maildrop; pages do not overlap; one too far is empty."""
    first = await mailbox.page(token, page=1, per_page=10)
    second = await mailbox.page(token, page=2, per_page=10)
    assert len(first.messages) == 10
    assert first.total >= 40
    assert first.total_size >= sum(message.size for message in first.messages)
    assert not {message.uid for message in first.messages} & {message.uid for message in second.messages}
    dates = [message.date for message in first.messages if message.date]
    assert dates[0] == max(dates)
    assert (await mailbox.page(token, page=1000, per_page=10)).messages == ()


async def test_a_message_opens_whole_raw_and_in_parts(mailbox: MailboxClient, token: str) -> None:
    """What the list shows can be read; the raw message and each part stream."""
    page = await mailbox.page(token, page=1, per_page=200)
    summary = next(message for message in page.messages if message.has_attachments)
    view = await mailbox.open(token, summary.uid)
    assert (view.subject, view.size) == (summary.subject, summary.size)
    part = next(part for part in view.parts if not part.inline)
    async with mailbox.part(token, summary.uid, part.id) as download:
        content = b"".join([chunk async for chunk in download.chunks])
    assert len(content) == part.size
    assert download.disposition
    assert download.disposition.startswith("attachment")
    async with mailbox.raw(token, summary.uid) as download:
        raw = b"".join([chunk async for chunk in download.chunks])
    assert download.content_type.startswith("message/rfc822")
    assert abs(len(raw) - view.size) <= raw.count(b"\n")
    async with mailbox.archive(token, summary.uid) as download:
        assert b"".join([chunk async for chunk in download.chunks]).startswith(b"PK")


async def test_images_from_elsewhere_stand_at_the_gateway(mailbox: MailboxClient, token: str) -> None:
    """What mailbox seals, the gateway opens: both have the gateway's secret."""
    page = await mailbox.page(token, page=1, per_page=200)
    views = [await mailbox.open(token, message.uid) for message in page.messages]
    view = next(view for view in views if view.remote_images and view.html)
    html = await mailbox.html_with_images(token, view.uid)
    sealed = re.findall(r'src="/remote/([\w-]+)"', html or "")
    ring = KeyRing.of_secret(SECRETS["gateway"].get_secret_value())
    assert sealed
    for each in sealed:
        assert ring.open_until(each, purpose=PURPOSE, now=time.time()).startswith("http")


async def test_an_enclosed_message_opens(mailbox: MailboxClient, token: str) -> None:
    """A message that is a part of another is a message; one that is none is no part to be opened so."""
    page = await mailbox.page(token, page=1, per_page=200)
    views = [await mailbox.open(token, message.uid) for message in page.messages]
    found = [(view.uid, part) for view in views for part in view.parts]
    uid, part = next(each for each in found if each[1].content_type == "message/rfc822")
    assert (await mailbox.enclosed(token, uid, part.id)).subject
    uid, part = next(each for each in found if each[1].content_type == "application/pdf")
    with pytest.raises(UpstreamProblem) as refused:
        await mailbox.enclosed(token, uid, part.id)
    assert refused.value.problem.type == Code.UNKNOWN_PART


async def test_every_message_of_the_demo_opens(mailbox: MailboxClient, token: str) -> None:
    """None of them is beyond the parser; the HTML is sanitised."""
    page = await mailbox.page(token, page=1, per_page=200)
    for message in page.messages:
        view = await mailbox.open(token, message.uid)
        assert view.text or view.parts
        assert "<script" not in (view.html or "").lower()


async def test_seen_marks_are_set_and_cleared(mailbox: MailboxClient, token: str) -> None:
    """By opening, by hand for one and for several; the list tells, and counts the unread."""
    page = await mailbox.page(token, page=1, per_page=2)
    first, second = (message.uid for message in page.messages)
    await mailbox.mark_many(token, SeenManyRequest(uids=(first, second), seen=False))
    before = (await mailbox.page(token, page=1, per_page=2)).unread
    assert not (await mailbox.open(token, first, mark_seen=False)).seen
    assert (await mailbox.open(token, first)).seen
    await mailbox.mark(token, second, seen=True)
    page = await mailbox.page(token, page=1, per_page=2)
    assert [message.seen for message in page.messages] == [True, True]
    assert page.unread == before - 2
    with pytest.raises(UpstreamProblem) as unknown:
        await mailbox.mark(token, UNKNOWN_UID, seen=True)
    assert unknown.value.problem.type == Code.UNKNOWN_MESSAGE


async def test_changes_are_told_as_they_happen(mailbox: MailboxClient, token: str) -> None:
    """First how it stands; who knows the state already is told nothing; streams are limited."""
    async with mailbox.changes(token, "") as changes:
        first = await anext(changes)
        assert (first.new, first.vanished) == ((), ())
        assert first.total == (await mailbox.page(token, page=1, per_page=1)).total
    async with AsyncExitStack() as streams:
        for _ in range(MAX_STREAMS):
            follower = await streams.enter_async_context(mailbox.changes(token, ""))
            assert (await anext(follower)).state == first.state
        with pytest.raises(UpstreamProblem) as refused:
            await streams.enter_async_context(mailbox.changes(token, ""))
    assert refused.value.problem.type == Code.TOO_MANY_STREAMS


async def test_what_is_not_there_is_said_so(mailbox: MailboxClient, token: str) -> None:
    """Unknown message and unknown part, each by its code."""
    with pytest.raises(UpstreamProblem) as unknown:
        await mailbox.open(token, UNKNOWN_UID)
    assert (unknown.value.problem.status, unknown.value.problem.type) == (404, Code.UNKNOWN_MESSAGE)
    page = await mailbox.page(token, page=1, per_page=1)
    with pytest.raises(UpstreamProblem) as unknown:
        async with mailbox.part(token, page.messages[0].uid, "9.9.9"):
            pass
    assert unknown.value.problem.type == Code.UNKNOWN_PART


async def test_a_delete_answers_when_it_is_done(mailbox: MailboxClient, token: str) -> None:
    """The message is gone at the next list; deleting it once more says so."""
    page = await mailbox.page(token, page=1, per_page=3)
    uids = tuple(message.uid for message in page.messages)
    results = await mailbox.delete(token, uids[0])
    assert [result.outcome for result in results.results] == ["deleted"]
    many = await mailbox.delete_many(token, DeleteRequest(uids=uids))
    assert isinstance(many, DeleteResults)
    assert [result.outcome for result in many.results] == ["gone", "deleted", "deleted"]
    after = await mailbox.page(token, page=1, per_page=200)
    assert after.total == page.total - 3
    assert not set(uids) & {message.uid for message in after.messages}


async def test_a_held_delete_is_hidden_and_can_be_taken_back(mailbox: MailboxClient, token: str) -> None:
    """Undo brings the message back into the list."""
    page = await mailbox.page(token, page=1, per_page=1)
    uid = page.messages[0].uid
    held = await mailbox.delete_many(token, DeleteRequest(uids=(uid,), undo_seconds=60))
    assert isinstance(held, DeleteAccepted)
    assert (await mailbox.page(token, page=1, per_page=1)).messages[0].uid != uid
    await mailbox.undelete(token, UndeleteRequest(uids=(uid,)))
    assert (await mailbox.page(token, page=1, per_page=1)).messages[0].uid == uid


async def test_mailbox_proves_a_password_for_auth_alone(providers: Providers) -> None:
    """Auth hears LoginRefused in its own terms; the gateway's credential is no good here."""
    async with providers.client("mailbox", "auth") as http:
        maildrops = auth_service.mailbox_client.MailboxClient(http)
        await maildrops.open("marie.martin", "sid-1", SecretStr(PASSWORD), SecretStr(""), "192.0.2.1")
        await maildrops.close("marie.martin", "sid-1")
        with pytest.raises(auth_service.errors.LoginRefused):
            await maildrops.open("marie.martin", "sid-2", SecretStr("wrong"), SecretStr(""), "192.0.2.1")
    async with providers.client("mailbox", "gateway") as http:
        with pytest.raises(UpstreamProblem) as refused:
            await http.json("DELETE", "/sessions/sid-1")
    assert refused.value.problem.type == Code.SERVICE_CREDENTIAL_REFUSED


async def test_the_whole_maildrop_is_sorted_and_searched(mailbox: MailboxClient, token: str) -> None:
    """Once it is indexed, which the answer tells; each order has its inverse, whatever accents and case."""
    async with asyncio.timeout(INDEX_SECONDS):
        while True:
            page = await mailbox.page(token, page=1, per_page=200, sort=Sort.SUBJECT)
            if page.indexed.done == page.indexed.total == page.total:
                break
    sizes = await mailbox.page(token, page=1, per_page=200, sort=Sort.SIZE_DOWN)
    assert [each.size for each in sizes.messages] == sorted(
        (each.size for each in page.messages), reverse=True
    )
    words = [word for each in page.messages for word in each.subject.split()]
    accented = next(word for word in words if "é" in word)
    plain = await mailbox.page(token, page=1, per_page=200, q=accented.replace("é", "E"))
    assert (await mailbox.page(token, page=1, per_page=200, q=accented)).messages == plain.messages
    assert 0 < plain.total < page.total
