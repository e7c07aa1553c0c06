"""How a letter begins: empty, as an answer, or with what it forwards. Knows what the person chose.

The signature stands over what is quoted, below "-- " (RFC 3676 section 4.3).
"""

from collections.abc import Sequence
from dataclasses import dataclass

from courriel_message import Address as TypedAddress
from courriel_message import format_address, forward_subject, reply_recipients, reply_subject
from courriel_wire import ForwardManner, MessageView, Settings, Upload
from gateway_service.letters import Letter, Occasion
from gateway_service.originals import WHOLE
from gateway_service.quotations import Quotations
from gateway_service.submissions import MAX_SUBJECT, thread_of


@dataclass(frozen=True)
class Author:
    """Who writes: the mailbox's ``address``, what its person chose, and how this letter quotes."""

    address: str
    choices: Settings
    quotations: Quotations

    def new(self) -> Letter:
        """Begin an empty letter."""
        return self._copied(Letter(text=self._above("")))

    def answer(self, message: MessageView, *, everyone: bool) -> Letter:
        """Begin an answer to the author, or to ``everyone``."""
        to, cc = reply_recipients(message, self.address, everyone=everyone)
        parent, references = thread_of(message)
        return self._copied(
            Letter(
                to=_typed(to),
                cc=_typed(cc),
                subject=reply_subject(message.subject)[:MAX_SUBJECT],
                text=self._above(self.quotations.answered(message)),
                in_reply_to=parent,
                references=references,
                occasion=Occasion.REPLY,
            )
        )

    def forward(
        self, messages: Sequence[MessageView], manner: ForwardManner, uploads: tuple[Upload, ...]
    ) -> Letter:
        """Begin a letter that passes ``messages`` on; ``uploads`` are their copies."""
        if manner is ForwardManner.REDIRECT:
            return Letter(uploads=uploads, occasion=Occasion.REDIRECT)
        first = messages[0]
        if manner is ForwardManner.NEW:
            to, cc = (
                _typed([TypedAddress(e.name, e.address) for e in each]) for each in (first.to, first.cc)
            )
            subject = first.subject[:MAX_SUBJECT]
            return Letter(to=to, cc=cc, subject=subject, text=first.text, uploads=uploads)
        bodies = "" if manner in WHOLE else "\n".join(map(self.quotations.forwarded, messages))
        return self._copied(
            Letter(
                subject=forward_subject(first.subject)[:MAX_SUBJECT],
                text=self._above(bodies),
                uploads=uploads,
                occasion=Occasion.FORWARD,
            )
        )

    def _above(self, quotation: str) -> str:
        """Return room to write in, the signature, and ``quotation``."""
        signature = self.choices.signature.strip("\n")
        signed = f"-- \n{signature}\n\n{quotation}" if signature else quotation
        return f"\n\n{signed}" if signed else ""

    def _copied(self, letter: Letter) -> Letter:
        if self.choices.copy_to_self != "no":
            letter.add_copy(self.address, self.choices.copy_to_self)
        return letter


def _typed(addresses: Sequence[TypedAddress]) -> str:
    return ", ".join(map(format_address, addresses))
