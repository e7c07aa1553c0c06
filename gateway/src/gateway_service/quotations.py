"""What answers and forwards quote of a message, in one language and one time zone."""

from courriel_message import forward_body, quote_for_reply
from courriel_wire import MessageView
from gateway_service.formats import Formats
from gateway_service.languages import Language


class Quotations:
    """Writes quotations as text."""

    def __init__(self, language: Language, time_zone: str) -> None:
        """Args: the language of the words around, the IANA name of the dates' zone."""
        self._language = language
        self._formats = Formats(time_zone)

    def answered(self, message: MessageView) -> str:
        """Return who wrote when, over the quoted text."""
        return quote_for_reply(message, date=self._formats.full(message.date), language=self._language)

    def forwarded(self, message: MessageView) -> str:
        """Return the message's heading and text."""
        return forward_body(message, date=self._formats.full(message.date), language=self._language)
