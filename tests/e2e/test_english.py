"""The same way in English, in short: everything that people read is English."""

import re

from playwright.sync_api import expect
from tests.e2e.conftest import Opening


def test_from_sign_in_to_sign_out(open_browser: Opening) -> None:
    """Refusal, inbox, reading, answering, taking back, deleting and undoing, sign-out."""
    page = open_browser(locale="en-GB")
    page.goto("/sign-in")
    for password in ("wrong", "demo"):
        page.get_by_label("User name").fill("marie.martin")
        page.get_by_label("Password").fill(password)
        page.get_by_role("button", name="Sign in").click()
        if password == "wrong":
            expect(page.get_by_role("alert")).to_contain_text("Sign-in is refused.")
    expect(page.get_by_role("heading", level=1)).to_have_text("Inbox")
    expect(page.locator(".totals")).to_have_text(re.compile(r"^\d+ messages · \d[\d.]*\s[kM]B"))
    page.locator("td.subject a").first.click()
    expect(page.get_by_role("article")).to_contain_text(re.compile(r"day \d+ \w+ \d{4} at \d\d:\d\d"))
    page.get_by_role("button", name="Reply", exact=True).click()
    expect(page.get_by_label("Message text")).to_have_value(re.compile("wrote:"))
    page.get_by_label("To", exact=True).fill("marie.martin@demo.example")
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("status")).to_contain_text(re.compile(r"Message leaves in \d+\ss\."))
    page.get_by_role("button", name="Cancel sending").click()
    expect(page.get_by_role("status")).to_contain_text("Sending was cancelled.")
    page.goto("/messages")
    page.locator("td.tick input").last.check()
    page.get_by_role("button", name="Delete").click()
    expect(page.get_by_role("status").first).to_contain_text("Deleted for good in")
    page.get_by_role("button", name="Undo").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("status")).to_have_text("You have been signed out.")
