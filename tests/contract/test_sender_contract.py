"""Sender keeps its word to the gateway, as the gateway's own client hears it."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
import pytest_asyncio
from fastapi import HTTPException
from tests.contract.conftest import Providers, sign_in

from courriel_web.service_client import UpstreamProblem
from courriel_wire import Code, Submission, UploadReference
from gateway_service.auth_client import AuthClient
from gateway_service.sender_client import SenderClient
from gateway_service.submissions import digest_of

DIGEST = digest_of("what the person asked")


@pytest_asyncio.fixture(loop_scope="session")
async def sender(providers: Providers) -> AsyncIterator[SenderClient]:
    """Make the gateway's client of sender."""
    async with providers.client("sender", "gateway") as http:
        yield SenderClient(http, http)


async def content() -> AsyncIterator[bytes]:
    """Stream a small attachment in two pieces."""
    yield b"%PDF-1.4 "
    yield b"an attachment"


async def test_an_upload_goes_out_with_a_message_that_is_visible(sender: SenderClient, token: str) -> None:
    """Accepted with its recipients and state; listed and told by its id."""
    upload = await sender.upload(
        token,
        disposition="attachment; filename*=UTF-8''r%C3%A9sum%C3%A9.pdf",
        content_type="application/pdf",
        chunks=content(),
    )
    assert (upload.filename, upload.size, upload.content_type) == ("résumé.pdf", 22, "application/pdf")
    submission = Submission(
        to=("Marie <marie.martin@demo.example>",),
        subject="Bonjour",
        text="…",
        attachments=(UploadReference(upload=upload.id),),
    )
    accepted = await sender.submit(token, submission, "key-1", DIGEST)
    assert [recipient.address for recipient in accepted.recipients] == ["marie.martin@demo.example"]
    assert (await sender.outbox_entry(token, accepted.id)).id == accepted.id
    assert accepted.id in [entry.id for entry in (await sender.outbox(token)).entries]
    again = await sender.submit(token, submission, "key-1", DIGEST)
    assert again.id == accepted.id


async def broken_content() -> AsyncIterator[bytes]:
    """Break off after the first piece, as a request does that is over its limit."""
    yield b"%PDF-1.4 "
    raise HTTPException(413)


async def test_an_upload_that_breaks_off_at_its_source_says_why(sender: SenderClient, token: str) -> None:
    """It is not sender that failed: what the source raised comes out, and the connection's end is no 503."""
    with pytest.raises(HTTPException) as broken:
        await sender.upload(
            token, disposition="attachment", content_type="text/plain", chunks=broken_content()
        )
    assert broken.value.status_code == 413


async def test_a_message_for_later_can_be_cancelled(sender: SenderClient, token: str) -> None:
    """Held until its time; cancelled, it never goes."""
    later = datetime.now(UTC) + timedelta(hours=1)
    held = await sender.submit(
        token, Submission(to=("a@demo.example",), subject="x", text="x", send_at=later), None, DIGEST
    )
    assert held.state == "held"
    await sender.cancel(token, held.id)
    assert (await sender.outbox_entry(token, held.id)).state == "cancelled"
    await sender.acknowledge(token, held.id)


@pytest.mark.parametrize(
    ("submission", "status", "code"),
    [
        (Submission(subject="x"), 422, Code.NO_RECIPIENT),
        (Submission(to=("not an address",)), 422, Code.INVALID_ADDRESS),
        (Submission(to=tuple(f"p{n}@x.example" for n in range(21))), 422, Code.TOO_MANY_RECIPIENTS),
        (
            Submission(to=("a@x.example",), attachments=(UploadReference(upload="gone"),)),
            422,
            Code.UNKNOWN_UPLOAD,
        ),
    ],
)
async def test_what_is_refused_is_told_by_its_code(
    sender: SenderClient, token: str, submission: Submission, status: int, code: Code
) -> None:
    """Nothing of it is stored."""
    before = await sender.outbox(token)
    with pytest.raises(UpstreamProblem) as refused:
        await sender.submit(token, submission, None, DIGEST)
    assert (refused.value.problem.status, refused.value.problem.type) == (status, code)
    assert await sender.outbox(token) == before


async def test_the_21st_recipient_is_refused_with_the_limit_named(sender: SenderClient, token: str) -> None:
    """The same address once, whatever its case in the domain and whichever field."""
    twenty = tuple(f"p{n}@x.example" for n in range(20))
    accepted = await sender.submit(
        token, Submission(to=twenty, cc=("p1@X.Example",), subject="x", text="x"), None, DIGEST
    )
    assert len(accepted.recipients) == 20
    with pytest.raises(UpstreamProblem) as refused:
        await sender.submit(token, Submission(to=twenty, cc=("other@x.example",)), None, DIGEST)
    assert refused.value.problem.model_dump()["limit"] == 20


async def test_nobody_sees_anothers_outbox(sender: SenderClient, auth: AuthClient, token: str) -> None:
    """An id of another mailbox is as unknown as any."""
    mine = await sender.submit(token, Submission(to=("a@x.example",), subject="x", text="x"), None, DIGEST)
    other = await auth.sign_in(sign_in("marie.martin"))
    with pytest.raises(UpstreamProblem) as refused:
        await sender.outbox_entry(other.access_token, mine.id)
    await auth.revoke(other.access_token)
    assert refused.value.problem.type == Code.UNKNOWN_OUTBOX_ENTRY
