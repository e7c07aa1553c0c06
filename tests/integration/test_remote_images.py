"""The image proxy against real servers on loopback: where it goes, where it refuses to, and when it stops."""

import asyncio
import socket
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult

from gateway_service import remote_images_http
from gateway_service.remote_images import ImageRefused, is_public
from gateway_service.remote_images_http import HttpImageSource

PNG = b"\x89PNG\r\n\x1a\n"


class FakeDns(AbstractResolver):
    """Names by what they are to lead to; each question is remembered."""

    def __init__(self, names: dict[str, list[list[str]]]) -> None:
        self._answers = names
        self.asked: list[str] = []

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """Give the next answer for this name; the last one stays."""
        self.asked.append(host)
        answers = self._answers[host]
        addresses = answers.pop(0) if len(answers) > 1 else answers[0]
        return [
            ResolveResult(hostname=host, host=each, port=port, family=family, proto=0, flags=0)
            for each in addresses
        ]

    async def close(self) -> None:
        """Hold nothing."""


class Site:
    """A web server on loopback that remembers what it was asked."""

    def __init__(self) -> None:
        self.requests: list[web.Request] = []
        self.port = 0

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Answer by the path."""
        self.requests.append(request)
        what = request.path.strip("/")
        if what == "image":
            return web.Response(body=PNG, content_type="image/png", headers={"Set-Cookie": "a=b"})
        if what == "large":
            return web.Response(body=PNG + bytes(remote_images_http.MAX_OCTETS))
        if what == "packed":
            return web.Response(body=PNG, headers={"Content-Encoding": "gzip"})
        if what == "slow":
            response = web.StreamResponse()
            await response.prepare(request)
            await asyncio.Event().wait()
        if what.startswith("to"):
            raise web.HTTPFound(request.query["url"])
        raise web.HTTPNotFound


@pytest_asyncio.fixture
async def site() -> AsyncIterator[Site]:
    """Serve the site."""
    site = Site()
    application = web.Application()
    application.router.add_get("/{what:.*}", site.answer)
    runner = web.AppRunner(application, shutdown_timeout=0.1)
    await runner.setup()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        site.port = listener.getsockname()[1]
        await web.SockSite(runner, listener).start()
        yield site
        await runner.cleanup()


def source(site: Site, dns: FakeDns) -> HttpImageSource:
    """Make a source to which 127.0.0.1 is the Internet, and everything else what it is."""
    return HttpImageSource(
        resolver=dns,
        admits=lambda address: address == "127.0.0.1" or is_public(address),
        ports=frozenset({site.port}),
    )


async def test_an_image_is_fetched_without_cookie_and_referrer(site: Site) -> None:
    """What the site gave once is not carried back; nothing tells where the reader is."""
    async with source(site, FakeDns({"a.example": [["127.0.0.1"]]})) as images:
        for _ in range(2):
            assert await images.fetch(f"http://a.example:{site.port}/image") == PNG
    for request in site.requests:
        assert not {"Cookie", "Referer", "Authorization", "X-Forwarded-For"} & set(request.headers)
        assert request.headers["Host"] == f"a.example:{site.port}"


async def test_a_host_is_resolved_once_and_that_address_is_used(site: Site) -> None:
    """A name whose second answer is another address (rebinding) gains nothing; mixed answers neither."""
    dns = FakeDns({"a.example": [["10.0.0.1", "127.0.0.1"], ["10.0.0.1"]]})
    async with source(site, dns) as images:
        assert await images.fetch(f"http://a.example:{site.port}/image") == PNG
        assert dns.asked == ["a.example"]
        with pytest.raises(ImageRefused):
            await images.fetch(f"http://a.example:{site.port}/image")
    assert len(site.requests) == 1


@pytest.mark.parametrize("address", ["10.0.0.1", "169.254.169.254", "::1", "::ffff:127.0.0.1", "100.64.0.1"])
async def test_names_of_inner_addresses_are_refused(site: Site, address: str) -> None:
    """Neither directly nor after a redirect."""
    dns = FakeDns({"inner.example": [[address]], "a.example": [["127.0.0.1"]]})
    async with source(site, dns) as images:
        inner = f"http://inner.example:{site.port}/image"
        with pytest.raises(ImageRefused):
            await images.fetch(inner)
        with pytest.raises(ImageRefused):
            await images.fetch(f"http://a.example:{site.port}/to?url={inner}")
    assert [request.path for request in site.requests] == ["/to"]


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "2130706433",
        "0x7f.1",
        "127.1",
        "localhost",
        "①②⑦.⓪.⓪.①",
        "１２７.0.0.1",
        "127。0。0。1",
    ],
)
async def test_inner_addresses_in_any_spelling_are_refused(site: Site, host: str) -> None:
    """With the real resolver and the real rules."""
    async with HttpImageSource(ports=frozenset({site.port})) as images:
        with pytest.raises(ImageRefused):
            await images.fetch(f"http://{host}:{site.port}/image")
    assert site.requests == []


async def test_redirects_are_few_and_to_images_only(site: Site) -> None:
    """Three are followed; another scheme, another port, or a circle end it."""
    async with source(site, FakeDns({"a.example": [["127.0.0.1"]]})) as images:
        here = f"http://a.example:{site.port}"
        assert await images.fetch(f"{here}/to?url=/image") == PNG
        for target in (
            "file:///etc/passwd",
            "ftp://a.example/",
            "http://a.example:1/",
            "",
            f"{here}/to?url=/to",
        ):
            with pytest.raises(ImageRefused):
                await images.fetch(f"{here}/to?url={target}")


@pytest.mark.parametrize("what", ["large", "packed", "slow", "missing"])
async def test_size_time_and_packing_are_bounded(
    site: Site, what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Over 5 MB, compressed (so that its size is unknown), too slow, or not there: no image."""
    monkeypatch.setattr(remote_images_http, "SECONDS", 1.0)
    async with source(site, FakeDns({"a.example": [["127.0.0.1"]]})) as images:
        with pytest.raises(ImageRefused):
            await images.fetch(f"http://a.example:{site.port}/{what}")
