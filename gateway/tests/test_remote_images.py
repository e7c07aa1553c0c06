"""Images from elsewhere: sealed addresses, what may be asked for, and when pages offer it."""

import time
from collections.abc import Iterator

import httpx2
import pytest
from fastapi import FastAPI
from gateway_fakes import SETTINGS, FakeMailbox

from courriel_seal import KeyRing
from courriel_wire import Settings as Choices
from gateway_service.pages import Pages
from gateway_service.remote_images import (
    PURPOSE,
    ImageRefused,
    RemoteImages,
    check_url,
    image_type,
    is_public,
)
from gateway_service.settings import Settings

PNG = b"\x89PNG\r\n\x1a\n"
RING = KeyRing.of_secret("secret")


class FakeInternet:
    """One image, wherever it is looked for."""

    def __init__(self, content: bytes = PNG) -> None:
        self.content = content
        self.asked: list[str] = []

    async def fetch(self, url: str) -> bytes:
        """Return it."""
        self.asked.append(url)
        return self.content


@pytest.fixture
def told(app: FastAPI, settings: Settings) -> Iterator[None]:
    """Let pages know this test's settings."""
    usual = app.state.pages
    app.state.pages = Pages(settings)
    yield
    app.state.pages = usual


def token(url: str, *, seconds: int = 60, ring: KeyRing = RING, purpose: str = PURPOSE) -> str:
    """Seal an address as the mailbox service does."""
    return ring.seal_until(url, purpose=purpose, until=int(time.time()) + seconds)


async def test_a_sealed_address_opens_an_image(app: FastAPI, visitor: httpx2.AsyncClient) -> None:
    """Without a cookie, as the frame asks: only a raster image comes, and any frame may show it."""
    internet = FakeInternet()
    app.state.remote_images = RemoteImages(internet, RING)
    answer = await visitor.get("/remote/" + token("https://a.example/x.png"))
    assert (answer.status_code, answer.content) == (200, PNG)
    assert answer.headers["content-type"] == "image/png"
    assert answer.headers["cross-origin-resource-policy"] == "cross-origin"
    assert "sandbox" in answer.headers["content-security-policy"]
    assert internet.asked == ["https://a.example/x.png"]


@pytest.mark.parametrize(
    "forged",
    [
        "x",
        "A" * 9000,
        token("https://a.example/", seconds=-5),
        token("https://a.example/", ring=KeyRing.of_secret("another")),
        token("https://a.example/", purpose="something else"),
        token("https://a.example/")[:-2] + "AA",
    ],
)
async def test_any_other_address_asks_nobody(app: FastAPI, visitor: httpx2.AsyncClient, forged: str) -> None:
    """Forged, altered or too old: there is nothing here, and nothing is fetched."""
    internet = FakeInternet()
    app.state.remote_images = RemoteImages(internet, RING)
    assert (await visitor.get(f"/remote/{forged}")).status_code == 404
    assert internet.asked == []


async def test_what_is_no_raster_image_is_not_shown(app: FastAPI, visitor: httpx2.AsyncClient) -> None:
    """SVG runs script and loads more; HTML is no image: the first octets count."""
    for content in (b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"<html>", b"", b"\xef\xbb\xbf<svg"):
        app.state.remote_images = RemoteImages(FakeInternet(content), RING)
        assert (await visitor.get("/remote/" + token("https://a.example/"))).status_code == 404
    known = {image_type(each) for each in (b"GIF89a", b"\xff\xd8\xff\xe0", b"RIFF1234WEBP", b"1234ftypavif")}
    assert known == {"image/gif", "image/jpeg", "image/webp", "image/avif"}


REFUSED_ADDRESSES = """
0.0.0.0 10.1.2.3 100.64.0.1 127.0.0.1 127.9.9.9 169.254.169.254 172.16.0.1 192.0.0.8 192.0.2.1 192.88.99.1
192.168.1.1 198.18.0.1 198.51.100.1 203.0.113.1 224.0.0.1 240.0.0.1 255.255.255.255 ::1 :: ::7f00:1
::ffff:127.0.0.1 ::ffff:8.8.8.8 64:ff9b::7f00:1 64:ff9b:1::1 2002:7f00:1:: 2001::1 2001:db8::1 fc00::1
fd12::1 fe80::1 fe80::1%eth0 fec0::1 ff02::1
"""
REFUSED = REFUSED_ADDRESSES.split()


