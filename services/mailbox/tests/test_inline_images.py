"""Inline images: only their random name opens them, and a cache that is away costs the images alone."""

import base64
import re

import pytest
from mailbox_doubles import FakeImageStore, World

from mailbox_service.errors import UnknownImage
from mailbox_service.inline_images import InlineImages
from mailbox_service.rendering import MAX_IMAGES, InlineImage, render

PNG = b"\x89PNG\r\n\x1a\n" + b"pixels"


def newsletter(*images: tuple[str, str, bytes], html: str | None = None) -> bytes:
    """Write an HTML message that shows parts: (content id, content type, octets)."""
    shown = html or "".join(f'<img src="cid:{content_id}">' for content_id, _, _ in images)
    parts = "".join(
        f"--x\r\nContent-Type: {kind}\r\nContent-ID: <{content_id}>\r\n"
        "Content-Transfer-Encoding: base64\r\n\r\n"
        f"{base64.encodebytes(content).decode()}\r\n"
        for content_id, kind, content in images
    )
    return (
        "Subject: Lettre\r\nContent-Type: multipart/related; boundary=x\r\n\r\n"
        f"--x\r\nContent-Type: text/html\r\n\r\n{shown}\r\n{parts}--x--\r\n"
    ).encode()


def test_an_image_gets_a_random_address_once() -> None:
    """Two uses of one image share an address; two renderings do not."""
    raw = newsletter(("logo@x", "image/png", PNG), html='<img src="cid:logo@x"><img src="cid:logo%40x">')
    first, second = render(raw), render(raw)
    addresses = re.findall(r'src="([^"]+)"', first.html or "")
    assert addresses == [f"/inline/{first.images[0].name}"] * 2
    assert first.images[0].name != second.images[0].name
    assert first.images[0].content == PNG


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        ("image/svg+xml", b"<svg/>"),
        ("text/html", b"<script>alert(1)</script>"),
        ("image/png", b"<script>not an image</script>"),
        ("image/png", PNG + b"x" * (2 * 1024 * 1024)),
    ],
)
def test_what_is_no_small_raster_image_gets_no_address(kind: str, content: bytes) -> None:
    """SVG, other types, false types and large images are left to be downloaded."""
    rendering = render(newsletter(("logo", kind, content)))
    assert rendering.images == ()
    assert "/inline/" not in (rendering.html or "")


def test_the_number_of_images_is_bounded() -> None:
    """The rest stay attachments."""
    images = [(f"i{number}", "image/png", PNG) for number in range(MAX_IMAGES + 5)]
    assert len(render(newsletter(*images)).images) == MAX_IMAGES


async def test_an_opened_messages_images_are_found_by_their_names() -> None:
    """With the type they were stored with."""
    world = World()
    world.deliver("a", raw=newsletter(("logo", "image/png", PNG)))
    opened = await world.messages.open(await world.access(), "YQ")
    assert opened.rendering is not None
    image = await world.images.find(opened.rendering.images[0].name)
    assert (image.content_type, image.content) == ("image/png", PNG)


async def test_the_store_sees_neither_name_nor_image() -> None:
    """What is stored opens for the holder of the name alone."""
    store = FakeImageStore()
    image = InlineImage("A" * 43, "image/png", PNG)
    await InlineImages(store).keep([image])
    ((key, value),) = store.values.items()
    assert image.name not in key
    assert PNG not in value
    assert b"image/png" not in value


@pytest.mark.parametrize("name", ["", "short", "A" * 42 + "B", "é" * 43, "../../etc", "A" * 300])
async def test_any_other_name_is_unknown(name: str) -> None:
    """Never a 500, whatever stands in the URL."""
    images = InlineImages(FakeImageStore())
    await images.keep([InlineImage("A" * 43, "image/png", PNG)])
    with pytest.raises(UnknownImage):
        await images.find(name)


async def test_an_altered_value_is_unknown() -> None:
    """Garbage in the cache costs the image, never a wrong answer."""
    store = FakeImageStore()
    images = InlineImages(store)
    await images.keep([InlineImage("A" * 43, "image/png", PNG)])
    store.values = {key: value[:-1] + bytes([value[-1] ^ 1]) for key, value in store.values.items()}
    with pytest.raises(UnknownImage):
        await images.find("A" * 43)


async def test_a_cache_that_is_away_costs_the_images_only() -> None:
    """The message still opens."""
    world = World()
    world.image_store.away = True
    world.deliver("a", raw=newsletter(("logo", "image/png", PNG)))
    opened = await world.messages.open(await world.access(), "YQ")
    assert opened.rendering is not None
    with pytest.raises(UnknownImage):
        await world.images.find(opened.rendering.images[0].name)
