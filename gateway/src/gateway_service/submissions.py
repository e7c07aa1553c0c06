"""From what an API client asks to what sender takes: references to the maildrop are resolved."""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass

from courriel_message import forward_subject, linkify, references_for_reply
from courriel_wire import (
    Forwarding,
    ForwardManner,
    MessageView,
    OutboxEntry,
    OutboxRequest,
    Submission,
    UploadReference,
)
from gateway_service.errors import OneMessageOnly, TooManyAttachments
from gateway_service.identifiers import checked_uid
from gateway_service.originals import ONE_AT_A_TIME, Copies, Original, going_along
from gateway_service.quotations import Quotations
from gateway_service.services import Services

_MESSAGE_ID = re.compile(r"<[^<>\s]{1,996}>")
MAX_SUBJECT = 2000
MAX_ATTACHMENTS = 100


def thread_of(message: MessageView) -> tuple[str | None, tuple[str, ...]]:
    """Return In-Reply-To and References of an answer to ``message`` (RFC 5322 section 3.6.4).

    Identifiers that are none are left out.
    """
    references = tuple(each for each in references_for_reply(message) if _MESSAGE_ID.fullmatch(each))
    return (message.message_id if message.message_id in references else None), references


def digest_of(asked: str) -> str:
    """Return what tells a retry from another message under the same idempotency key: SHA-256, hexadecimal."""
    return hashlib.sha256(asked.encode("utf-8", "replace")).hexdigest()


async def submit(
    services: Services, token: str, request: OutboxRequest, key: str | None, quotations: Quotations
) -> OutboxEntry:
    """Resolve ``request`` and hand it to sender.

    What was copied is removed where the message is refused, or was accepted before under this ``key``.
    """
    copies = Copies(services, token)
    try:
        submission = await _Resolving(services, token, copies, quotations).submission(request)
        return await services.sender.submit(token, submission, key, digest_of(request.model_dump_json()))
    finally:
        await copies.remove()


@dataclass(frozen=True)
class _Resolving:
    """One request on its way to sender."""

    services: Services
    token: str
    copies: Copies
    quotations: Quotations

    async def submission(self, request: OutboxRequest) -> Submission:
        given = request.model_dump(exclude={"attachments", "in_reply_to", "forward_of"})
        originals: list[Original] = []
        if request.in_reply_to is not None:
            parent, references = thread_of(await self._open(request.in_reply_to))
            given |= {"in_reply_to": parent, "references": references}
        if request.forward_of is not None:
            messages = await self._messages(request.forward_of)
            given |= _forwarded(request, messages, request.forward_of.as_, self.quotations)
            originals = list(going_along(messages, request.forward_of.as_))
        if len(request.attachments) + len(originals) > MAX_ATTACHMENTS:
            raise TooManyAttachments
        attachments = [
            each
            if isinstance(each, UploadReference)
            else await self._copy(Original(checked_uid(each.uid), each.part))
            for each in request.attachments
        ]
        copied = [await self._copy(each) for each in originals]
        if request.forward_of is not None and request.forward_of.as_ is ForwardManner.REDIRECT:
            return Submission(**given, attachments=tuple(attachments), redirect=copied[0])
        return Submission(**given, attachments=(*attachments, *copied))

    async def _messages(self, forwarding: Forwarding) -> list[MessageView]:
        uids = tuple(dict.fromkeys(forwarding.uids))
        if len(uids) > 1 and forwarding.as_ in ONE_AT_A_TIME:
            raise OneMessageOnly
        return [await self._open(uid) for uid in uids]

    async def _open(self, uid: str) -> MessageView:
        return await self.services.mailbox.open(self.token, checked_uid(uid), mark_seen=False)

    async def _copy(self, original: Original) -> UploadReference:
        return UploadReference(upload=(await self.copies.take(original)).id)


def _forwarded(
    request: OutboxRequest, messages: Sequence[MessageView], manner: ForwardManner, quotations: Quotations
) -> dict[str, str]:
    """Return the fields that come from the messages; what the client gives itself stands."""
    first = messages[0]
    if manner is ForwardManner.REDIRECT:
        return {}
    if manner is ForwardManner.NEW:
        return {
            "subject": request.subject or first.subject[:MAX_SUBJECT],
            "text": request.text or first.text,
        }
    fields = {"subject": request.subject or forward_subject(first.subject)[:MAX_SUBJECT]}
    if manner is not ForwardManner.EML:
        bodies = "\n".join(map(quotations.forwarded, messages))
        fields["text"] = f"{request.text}\n\n{bodies}" if request.text else bodies
        if request.html is not None:
            fields["html"] = f'{request.html}<div style="white-space: pre-wrap">{linkify(bodies)}</div>'
    return fields
