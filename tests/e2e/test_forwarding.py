"""« Transfert » in its five ways, from the list and from a message (SPEC.md, row 8), without JavaScript."""

import re

import pytest
from playwright.sync_api import Page, expect
from tests.e2e.conftest import Opening
from tests.e2e.journey import (
    ACCEPTED,
    choose,
    forward,
    inbox,
    line,
    open_message,
    send,
    sign_in,
    sign_out,
    ticked_files,
    wait_for_message,
)

SERVICE = "balf-de-mon.service@demo.example"
BILL, LIST = "Rejet du mandat n° 512", "Liste des impayés du trimestre"
MANNERS = {
    "En pièce jointe": (f"TR: {BILL}", [f"{BILL}.eml"], False),
    "Corps du message": (f"TR: {BILL}", [], True),
    "Corps du message avec pièces jointes": (f"TR: {BILL}", ["RIB corrigé.pdf"], True),
    "Éditer en tant que nouveau": (BILL, ["RIB corrigé.pdf"], True),
    "Rediriger": ("", [f"{BILL}.eml"], False),
}


def tick(page: Page, *subjects: str) -> None:
    """Tick lines of the list."""
    for subject in subjects:
        line(page, subject).get_by_role("checkbox").check()


def expect_letter(page: Page, manner: str) -> None:
    """Hold the writing page against what the manner takes along; each file can be taken off."""
    subject, files, with_text = MANNERS[manner]
    if subject:
        expect(page.get_by_label("Objet")).to_have_value(subject)
        said = re.compile("Le mandat 512 nous est revenu." if with_text else "^$")
        expect(page.get_by_label("Texte du message")).to_have_value(said)
    else:
        expect(page.get_by_role("heading", level=1)).to_have_text("Rediriger")
    expect(ticked_files(page)).to_have_count(len(files))
    for name in files:
        box = page.get_by_role("checkbox", name=re.compile(re.escape(name)))
        box.uncheck()
        expect(ticked_files(page)).to_have_count(len(files) - 1)
        box.check()


@pytest.mark.parametrize("manner", MANNERS)
def test_one_message(open_browser: Opening, manner: str) -> None:
    """From the list, and from the message's page: what goes along is there, and can be taken off."""
    page = open_browser()
    sign_in(page, "balf-de-mon.service")
    tick(page, BILL)
    forward(page, manner)
    expect_letter(page, manner)
    inbox(page)
    link = line(page, BILL).get_by_role("link")
    link.click()
    page.goto(page.get_by_role("link", name="Ouvrir dans une fenêtre").get_attribute("href") or "")
    forward(page, manner)
    expect_letter(page, manner)
    sign_out(page)


def test_several_messages(open_browser: Opening) -> None:
    """Several go as files, as text, or resent each; only one can be edited as new."""
    page = open_browser()
    sign_in(page, "balf-de-mon.service")
    choose(page, {"Délai pour annuler un envoi": "Aucun"})
    inbox(page)
    tick(page, BILL, LIST)
    forward(page, "Éditer en tant que nouveau")
    expect(page.get_by_role("status")).to_have_text(re.compile("cochez ou ouvrez un seul message"))

    tick(page, BILL, LIST)
    forward(page, "Corps du message avec pièces jointes")
    expect(page.get_by_label("Texte du message")).to_have_value(re.compile(f"{BILL}(?s:.)*{LIST}"))
    expect(ticked_files(page)).to_have_count(2)
    page.get_by_role("checkbox", name=re.compile("RIB corrigé")).uncheck()
    page.get_by_label("À", exact=True).fill(SERVICE)
    page.get_by_label("Objet").fill("Deux en un")
    send(page, ACCEPTED)
    wait_for_message(page, "Deux en un")
    open_message(page, "Deux en un")
    expect(page.get_by_role("link", name="Télécharger impayés.csv")).to_be_visible()
    expect(page.get_by_role("link", name="Télécharger RIB corrigé.pdf")).to_have_count(0)

    forward(page, "En pièce jointe")
    page.get_by_label("À", exact=True).fill(SERVICE)
    expect(page.get_by_label("Objet")).to_have_value("TR: Deux en un")
    send(page, ACCEPTED)
    wait_for_message(page, "TR: Deux en un")
    open_message(page, "TR: Deux en un")
    expect(page.get_by_role("link", name="Télécharger Deux en un.eml")).to_be_visible()
    forward(page, "Corps du message")
    expect(page.get_by_label("Objet")).to_have_value("TR: Deux en un")
    choose(page, {"Délai pour annuler un envoi": "10 s"})
    sign_out(page)


def test_redirecting(open_browser: Opening) -> None:
    """A redirected message arrives as it was, under its author's name; its header tells who resent it."""
    page, marie = open_browser(), open_browser()
    sign_in(page, "balf-de-mon.service")
    tick(page, BILL, LIST)
    forward(page, "Rediriger")
    page.get_by_role("checkbox", name=re.compile(LIST)).uncheck()
    page.get_by_label("À", exact=True).fill("marie.martin@demo.example")
    send(page)
    sign_out(page)
    sign_in(marie, "marie.martin")
    wait_for_message(marie, BILL)
    open_message(marie, BILL)
    expect(marie.get_by_role("article")).to_contain_text("comptabilite@saint-exemple.example.org")
    marie.get_by_role("link", name="Afficher les en-têtes").click()
    headers = marie.get_by_role("region", name="En-têtes")
    expect(headers).to_contain_text("Resent-From")
    expect(headers).to_contain_text(SERVICE)
    expect(line(marie, LIST)).to_have_count(0)
    sign_out(marie)