@pytest.mark.parametrize("address", REFUSED)
def test_addresses_that_are_not_the_internets_are_refused(address: str) -> None:
    """Private, link-local, loopback, shared, multicast, and those of IPv6 that stand for one of IPv4."""
    assert not is_public(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700::1111", "193.252.1.1"])
def test_addresses_of_the_internet_are_not(address: str) -> None:
    """Everything else is somebody's."""
    assert is_public(address)


@pytest.mark.parametrize(
    "url",
    [
        "ftp://a.example/",
        "file:///etc/passwd",
        "https://a.example:22/",
        "https://a.example:99999/",
        "https://user@a.example/",
        "https:///x",
        "//a.example/",
        "javascript:1",
        "https://[::1/",
    ],
)
def test_urls_that_no_image_needs_are_refused(url: str) -> None:
    """Only http and https, at their own ports, without a user name."""
    with pytest.raises(ImageRefused):
        check_url(url)


async def test_a_page_offers_images_and_shows_them_once_asked(
    browser: httpx2.AsyncClient, mailbox: FakeMailbox
) -> None:
    """« Afficher les images » is a link; the frame then asks mailbox for them, and not before."""
    mailbox.add("m3", html="<p>a</p>", remote_images=2, notes=["remote-images"])
    mailbox.html_with_remote["m3"] = '<img src="/remote/x">'
    page = (await browser.get("/messages/m3")).text
    assert "Afficher les images" in page
    assert 'src="/messages/m3/body"' in page
    assert "/remote/" not in (await browser.get("/messages/m3/body")).text
    page = (await browser.get("/messages/m3?view=images")).text
    assert "Afficher les images" not in page
    assert 'src="/messages/m3/body?images=1"' in page
    frame = await browser.get("/messages/m3/body?images=1")
    assert '<img src="/remote/x">' in frame.text
    assert "http://courriel.test/remote/" in frame.headers["content-security-policy"]


@pytest.mark.parametrize("settings", [SETTINGS.model_copy(update={"remote_images": False})])
@pytest.mark.usefixtures("told")
async def test_an_installation_without_internet_offers_none(
    browser: httpx2.AsyncClient, mailbox: FakeMailbox
) -> None:
    """Where the gateway has no way out, the page offers nothing, and the frame shows nothing."""
    await _offers_none(browser, mailbox)


async def test_who_never_wants_images_is_offered_none(
    browser: httpx2.AsyncClient, mailbox: FakeMailbox
) -> None:
    """The choice « jamais » counts for the frame as well."""
    mailbox.chosen = Choices(remote_images="never")
    browser.cookies.delete("display")
    await _offers_none(browser, mailbox)


async def _offers_none(browser: httpx2.AsyncClient, mailbox: FakeMailbox) -> None:
    mailbox.add("m3", html="<p>a</p>", remote_images=2, notes=["remote-images"])
    mailbox.html_with_remote["m3"] = '<img src="/remote/x">'
    for page in ("/messages/m3", "/messages/m3?view=images"):
        assert "Afficher les images" not in (await browser.get(page)).text
        assert "images=1" not in (await browser.get(page)).text
    assert "/remote/" not in (await browser.get("/messages/m3/body?images=1")).text


TRUSTING = SETTINGS.model_copy(update={"authserv_id": "mx.demo.example"})


@pytest.mark.parametrize("settings", [TRUSTING])
@pytest.mark.parametrize(
    ("result", "shown", "said"),
    [
        ("mx.demo.example; dmarc=pass", True, "vérifié par le serveur de réception"),
        ("mx.demo.example; dmarc=fail", False, "n’a pas pu confirmer"),
        ("mx.evil.example; dmarc=pass", False, ""),
    ],
)
@pytest.mark.usefixtures("told")
async def test_known_senders_are_colleagues_whom_the_server_vouches_for(
    *,
    browser: httpx2.AsyncClient,
    mailbox: FakeMailbox,
    result: str,
    shown: bool,
    said: str,
) -> None:
    """A colleague's name alone shows no image: the receiving server must have found that it is theirs."""
    mailbox.chosen = Choices(remote_images="known")
    browser.cookies.delete("display")
    mailbox.add("m3", html="<p>", remote_images=1, headers=[("Authentication-Results", result)])
    page = (await browser.get("/messages/m3")).text
    assert ("body?images=1" in page) is shown
    assert said in page


@pytest.mark.parametrize("element", ["IFRAME src", "frame src", "Link rel=preconnect href"])
async def test_what_connects_ahead_of_the_policy_is_not_shown(
    browser: httpx2.AsyncClient, mailbox: FakeMailbox, element: str
) -> None:
    """A browser connects to its host before it obeys the policy, whatever the sanitiser let through."""
    mailbox.add("m3", html=f"<p>a<{element}=https://evil.example/>")
    assert (await browser.get("/messages/m3/body")).status_code == 404
