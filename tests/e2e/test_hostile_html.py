"""Every vector of hostile HTML in a real browser with script switched on: nothing runs, nothing is asked.

Each is loaded through the gateway's own answers, once sanitised and once as its sender wrote it: then the
answer's isolation (policy and sandbox) stands alone. The third test takes the isolation away as well and
shows that the listeners would have noticed.
"""

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from hostile_documents import FOREIGN, gateway_with, sanitised, strangers, written
from html_vectors import VECTORS
from playwright.sync_api import Browser, Playwright
from playwright.sync_api import Error as PlaywrightError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import Route
from trap import Trap, serving

WINDOW_MS = 40
"""How long each document is watched after it was loaded: an observation, not a wait for something."""
RAN = "fetch(`https://evil.example/ran`)"


class Visit:
    """A browser with script, for which every foreign host leads into the trap."""

    def __init__(self, browser: Browser, trap: Trap) -> None:
        self._context = browser.new_context(viewport={"width": 900, "height": 700})
        self._context.set_default_timeout(10_000)
        self._page = self._context.new_page()
        self._trap = trap

    def sign_in(self, address: str) -> None:
        """Open a session."""
        answer = self._context.request.post(
            f"{address}/sign-in",
            form={"username": "jean.dupont", "password": "demo"},
            headers={"Origin": address},
        )
        assert answer.ok

    def connections(self, url: str) -> int:
        """Load a document and return how many connections it made to foreign hosts."""
        before = self._trap.wanted
        with contextlib.suppress(PlaywrightError):  # what leads the page away interrupts this
            self._page.goto(url)
            self._page.mouse.move(30, 30)
            self._page.keyboard.press("Tab")
        self._page.wait_for_timeout(WINDOW_MS)
        return self._trap.wanted - before


class Launch:
    """Starts Chromium with a trap around it, and ends it."""

    def __init__(self, playwright: Playwright, program: str | None, journal: Path) -> None:
        self._playwright = playwright
        self._program = program
        self.journal = journal

    @contextlib.contextmanager
    def around(self, trap: Trap) -> Iterator[Browser]:
        """Let every foreign host lead into ``trap``."""
        arguments = [
            "--no-sandbox",
            f"--host-resolver-rules=MAP * 127.0.0.1:{trap.port}, EXCLUDE 127.0.0.1",
            f"--log-net-log={self.journal}",
        ]
        browser = self._playwright.chromium.launch(executable_path=self._program, args=arguments)
        try:
            yield browser
        finally:
            browser.close()


@pytest.fixture
def launch(playwright: Playwright, chromium_program: str | None, tmp_path: Path) -> Launch:
    """Return what starts it; its journal is where the browser records all that its network did."""
    return Launch(playwright, chromium_program, tmp_path / "network.json")


@pytest.mark.parametrize("sanitising", [True, False], ids=["sanitised", "isolated alone"])
def test_nothing_runs_and_nothing_is_asked(sanitising: bool, launch: Launch) -> None:  # noqa: FBT001
    """No script runs and no request leaves: not to a foreign host, nor to ours but for the document."""
    documents = [written(number, ran=RAN) for number in range(len(VECTORS))]
    app = gateway_with(
        {f"v{number}": sanitised(html) if sanitising else html for number, html in enumerate(documents)}
    )
    broken: list[str] = []
    with serving(app, FOREIGN) as (address, trap), launch.around(trap) as browser:
        visit = Visit(browser, trap)
        visit.sign_in(address)
        for number in range(len(VECTORS)):
            app.asked.clear()
            # The frame's document by itself: without the frame's own sandbox, its answer must do.
            connections = visit.connections(f"{address}/messages/v{number}/body")
            others = strangers(app.asked, f"/messages/v{number}/body")
            if connections or others:
                broken.append(f"{connections} {others} {VECTORS[number]}")
        visit.connections(f"{address}/messages/v0")
    assert broken == []
    recorded = launch.journal.read_text()
    assert f"/messages/v{len(VECTORS) - 1}/body" in recorded
    assert [host for host in FOREIGN if host in recorded] == []


def test_the_listeners_would_have_noticed(launch: Launch) -> None:
    """Without policy and sandbox, the same documents run script and ask for what they name."""

    async def bare(request: Request) -> HTMLResponse:
        return HTMLResponse(written(int(request.path_params["number"]), ran=RAN))

    bare_app = Starlette(routes=[Route("/{number:int}", bare)])
    with serving(bare_app, FOREIGN) as (address, trap), launch.around(trap) as browser:
        visit = Visit(browser, trap)
        noticed = [bool(visit.connections(f"{address}/{number}")) for number in range(len(VECTORS))]
    assert sum(noticed) > len(VECTORS) // 3
    assert "https://evil.example/ran" in launch.journal.read_text()
