"""Messages of the maildrop that go along with a letter: streamed from mailbox into uploads at sender.

They are copied when the letter is begun, so that it can be sent even if Thunderbird fetches them meanwhile.
Sender never calls mailbox.
"""

from collections.abc import Iterable, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass

from courriel_web.service_client import UpstreamProblem, UpstreamUnavailable
from courriel_wire import ForwardManner, MessageView, Upload
from gateway_service.dispositions import attachment
from gateway_service.services import Services

WHOLE = frozenset({ForwardManner.EML, ForwardManner.REDIRECT})
WITH_PARTS = frozenset({ForwardManner.BODY_WITH_ATTACHMENTS, ForwardManner.NEW})
ONE_AT_A_TIME = frozenset({ForwardManner.NEW, ForwardManner.REDIRECT})
MAX_NAME = 120


@dataclass(frozen=True)
class Original:
    """A whole message (``part`` None) or one of its parts; ``name`` "" leaves the name to mailbox."""

    uid: str
    part: str | None
    name: str = ""


def going_along(messages: Iterable[MessageView], manner: ForwardManner) -> Iterator[Original]:
    """Yield what is to be copied to forward ``messages`` in this ``manner``."""
    for message in messages:
        if manner in WHOLE:
            yield Original(message.uid, None, eml_name(message))
        elif manner in WITH_PARTS:
            for part in message.parts:
                if not part.inline:
                    yield Original(message.uid, part.id, part.filename)


def eml_name(message: MessageView) -> str:
    """Return the file name of a whole message: its subject."""
    return f"{message.subject.strip()[:MAX_NAME] or 'message'}.eml"


class Copies:
    """The uploads that were made for one letter, which remove themselves if it comes to nothing."""

    def __init__(self, services: Services, token: str) -> None:
        """Args: where to copy from and to, and for whom."""
        self._services = services
        self._token = token
        self._made: list[Upload] = []

    async def take(self, original: Original) -> Upload:
        """Copy ``original``. Raises UpstreamProblem and UpstreamUnavailable of mailbox and sender."""
        mailbox, token = self._services.mailbox, self._token
        async with AsyncExitStack() as opened:
            download = await opened.enter_async_context(
                mailbox.raw(token, original.uid)
                if original.part is None
                else mailbox.part(token, original.uid, original.part)
            )
            named = attachment(original.name) if original.name else download.disposition
            upload = await self._services.sender.upload(
                token,
                disposition=named or "attachment",
                content_type="message/rfc822" if original.part is None else download.content_type,
                chunks=download.chunks,
            )
        self._made.append(upload)
        return upload

    async def remove(self) -> None:
        """Remove what was copied, as far as it is still there: sending consumes it."""
        for upload in self._made:
            try:
                await self._services.sender.remove_upload(self._token, upload.id)
            except (UpstreamProblem, UpstreamUnavailable):
                continue
        self._made.clear()
