"""Attachments that open: only what they claim to be, in a document that can do nothing."""

import httpx2
import pytest
from gateway_fakes import FakeMailbox, attached, letter

from gateway_service.openable import POLICY, opens_as

PNG = b"\x89PNG\r\n\x1a\n" + bytes(20)
PDF = b"%PDF-1.7\n" + bytes(20)


@pytest.mark.parametrize(
    ("content", "kind", "content_type"),
    [
        (PNG, "image", "image/png"),
        (PDF, "pdf", "application/pdf"),
        (b"<script>alert(1)</script>", "text", "text/plain; charset=utf-8"),
        (b"", "text", "text/plain; charset=utf-8"),
    ],
)
async def test_what_it_is_opens_in_a_sandbox(
    browser: httpx2.AsyncClient, mailbox: FakeMailbox, content: bytes, kind: str, content_type: str
) -> None:
    """The whole content comes, under the type of its first octets, with a policy that lets it do nothing."""
    mailbox.contents["m1", "2"] = content
    answer = await browser.get(f"/messages/m1/parts/2/view?as={kind}")
    assert (answer.status_code, answer.content) == (200, content)
    assert answer.headers["content-type"] == content_type
    assert answer.headers["content-disposition"] == "inline"
    assert answer.headers["content-security-policy"] == POLICY
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "no-store"
    assert mailbox.closed == 1


@pytest.mark.parametrize(
    ("content", "kind"),
    [(b"<html>" + bytes(20), "image"), (b"<svg/>", "image"), (PNG, "pdf"), (b"", "pdf"), (b"GIF8", "image")],
)
async def test_what_it_is_not_does_not_open(
    browser: httpx2.AsyncClient, mailbox: FakeMailbox, content: bytes, kind: str
) -> None:
    """A page that calls itself an image is nothing to be looked at; the connection behind is closed."""
    mailbox.contents["m1", "2"] = content
    assert (await browser.get(f"/messages/m1/parts/2/view?as={kind}")).status_code == 404
    assert mailbox.closed == 1


async def test_nothing_opens_as_anything_else(browser: httpx2.AsyncClient, mailbox: FakeMailbox) -> None:
    """HTML has no way to open."""
    mailbox.contents["m1", "2"] = b"<html>"
    for kind in ("html", "", "svg"):
        assert (await browser.get(f"/messages/m1/parts/2/view?as={kind}")).status_code == 422
    assert (await browser.get("/messages/m1/parts/2/view")).status_code == 422


async def test_an_enclosed_message_opens_with_its_heading(
    browser: httpx2.AsyncClient, mailbox: FakeMailbox
) -> None:
    """As a document of its own, under the policy of a message's frame."""
    mailbox.enclosures["m1", "2"] = letter("m1", subject="Dedans", html="<p>Bonjour</p>")
    answer = await browser.get("/messages/m1/parts/2/view?as=message")
    assert "Dedans" in answer.text
    assert "<p>Bonjour</p>" in answer.text
    assert "sandbox" in answer.headers["content-security-policy"]


@pytest.mark.parametrize(
    ("content_type", "filename", "kind"),
    [
        ("image/png", "a", "image"),
        ("application/octet-stream", "a.PDF", "pdf"),
        ("application/octet-stream", "a.exe", None),
        ("message/rfc822", "a", "message"),
        ("application/octet-stream", "a.eml", "message"),
        ("text/csv", "a.csv", "text"),
        ("text/html", "a.txt", None),
        ("image/svg+xml", "a.png", None),
        ("application/x-msdownload", "a.pdf", None),
        ("application/pdf", "a.pdf.exe", None),
    ],
)
def test_what_is_offered_to_open(content_type: str, filename: str, kind: str | None) -> None:
    """By the claimed type; by the name where nothing is claimed; never HTML and SVG."""
    assert opens_as(content_type, filename) == kind


async def test_opening_comes_before_downloading(browser: httpx2.AsyncClient, mailbox: FakeMailbox) -> None:
    """What is opened leaves nothing on the computer; what cannot open is to be saved only."""
    mailbox.add("m3", parts=[attached("2", "a.pdf")])
    page = (await browser.get("/messages/m3")).text
    assert page.index("/messages/m3/parts/2/view?as=pdf") < page.index('/messages/m3/parts/2" download')
