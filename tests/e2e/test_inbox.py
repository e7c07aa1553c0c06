"""The inbox: what it says, deletes and undoes (SPEC.md, rows 6 and 10), without JavaScript."""

import re

from playwright.sync_api import expect
from tests.e2e.conftest import Opening
from tests.e2e.journey import line, open_message, sign_in, sign_out


def test_unread_marks(open_browser: Opening) -> None:
    """Opening takes the bold line away, for the next session too; « Marquer comme non lu » brings it back."""
    page = open_browser()
    sign_in(page, "marie.martin")
    row = page.locator("tbody tr.unread").first
    subject = row.locator("td.subject bdi").inner_text()
    expect(row.get_by_role("link")).to_have_accessible_description("Non lu")
    weight = "element => Number(getComputedStyle(element).fontWeight)"
    assert row.locator("td.subject").evaluate(weight) >= 700
    row.get_by_role("link").click()
    row = page.locator("tbody tr.open")
    expect(row.get_by_role("link")).to_have_accessible_description("")
    sign_out(page)

    sign_in(page, "marie.martin")
    row = page.locator("tbody tr").filter(has=page.get_by_role("link", name=subject, exact=True)).first
    expect(row).not_to_have_class("unread")
    unread = int(re.findall(r"(\d+) non lu", page.locator(".totals").inner_text())[0])
    row.get_by_role("checkbox").check()
    page.locator("summary").filter(has_text="Marquer").click()
    page.get_by_role("button", name="Marquer comme non lu").click()
    expect(page.locator(".totals")).to_contain_text(re.compile(rf"\b{unread + 1} non lus"))
    sign_out(page)


def test_searching_and_sorting(open_browser: Opening) -> None:
    """The field finds whatever the accents, headings sort and turn around, and pages stay in the search."""
    page = open_browser()
    sign_in(page, "jean.dupont")
    total = page.get_by_role("row").count()
    page.get_by_role("searchbox").fill("REUNION")
    page.get_by_role("searchbox").press("Enter")
    expect(page.get_by_role("status")).to_contain_text("pour «\u00a0REUNION\u00a0»")
    found = page.get_by_role("row").count()
    assert 1 < found < total
    page.get_by_role("columnheader", name="Taille").get_by_role("link").click()
    expect(page.get_by_role("columnheader", name="Taille")).to_have_attribute("aria-sort", "descending")
    expect(page.get_by_role("searchbox")).to_have_value("REUNION")
    assert page.get_by_role("row").count() == found
    first = page.get_by_role("row").nth(1).get_by_role("link").inner_text()
    page.get_by_role("columnheader", name="Taille").get_by_role("link").click()
    expect(page.get_by_role("columnheader", name="Taille")).to_have_attribute("aria-sort", "ascending")
    assert page.get_by_role("row").last.get_by_role("link").inner_text() == first
    page.get_by_role("row").nth(1).get_by_role("link").click()
    expect(page.get_by_role("article")).to_be_visible()
    expect(page.get_by_role("searchbox")).to_have_value("REUNION")
    page.get_by_role("link", name="Tous les messages, dans l’ordre d’arrivée").click()
    assert page.get_by_role("row").count() == total
    sign_out(page)


def test_deleting_undoing_and_deleting_for_good(open_browser: Opening) -> None:
    """« Annuler » brings a message back; sign-out carries a held deletion out."""
    page = open_browser()
    sign_in(page, "jean.dupont")
    subject = "Clé du local d’archives"
    total = int(page.locator(".totals").inner_text().split()[0])

    line(page, subject).get_by_role("checkbox").check()
    page.get_by_role("button", name="Supprimer").click()
    expect(page.get_by_role("status").first).to_contain_text(
        re.compile(r"Supprimé définitivement dans \d s\.")
    )
    expect(page.locator(".totals")).to_contain_text(f"{total - 1} messages")
    page.get_by_role("button", name="Annuler", exact=True).click()
    expect(page.get_by_text("La suppression a été annulée.")).to_be_visible()
    expect(line(page, subject)).to_be_visible()

    open_message(page, subject)
    page.get_by_role("button", name="Supprimer").click()
    expect(page.locator(".totals")).to_contain_text(f"{total - 1} messages")
    sign_out(page)
    sign_in(page, "jean.dupont")
    expect(page.locator(".totals")).to_contain_text(f"{total - 1} messages")
    expect(line(page, subject)).to_have_count(0)
    sign_out(page)


