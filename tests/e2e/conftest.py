"""The real demo, every service a process of its own, and Chromium without JavaScript in front of it."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, sync_playwright

ROOT = Path(__file__).parents[2]
sys.path += [
    str(ROOT / "libs" / "message" / "tests"),
    str(ROOT / "gateway" / "tests"),
    str(Path(__file__).parent),
]
HOST = "127.0.0.1"
START_SECONDS = 90


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="session")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Start the demo; return its address."""
    with running_demo(tmp_path_factory.mktemp("demo")) as where:
        yield where


@contextlib.contextmanager
def running_demo(folder: Path, **settings: str) -> Iterator[str]:
    """Start a demo in ``folder``, which is its own, with these ``settings``; it ends with the block."""
    port = _free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "courriel_demo"],
        cwd=folder,
        env={**os.environ, "PORT": str(port), "WEBMAIL_URL": "https://webmail.example/", **settings},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    too_late = threading.Timer(START_SECONDS, process.kill)
    too_late.start()
    said = ""
    assert process.stdout
    for line in process.stdout:
        said += line
        if "Ctrl-C" in line:
            break
    else:
        pytest.fail(f"the demo ended before it was ready:\n{said}")
    too_late.cancel()
    yield f"http://{HOST}:{port}"
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    """Start what drives browsers, once: it does not start a second time beside itself."""
    with sync_playwright() as started:
        yield started


@pytest.fixture(scope="session")
def chromium_program() -> str | None:
    """Return Debian's Chromium (or the one that CHROMIUM names)."""
    return os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")


@pytest.fixture(scope="session")
def chromium(playwright: Playwright, chromium_program: str | None) -> Iterator[Browser]:
    """Start Chromium."""
    browser = playwright.chromium.launch(executable_path=chromium_program, args=["--no-sandbox"])
    yield browser
    browser.close()


# What Chromium says of refusals that we mean (401, 422 …), of what sign-out makes it clear, and of a test
# that types before the page has put the focus where it belongs
EXPECTED = (
    "Failed to load resource: the server responded",
    "Clear-Site-Data header",
    "Autofocus processing was blocked",
)


class Watch:
    """What must not happen in any page: a request to another host, a script's word, a refused policy."""

    def __init__(self, address: str) -> None:
        self._address = address
        self.strangers: list[str] = []
        self.console: list[str] = []

    def over(self, context: BrowserContext) -> None:
        """Look at everything that the context does."""
        context.on("request", lambda request: self._asked(request.url))
        context.on("console", lambda message: self._said(message.text))
        context.on("dialog", lambda dialog: self.console.append(f"dialog: {dialog.message}"))

    def _said(self, text: str) -> None:
        if not text.startswith(EXPECTED):
            self.console.append(text)

    def _asked(self, url: str) -> None:
        if not url.startswith((self._address, "data:", "about:")):
            self.strangers.append(url)


Opening = Callable[..., Page]


@pytest.fixture
def open_browser(address: str, chromium: Browser, tmp_path: Path) -> Iterator[Opening]:
    """Return what opens a browser of its own: no script, French, nothing shared; all are watched."""
    watch = Watch(address)
    with contextlib.ExitStack() as contexts:

        def open_one(**options: object) -> Page:
            usual = {
                "java_script_enabled": False,
                "locale": "fr-FR",
                "viewport": {"width": 1280, "height": 800},
            }
            context = chromium.new_context(base_url=address, **(usual | options))  # type: ignore[arg-type]
            context.set_default_timeout(20_000)
            contexts.callback(context.close)
            watch.over(context)
            return context.new_page()

        yield open_one
        for number, context in enumerate(chromium.contexts):
            # A test that failed half-way must not keep its mailbox from the next.
            context.request.post("/sign-out", headers={"Origin": address}, max_redirects=0)
            for page in context.pages:
                page.screenshot(path=tmp_path / f"last-{number}.png")
    assert watch.strangers == [], "requests left for other hosts"
    assert watch.console == [], "the browser had something to say"
