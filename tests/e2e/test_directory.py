"""« Carnet d'adresses » in a real browser without JavaScript, over the demo's own directory."""

import re
from pathlib import Path

from playwright.sync_api import Locator, Page, expect
from tests.e2e.conftest import Opening
from tests.e2e.journey import open_message, sign_in, sign_out, wait_for_message

MARIE = "Marie Martin <marie.martin@demo.example>"
SERVICE = "BALF Mon Service <balf-de-mon.service@demo.example>"


def search(page: Page, text: str, kind: str = "Personnes et services") -> None:
    """Fill in the search, and press Enter."""
    page.get_by_label(kind, exact=True).check()
    page.get_by_label("Chercher une personne ou un service").fill(text)
    page.get_by_label("Chercher une personne ou un service").press("Enter")


def entry(page: Page, name: str) -> Locator:
    """Return the line of this entry."""
    return page.get_by_role("listitem").filter(has=page.get_by_text(name, exact=True))


def into(page: Page, field: str) -> None:
    """Press the button of this field."""
    page.get_by_role("group", name="destinataires cochés").get_by_role(
        "button", name=field, exact=True
    ).click()


def test_picking_beside_a_letter(open_browser: Opening, tmp_path: Path) -> None:
    """A person goes into À, a service into Cci; text and file come back; both get the message."""
    (tmp_path / "Ordre du jour.txt").write_text("1. Budget")
    page = open_browser()
    sign_in(page, "jean.dupont")
    page.goto("/compose")
    page.get_by_label("Objet").fill("Réunion du carnet")
    page.get_by_label("Texte du message").fill("Bonjour,\n\n  à jeudi.")
    page.get_by_label("Ajouter des fichiers").set_input_files(tmp_path / "Ordre du jour.txt")
    page.get_by_role("button", name="Carnet d’adresses (À)").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("Carnet d’adresses")
    expect(page.get_by_text("Réunion du carnet")).to_be_visible()
    search(page, "MARTIN marie", "Personnes")
    entry(page, "Marie Martin").get_by_role("checkbox").check()
    into(page, "À")
    expect(page.get_by_label("À", exact=True)).to_have_value(MARIE)
    expect(page.get_by_label("Texte du message")).to_have_value("Bonjour,\n\n  à jeudi.")
    expect(page.get_by_role("checkbox", name=re.compile("Ordre du jour.txt"))).to_be_checked()

    page.get_by_role("button", name="Carnet d’adresses (Cci)").click()
    search(page, "balf mon", "Services")
    entry(page, "BALF Mon Service").get_by_role("checkbox").check()
    search(page, "zzz")
    expect(page.get_by_role("heading", level=2)).to_have_text("Aucun résultat pour « zzz »")
    expect(page.get_by_role("checkbox", name=SERVICE)).to_be_checked()
    into(page, "Cci")
    expect(page.get_by_label("Cci", exact=True)).to_have_value(SERVICE)
    expect(page.get_by_text("Destinataires uniques : 2 sur 20 au plus")).to_be_visible()

    page.get_by_label("Objet").press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Nouveau Message")
    expect(page.get_by_label("À", exact=True)).to_have_value(MARIE)
    page.get_by_role("button", name="Envoyer").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Message envoyé")
    page.get_by_role("link", name="Boîte de réception").first.click()
    sign_out(page)

    for mailbox in ("marie.martin", "balf-de-mon.service"):
        sign_in(page, mailbox)
        wait_for_message(page, "Réunion du carnet")
        open_message(page, "Réunion du carnet")
        expect(page.get_by_role("article")).to_contain_text("à jeudi.")
        expect(page.get_by_role("article")).to_contain_text("Ordre du jour.txt")
        expect(page.get_by_role("article")).not_to_contain_text("balf-de-mon.service")
        sign_out(page)


def test_writing_from_the_menu(open_browser: Opening) -> None:
    """The menu leads to a search; « Écrire » and ticks begin letters; what is not found is told."""
    page = open_browser()
    sign_in(page, "jean.dupont")
    page.get_by_role("navigation", name="Menus").get_by_role("link", name="Carnet d’adresses").click()
    expect(page.get_by_role("heading", level=2)).to_have_text("Qui cherchez-vous ?")
    expect(page.get_by_label("Chercher une personne ou un service")).to_be_focused()

    search(page, "01 99 00 10 74")
    expect(page.get_by_role("heading", level=2)).to_have_text("1 résultat")
    for shown in ("Hélène Garçon", "Bureau du budget", "+33 1 99 00 10 74", "helene.garcon@demo.example"):
        expect(entry(page, "Hélène Garçon")).to_contain_text(shown)
    entry(page, "Hélène Garçon").get_by_role("button", name="Écrire").click()
    expect(page.get_by_label("À", exact=True)).to_have_value("Hélène Garçon <helene.garcon@demo.example>")

    page.goto("/directory?q=demo")
    expect(page.get_by_role("heading", level=2)).to_have_text("Les 50 premiers résultats")
    into(page, "Cc")
    expect(page.get_by_role("status")).to_have_text("Cochez d’abord au moins un destinataire.")
    boxes = page.locator(".found").get_by_role("checkbox")
    for number in (0, 49):
        boxes.nth(number).check()
    into(page, "Cc")
    expect(page.get_by_label("Cc", exact=True)).to_have_value(re.compile(r"^[^,]+>, [^,]+>$"))
    sign_out(page)


def test_small_screens(open_browser: Opening) -> None:
    """At 320 px neither menu nor results leave the screen."""
    page = open_browser()
    page.set_viewport_size({"width": 320, "height": 640})
    sign_in(page, "jean.dupont")
    for path in ("/directory", "/directory?q=budget", "/directory?q=zzz", "/compose"):
        page.goto(path)
        for part in page.locator("main, .menus, .menus > *, .found li, .found button, .from-directory").all():
            box = part.bounding_box()
            assert box
            assert 0 <= box["x"] <= box["x"] + box["width"] <= 320
    sign_out(page)