def test_small_screens_show_one_pane(open_browser: Opening) -> None:
    """At 320 px nothing overflows, and a message takes the list's place until « Liste »."""
    page = open_browser()
    page.set_viewport_size({"width": 320, "height": 640})
    sign_in(page, "jean.dupont")
    expect(page.get_by_role("region", name="Liste des messages")).to_be_visible()
    page.locator("td.subject a").nth(2).click()
    expect(page.get_by_role("article")).to_be_visible()
    expect(page.get_by_role("region", name="Liste des messages")).to_be_hidden()
    page.get_by_role("link", name="Liste", exact=True).click()
    expect(page.get_by_role("region", name="Liste des messages")).to_be_visible()
    for path in ("/messages", "/compose", "/outbox", "/nowhere"):
        page.goto(path)
        box = page.locator("main").bounding_box()
        assert box
        assert box["x"] + box["width"] <= 320
    page.goto("/messages")
    sign_out(page)


def test_everything_of_the_inbox(open_browser: Opening) -> None:
    """Menus, actions, columns and counts are there; the reminder can be dismissed; an empty one explains."""
    page = open_browser()
    sign_in(page, "balf-de-mon.service")
    menus = page.get_by_role("navigation", name="Menus")
    for words in ("Courrier", "Autre"):
        expect(menus.locator("summary", has_text=words)).to_be_visible()
    for words in ("Carnet d’adresses", "Paramètres"):
        expect(menus.get_by_role("link", name=words)).to_be_visible()
    menus.locator("summary", has_text="Courrier").click()
    expect(menus.get_by_role("link", name="Nouveau Message")).to_be_visible()
    menus.locator("summary", has_text="Courrier").click()
    actions = page.get_by_role("group", name="Actions")
    expect(actions.get_by_role("link", name="Rafraîchir")).to_be_visible()
    for words in ("Répondre", "Répondre à tous", "Supprimer"):
        expect(actions.get_by_role("button", name=words, exact=True)).to_be_visible()
    for words in ("De", "Objet", "Date", "Taille", "Pièces jointes"):
        expect(page.get_by_role("columnheader", name=words, exact=True)).to_be_attached()
    rows = page.locator("tbody tr")
    total = rows.count()
    expect(page.locator(".totals")).to_contain_text(f"{total} messages · ")
    expect(page.locator("td.date time")).to_have_count(total)
    actions.get_by_role("button", name="Supprimer").click()
    expect(page.get_by_role("status").filter(has_text="Cochez ou ouvrez d’abord")).to_be_visible()

    expect(page.get_by_text("Thunderbird ne le recevra jamais")).to_be_visible()
    page.get_by_role("button", name="Masquer ce rappel").click()
    expect(page.get_by_text("Thunderbird ne le recevra jamais")).to_have_count(0)
    for box in page.locator("td.tick input").all():
        box.check()
    page.get_by_role("button", name="Supprimer").click()
    expect(page.get_by_role("heading", name="Aucun message en attente")).to_be_visible()
    expect(page.get_by_text("Thunderbird ne le recevra jamais")).to_be_visible()
    page.get_by_role("button", name="Annuler", exact=True).click()
    expect(rows).to_have_count(total)
    sign_out(page)


def test_keyboard_alone(open_browser: Opening) -> None:
    """The first key leads past the menus; after an error the focus is on it, and its links lead to fields."""
    page = open_browser()
    sign_in(page, "jean.dupont")
    page.goto("/messages")
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Aller au contenu")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.locator("#contenu")).to_be_focused()
    page.goto("/compose")
    page.get_by_label("Cc", exact=True).fill("personne@")
    page.get_by_role("button", name="Envoyer").press("Enter")
    expect(page.get_by_role("alert")).to_be_focused()
    expect(page).to_have_title(re.compile(r"^Erreur\s: "))
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Cc", exact=True)).to_be_focused()
    expect(page.get_by_label("Cc", exact=True)).to_have_accessible_description(re.compile("personne@"))
    sign_out(page)
