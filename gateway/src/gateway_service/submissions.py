"""From what a person or client asks to what sender takes: references to the maildrop are resolved.

A part of a message is streamed from mailbox into an upload at sender; sender never calls mailbox.
"""

import re

from courriel_wire import MessageView, OutboxEntry, OutboxRequest, Submission, UploadReference
from gateway_service.identifiers import checked_uid
from gateway_service.services import Services

_MESSAGE_ID = re.compile(r"<[^<>\s]{1,996}>")
MAX_REFERENCES = 100


def thread_of(message: MessageView) -> tuple[str | None, tuple[str, ...]]:
    """Return In-Reply-To and References of an answer to ``message`` (RFC 5322 section 3.6.4).

    Identifiers that are none are left out; of a long thread the first and the newest are kept.
    """
    earlier = message.references or message.in_reply_to
    identifiers = [each for each in (*earlier, message.message_id or "") if _MESSAGE_ID.fullmatch(each)]
    if len(identifiers) > MAX_REFERENCES:
        identifiers = [identifiers[0], *identifiers[1 - MAX_REFERENCES :]]
    parent = message.message_id if identifiers and identifiers[-1] == message.message_id else None
    return parent, tuple(identifiers)


async def submit(services: Services, token: str, request: OutboxRequest, key: str | None) -> OutboxEntry:
    """Resolve ``request`` and hand it to sender; what was copied for a message that is refused is removed."""
    copies: list[str] = []
    try:
        return await services.sender.submit(token, await _resolve(services, token, request, copies), key)
    except BaseException:
        for upload in copies:
            await services.sender.remove_upload(token, upload)
        raise


async def _resolve(services: Services, token: str, request: OutboxRequest, copies: list[str]) -> Submission:
    parent: str | None = None
    references: tuple[str, ...] = ()
    if request.in_reply_to is not None:
        parent, references = thread_of(await services.mailbox.open(token, checked_uid(request.in_reply_to)))
    attachments: list[UploadReference] = []
    for attachment in request.attachments:
        if isinstance(attachment, UploadReference):
            attachments.append(attachment)
            continue
        async with services.mailbox.part(token, checked_uid(attachment.uid), attachment.part) as part:
            upload = await services.sender.upload(
                token,
                disposition=part.disposition or "attachment",
                content_type=part.content_type,
                chunks=part.chunks,
            )
        copies.append(upload.id)
        attachments.append(UploadReference(upload=upload.id))
    letter = request.model_dump(exclude={"attachments", "in_reply_to"})
    return Submission(**letter, attachments=tuple(attachments), in_reply_to=parent, references=references)
