"""One message outside of our pages: its frame, its print, its source, and the files it is saved as."""

import httpx2
from gateway_fakes import FakeMailbox, attached


async def test_html_stands_in_a_sandboxed_frame(browser: httpx2.AsyncClient, mailbox: FakeMailbox) -> None:
    """HTML is on a URL of its own, sandboxed twice, and never part of our page."""
    mailbox.add("m3", html="<p>Bonjour <b>à tous</b></p>", remote_images=2, notes=["unknown-charset", "odd"])
    page = (await browser.get("/messages/m3")).text
    assert 'sandbox="allow-popups allow-popups-to-escape-sandbox"' in page
    assert 'src="/messages/m3/body"' in page
    assert "<b>à tous</b>" not in page
    assert "Les images distantes ont été bloquées" in page
    assert "Le jeu de caractères du message est inconnu" in page
    assert "Ce message est mal formé" in page

    frame = await browser.get("/messages/m3/body")
    assert "<p>Bonjour <b>à tous</b></p>" in frame.text
    assert frame.headers["content-security-policy"] == (
        "default-src 'none'; img-src http://courriel.test/inline/; style-src 'unsafe-inline'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'self'; "
        "sandbox allow-popups allow-popups-to-escape-sandbox"
    )


async def test_frame_of_a_text_message_is_not_there(browser: httpx2.AsyncClient) -> None:
    """There is no frame for a message without HTML."""
    assert (await browser.get("/messages/m1/body")).status_code == 404


async def test_print_has_everything_on_one_sheet(browser: httpx2.AsyncClient, mailbox: FakeMailbox) -> None:
    """What is printed has heading, names of files and body, under the frame's policy; nothing is marked."""
    mailbox.add("m3", html="<p>Bonjour</p>", parts=[attached("2", "Note é.pdf")])
    answer = await browser.get("/messages/m3/print")
    assert "sandbox" in answer.headers["content-security-policy"]
    for words in ("<title>Objet m3</title>", "<p>Bonjour</p>", "Note é.pdf", "marie.martin@demo.example"):
        assert words in answer.text
    assert "Texte m1" in (await browser.get("/messages/m1/print")).text
    assert mailbox.seen == set()
    page = (await browser.get("/messages/m3")).text
    assert '<a href="/messages/m3/print" target="_blank"' in page
    assert '<a href="/messages/m3/source" target="_blank"' in page


async def test_source_is_plain_text(browser: httpx2.AsyncClient, mailbox: FakeMailbox) -> None:
    """The source is shown as text that no browser takes for anything else."""
    source = await browser.get("/messages/m1/source")
    assert source.text == "Subject: m1\r\n\r\n"
    assert source.headers["content-type"] == "text/plain; charset=utf-8"
    assert source.headers["content-disposition"] == "inline"
    assert source.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in source.headers["content-security-policy"]
    assert mailbox.closed == 1


async def test_files_are_streamed_as_files(browser: httpx2.AsyncClient, mailbox: FakeMailbox) -> None:
    """A part, all parts and the whole message come as files to save, and the service's stream is closed."""
    mailbox.contents["m1", "2"] = b"%PDF"
    part = await browser.get("/messages/m1/parts/2")
    assert (part.content, part.headers["content-disposition"]) == (
        b"%PDF",
        "attachment; filename*=UTF-8''%C3%A9.pdf",
    )
    assert part.headers["content-length"] == "4"
    assert part.headers["x-content-type-options"] == "nosniff"
    assert (await browser.get("/messages/m1/parts.zip")).content == b"PK"
    raw = await browser.get("/messages/m1/raw")
    assert raw.headers["content-disposition"] == "attachment; filename*=UTF-8''Objet%20m1.eml"
    assert mailbox.closed == 3


async def test_inline_images_are_raster_and_cross_origin(
    visitor: httpx2.AsyncClient, mailbox: FakeMailbox
) -> None:
    """The frame's opaque origin may show raster images by their random name; anything else is not there."""
    mailbox.images = {"abc": ("image/png", b"png"), "svg": ("image/svg+xml", b"<svg/>")}
    image = await visitor.get("/inline/abc")
    assert (image.content, image.headers["cross-origin-resource-policy"]) == (b"png", "cross-origin")
    assert (await visitor.get("/inline/svg")).status_code == 404
    assert (await visitor.get("/inline/none")).status_code == 404
    assert mailbox.closed == 2
