"""axe-core finds nothing on any page, in both languages and themes, on wide and on narrow screens."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect
from tests.e2e.axe import AUDITED, findings
from tests.e2e.conftest import Opening

MAILBOX = "marie.martin"
WITH_FILES = 'tr:has(td.clip svg) input[name="uid"]'


def sign_in(page: Page, username: str = MAILBOX, password: str = "demo") -> None:
    """Sign in whatever the page's language is."""
    page.goto("/sign-in")
    page.locator("#username").fill(username)
    page.locator("#password").fill(password)
    page.locator(".card .primary").click()


def choose(page: Page, **choices: str) -> None:
    """Save « Paramètres »."""
    page.goto("/settings")
    for name, value in choices.items():
        page.locator(f"#{name}").select_option(value)
    page.locator("main .primary").click()


def send(page: Page, to: str) -> None:
    """Write a letter and send it."""
    page.goto("/compose")
    page.locator("#to").fill(to)
    page.locator("#subject").fill("Une réunion, un ordre du jour et des pièces à lire avant de venir")
    page.locator('button[value="send"]').click()


def forward(page: Page, uid: str, manner: str) -> None:
    """Open « Transfert » from the message's page."""
    page.goto(f"/messages/{uid}")
    page.locator(".toolbar details summary").first.click()
    page.locator(f'button[value="{manner}"]').click()


def pages_of_sign_in(page: Page, other: Page) -> Iterator[str]:
    """Go through the sign-in page in all it can say; another browser holds the mailbox."""
    for why in ("", "signed-out", "ended", "taken-over"):
        page.goto(f"/sign-in?why={why}")
        yield f"sign-in {why}"
    sign_in(page, password="faux")
    yield "refusal"
    sign_in(other)
    expect(other.locator(".totals")).to_be_visible()
    sign_in(page)
    expect(page.locator("button[name=takeover]")).to_be_visible()
    yield "in use"
    other.locator(".leave button").click()


def pages_of_reading(page: Page) -> Iterator[str]:
    """Go through the inbox and the message's page."""
    sign_in(page)
    expect(page.locator(".totals")).to_be_visible()
    yield "inbox"
    page.locator(".menus details").last.locator("summary").click()
    yield "menu"
    page.goto("/messages")
    page.locator(".toolbar details summary").first.click()
    yield "Transfert"
    page.goto("/messages")
    page.locator("td.subject a").first.click()
    yield "preview"
    choose(page, preview="vertical", density="compact")
    page.goto("/messages")
    page.locator("td.subject a").last.click()
    yield "vertical"
    choose(page, preview="hidden", density="comfortable")
    page.goto("/messages?notice=nothing-ticked")
    yield "hidden"
    uid = page.locator(WITH_FILES).first.get_attribute("value")
    choose(page, preview="horizontal", undo_delete_seconds="80", messages_per_page="200")
    for view in ("", "text", "headers"):
        page.goto(f"/messages/{uid}?view={view}")
        yield f"message {view}"
    page.goto("/messages")
    for box in page.locator("td.tick input").all():
        box.check()
    page.locator("button.danger").click()
    expect(page.locator(".empty")).to_be_visible()
    yield "empty"
    page.locator(".banner button.link").click()
    expect(page.locator("td.subject a").first).to_be_visible()
    yield "restored"


def pages_of_writing(page: Page) -> Iterator[str]:
    """Go through the writing page, what it refuses, and what follows sending."""
    page.goto("/messages")
    uid = page.locator(WITH_FILES).first.get_attribute("value") or ""
    page.goto(f"/compose?uid={uid}&action=reply-all")
    yield "reply"
    for manner in ("body-with-attachments", "redirect"):
        forward(page, uid, manner)
        yield manner
    send(page, ", ".join(f"personne{number}@demo.example" for number in range(21)))
    yield "21 recipients"
    send(page, "Jean <jean.dupont@")
    yield "invalid address"
    send(page, "jean.dupont@demo.example")
    expect(page.locator(".sent")).to_be_visible()
    yield "sent"
    page.goto("/outbox")
    yield "outbox"
    page.locator(".entries button").click()
    yield "cancelled"


def pages_of_directory(page: Page) -> Iterator[str]:
    """Go through « Carnet d'adresses »: what it found and did not, on its page and beside a letter."""
    for query in ("", "?q=budget", "?q=demo&notice=nothing-ticked", "?q=zzz&kind=service", f"?q={'x' * 201}"):
        page.goto(f"/directory{query}")
        yield f"directory {query[:40]}"
    page.goto("/compose")
    page.locator('button[name="field"]').nth(1).click()
    page.locator("#q").fill("paul")
    page.locator("#q").press("Enter")
    page.locator(".found input").first.check()
    yield "picking"
    page.locator("#q").fill("archives")
    page.locator("#q").press("Enter")
    expect(page.locator(".ticked")).to_be_visible()
    yield "picking more"


def other_pages(page: Page) -> Iterator[str]:
    """Go through settings, problems and the session's end; what was typed after it is still there."""
    page.goto("/settings")
    page.locator("#reply_to").fill("personne")
    page.locator("main .primary").click()
    yield "settings, wrong"
    choose(page, theme="dark", preview="horizontal")
    yield "settings, dark"
    choose(page, theme="system", undo_delete_seconds="", messages_per_page="")
    yield "settings"
    for path in (
        "/directory",
        "/directory?q=martin",
        "/directory?q=zzz",
        "/nowhere",
        "/session/warning?longest=1",
    ):
        page.goto(path)
        yield path
    page.goto("/compose")
    tab = page.context.new_page()
    tab.goto("/messages")
    tab.locator(".leave button").click()
    expect(tab.locator("#password")).to_be_visible()
    page.locator('button[value="send"]').click()
    yield "session ended while writing"


@pytest.mark.parametrize("locale", ["fr-FR", "en-GB"])
def test_axe_finds_nothing(open_browser: Opening, locale: str) -> None:
    """Not one violation of WCAG 2.2 AA, RGAA 4 or good practice, on any page."""
    page, other = open_browser(locale=locale, **AUDITED), open_browser(locale=locale)
    audited, found = 0, []
    walks = (
        pages_of_sign_in(page, other),
        pages_of_reading(page),
        pages_of_writing(page),
        pages_of_directory(page),
        other_pages(page),
    )
    for walk in walks:
        for name in walk:
            expect(page.locator("html")).to_have_attribute("lang", locale[:2])
            found += [f"{name}: {each}" for each in findings(page)]
            audited += 1
    assert audited > 30
    assert not found, "\n".join(sorted(set(found)))
