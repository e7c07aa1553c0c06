"""Reading: HTML, headers, source, print, files (SPEC.md, row 7), without JavaScript."""

import re
from pathlib import Path

from playwright.sync_api import Page, expect
from tests.e2e.conftest import Opening
from tests.e2e.journey import open_message, sign_in, sign_out

LETTER = "Nouvelles du mois : guichets, papier, régies"


def subject_with(page: Page, mark: str) -> str:
    """Return the subject of the newest message whose line has what ``mark`` selects."""
    row = page.get_by_role("row").filter(has=page.locator(mark)).first
    return row.get_by_role("link").inner_text()


def test_reading(open_browser: Opening, tmp_path: Path) -> None:
    """The list leads to the preview; HTML stands in a sandboxed frame; an attachment comes as a file."""
    page = open_browser()
    sign_in(page, "jean.dupont")
    assert page.get_by_role("row").count() > 20

    open_message(page, "Nouvelles du mois : guichets, papier, régies")
    frame = page.locator("iframe.letter")
    expect(frame).to_have_attribute("sandbox", "allow-popups allow-popups-to-escape-sandbox")
    expect(page.frame_locator("iframe.letter").get_by_text("Un guichet de plus")).to_be_visible()
    expect(page.get_by_text("Les images distantes ont été bloquées")).to_be_visible()
    page.get_by_role("link", name="Afficher en texte seul").click()
    expect(page.get_by_role("article")).to_contain_text("Un guichet de plus")

    page.goto("/messages")
    open_message(page, subject_with(page, "td.clip svg"))
    with page.expect_download() as downloading:
        page.get_by_role("link", name=re.compile("^Télécharger")).first.click()
    downloading.value.save_as(tmp_path / "attachment")
    assert (tmp_path / "attachment").stat().st_size
    with page.expect_download() as downloading:
        page.get_by_role("link", name="Enregistrer (.eml)").click()
    assert downloading.value.suggested_filename.endswith(".eml")

    with page.context.expect_page() as opening:
        page.get_by_role("link", name="Ouvrir dans une fenêtre").click()
    expect(opening.value.get_by_role("heading", level=1)).to_be_visible()
    sign_out(page)


def test_every_message_of_the_demo_opens(open_browser: Opening) -> None:
    """Whatever the demo's mailbox holds is readable, page by page."""
    page = open_browser()
    sign_in(page, "balf-de-mon.service")
    links = [link.get_attribute("href") or "" for link in page.locator("td.subject a").all()]
    assert links
    for link in links:
        answer = page.goto(link)
        assert answer
        assert answer.status == 200
        expect(page.get_by_role("article")).to_be_visible()
    sign_out(page)


def test_headers_source_and_print(open_browser: Opening) -> None:
    """The header fields, the source and the whole on one sheet are a click away."""
    page = open_browser()
    sign_in(page, "jean.dupont")
    open_message(page, LETTER)
    page.get_by_role("link", name="Afficher les en-têtes").click()
    expect(page.get_by_role("region", name="En-têtes")).to_contain_text("Content-Type")
    page.get_by_role("link", name="Masquer les en-têtes").click()
    with page.context.expect_page() as opening:
        page.get_by_role("link", name="Afficher la source").click()
    expect(opening.value.locator("body")).to_contain_text("Content-Transfer-Encoding")
    opening.value.close()
    with page.context.expect_page() as opening:
        page.get_by_role("link", name="Version à imprimer").click()
    opening.value.emulate_media(media="print")
    expect(opening.value.get_by_role("heading", level=1).first).to_have_text(LETTER)
    expect(opening.value.get_by_text("Un guichet de plus")).to_be_visible()
    opening.value.close()
    sign_out(page)
