"""A sample of the vectors of hostile HTML in Debian's Firefox: nothing runs, nothing is asked.

As test_hostile_html.py does in Chromium, with other listeners. The hosts of each document have names of their
own, Firefox can resolve none, and its journal tells which it wanted to resolve: for a request, a
connection ahead of one, or for nothing. What its scripts say to the console needs no network at all.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from hostile_documents import FOREIGN, gateway_with, sanitised, strangers, written
from html_vectors import VECTORS
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import Route
from trap import serving

SCRIPT = Path(__file__).parent / "firefox.mjs"
NODE = Path(sys.executable).parent / "node"
WINDOW_MS = 40
"""How long each document is watched after it was loaded: an observation, not a wait for something."""
RUN_SECONDS = 180
AHEAD = ("preload", "prefetch", "preconnect")
"""What browsers ask for before it is needed: all of it, beside each fourth of the others."""
SAMPLE = [n for n, html in enumerate(VECTORS) if n % 4 == 0 or any(word in html for word in AHEAD)]
PREFERENCES = {
    # Looked up, so that the journal has it, and never found.
    "network.dns.disabled": True,
    # puppeteer and Firefox's remote agent stop what it asks for on its own account (lists, updates,
    # telemetry), and connections ahead of a request too. Those are a way out that we look for. The default,
    # 20, would be taken for unset.
    "network.http.speculative-parallel-limit": 21,
}


def marked(mark: str, number: int) -> str:
    """Return a vector whose hosts have names of their own, and whose script says the same name."""
    name = f"{mark}{number}"
    return written(number, ran=f"console.log(`{name}`)||fetch(`https://{name}.{FOREIGN[0]}/ran`)", mark=name)


@dataclass(frozen=True)
class Watched:
    """Which documents wanted a host, which ran script, and what was asked of the gateway, in order."""

    wanting: frozenset[str]
    running: frozenset[str]
    asked: list[str]

    def broken(self, mark: str) -> list[str]:
        """Return the vectors that did anything under ``mark``."""
        return [VECTORS[n] for n in SAMPLE if f"{mark}{n}" in self.wanting | self.running]


def driven(journal: Path, address: str, documents: list[str]) -> list[str]:
    """Load the documents in a Firefox that is signed in at ``address``; return what scripts said."""
    job = {
        "program": os.environ.get("FIREFOX") or shutil.which("firefox-esr") or shutil.which("firefox"),
        "preferences": PREFERENCES,
        "environment": {"MOZ_LOG": "nsHostResolver:5", "MOZ_LOG_FILE": str(journal)},
        "signIn": {"url": f"{address}/sign-in", "username": "jean.dupont", "password": "demo"},
        "documents": documents,
        "windowMs": WINDOW_MS,
    }
    done = subprocess.run(  # noqa: S603 — our own script
        [NODE, SCRIPT],
        input=json.dumps(job),
        capture_output=True,
        text=True,
        timeout=RUN_SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    said: list[str] = json.loads(done.stdout)
    return said


async def bare(request: Request) -> HTMLResponse:
    """Serve a vector without policy and sandbox."""
    return HTMLResponse(marked("bare", int(request.path_params["number"])))


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Watched:
    """Load the sample three times in one Firefox: isolated alone, sanitised, and without either."""
    journal = tmp_path_factory.mktemp("firefox") / "journal"
    messages = {f"alone{n}": marked("alone", n) for n in SAMPLE}
    messages |= {f"sanitised{n}": sanitised(marked("sanitised", n)) for n in SAMPLE}
    app = gateway_with(messages)
    unprotected = Starlette(routes=[Route("/{number:int}", bare)])
    with serving(app, FOREIGN) as (address, _), serving(unprotected, FOREIGN) as (elsewhere, _):
        documents = [f"{address}/messages/{uid}/body" for uid in messages]
        said = driven(journal, address, documents + [f"{elsewhere}/{n}" for n in SAMPLE])
    names = "|".join(map(re.escape, FOREIGN))
    wanted = re.findall(
        rf"Resolving host \[(\w+)\.(?:{names})\]", journal.with_suffix(".moz_log").read_text()
    )
    return Watched(frozenset(wanted), frozenset(said), app.asked)


@pytest.mark.parametrize("mark", ["sanitised", "alone"])
def test_nothing_runs_and_nothing_is_asked(watched: Watched, mark: str) -> None:
    """No script runs and no foreign host is wanted, with the sanitiser and by isolation alone."""
    assert watched.broken(mark) == []


def test_the_gateway_is_asked_for_the_documents_alone(watched: Watched) -> None:
    """Every document was loaded, and none made the browser ask for anything else of ours."""
    first = watched.asked.index(f"/messages/alone{SAMPLE[0]}/body")
    asked = watched.asked[first:]
    documents = [f"/messages/{mark}{n}/body" for mark in ("alone", "sanitised") for n in SAMPLE]
    assert [path for path in asked if path in documents] == documents
    assert strangers(asked, "/messages/") == []


def test_the_listeners_would_have_noticed(watched: Watched) -> None:
    """Without policy and sandbox, the same run script and want hosts, by each way of asking ahead too."""
    ahead = [
        n for n in SAMPLE if VECTORS[n].startswith(tuple(f"<link rel={word}" for word in ("dns-", *AHEAD)))
    ]
    assert ahead
    assert {f"bare{n}" for n in ahead} <= watched.wanting
    assert len(watched.broken("bare")) > len(SAMPLE) // 3
    assert len([each for each in watched.running if each.startswith("bare")]) > len(SAMPLE) // 8
