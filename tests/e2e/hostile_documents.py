"""The vectors of hostile HTML as documents that the gateway serves, as written or sanitised."""

from gateway_fakes import FakeAuth, FakeMailbox, FakeSender
from html_vectors import VECTORS
from trap import Recorded

from gateway_service.app import create_app
from gateway_service.settings import Settings
from mailbox_service.rendering import render

FOREIGN = ("evil.example", "linked.example")


def written(number: int, *, ran: str, mark: str = "") -> str:
    """Return a vector as its sender wrote it, with ``ran`` for its script and ``mark`` before its hosts."""
    html = VECTORS[number].replace("steal()", ran)
    for host in FOREIGN if mark else ():
        html = html.replace(host, f"{mark}.{host}")
    return html


def sanitised(html: str) -> str:
    """Return what the mailbox service would show of it."""
    return render(b"Content-Type: text/html; charset=utf-8\r\n\r\n" + html.encode()).html or ""


def gateway_with(messages: dict[str, str]) -> Recorded:
    """Return a gateway whose mailbox holds these messages, HTML by identifier."""
    mailbox = FakeMailbox()
    for uid, html in messages.items():
        mailbox.add(uid, html=html or "<p>")
    settings = Settings(gateway_secret="secret", sender_max_message_bytes=1024 * 1024)
    return Recorded(create_app(settings, auth=FakeAuth(), mailbox=mailbox, sender=FakeSender()))


def strangers(asked: list[str], document: str) -> list[str]:
    """Return which of the paths asked for belong neither to ``document`` nor to our page that refuses it."""
    return [path for path in asked if not path.startswith((document, "/static/", "/favicon.ico"))]
