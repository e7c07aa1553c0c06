"""A session that nobody uses warns before it ends, and ends, without JavaScript (SPEC.md, rows 5 and 14)."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect
from tests.e2e.axe import AUDITED, findings
from tests.e2e.conftest import Opening, running_demo
from tests.e2e.journey import sign_in

IDLE_SECONDS = 16
SOON = IDLE_SECONDS * 1000


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Start a demo whose sessions are short."""
    with running_demo(tmp_path_factory.mktemp("short"), AUTH_IDLE_SECONDS=str(IDLE_SECONDS)) as where:
        yield where


def test_warning_staying_and_the_end(open_browser: Opening) -> None:
    """The list gives way to the warning by itself; « Rester connecté » goes on; else the session ends."""
    page = open_browser()
    sign_in(page, "jean.dupont")
    expect(page.get_by_role("heading", level=1)).to_have_text("Boîte de réception")
    expect(page.get_by_role("heading", level=1)).to_have_text("Votre session va prendre fin", timeout=SOON)
    expect(page.get_by_role("status")).to_contain_text("Faute d’activité, elle prendra fin à")
    page.get_by_role("button", name="Rester connecté").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Boîte de réception")
    expect(page.get_by_role("heading", level=1)).to_have_text("Votre session va prendre fin", timeout=SOON)
    expect(page.get_by_role("status")).to_have_text(
        "Votre session a pris fin. Connectez-vous de nouveau.", timeout=SOON
    )
    expect(page.get_by_label("Nom d'utilisateur")).to_be_visible()


@pytest.mark.parametrize("locale", ["fr-FR", "en-GB"])
def test_axe_finds_nothing_on_the_warning(open_browser: Opening, locale: str) -> None:
    """The page that warns is as good as the others."""
    page = open_browser(locale=locale, **AUDITED)
    page.goto("/sign-in")
    page.locator("#username").fill("marie.martin")
    page.locator("#password").fill("demo")
    page.locator(".card .primary").click()
    expect(page.locator('form[action="/session/stay"] button')).to_be_focused(timeout=SOON)
    assert findings(page) == []
