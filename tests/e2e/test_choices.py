"""« Paramètres » and « Autre » (SPEC.md, rows 6 and 13): every field really changes something."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect
from tests.e2e.conftest import Opening
from tests.e2e.journey import (
    ACCEPTED,
    choose,
    inbox,
    lay_out,
    open_message,
    send,
    sign_in,
    sign_out,
    wait_for_message,
    write,
)

ADDRESS = "marie.martin@demo.example"
USUAL = {
    "Nom affiché": "",
    "Adresse de réponse": "",
    "Signature": "",
    "Me mettre en copie": "Non",
    "Délai pour annuler un envoi": "10 s",
    "Prévisualisation": "Horizontale, sous la liste",
    "Messages par page": "Nombre habituel (25)",
    "Densité de la liste": "Confortable",
    "Rafraîchir la liste": "Seulement quand je le demande",
    "Délai pour annuler une suppression": "Délai habituel (8 s)",
    "Thème": "Celui du système",
    "Langue": "Celle du navigateur",
    "Fuseau horaire": "Fuseau habituel (Paris)",
    "Mode": "Automatique",
}


@pytest.fixture
def page(open_browser: Opening) -> Iterator[Page]:
    """Sign Marie in; give her the usual choices back afterwards."""
    page = open_browser()
    sign_in(page, "marie.martin")
    yield page
    choose(page, USUAL)
    sign_out(page)


def test_what_is_sent(page: Page) -> None:
    """Name, address for replies, signature, copy to oneself and the delay stand in what is sent."""
    choose(
        page,
        {
            "Nom affiché": "Marie du Guichet",
            "Adresse de réponse": "guichet@demo.example",
            "Signature": "Marie\nGuichet des aînés",
            "Me mettre en copie": "En Cc",
            "Délai pour annuler un envoi": "Aucun",
        },
    )
    inbox(page)
    page.get_by_role("navigation", name="Principal").get_by_role("link", name="Nouveau Message").click()
    expect(page.get_by_label("Cc", exact=True)).to_have_value(ADDRESS)
    expect(page.get_by_label("Texte du message")).to_have_value("\n\n-- \nMarie\nGuichet des aînés\n\n")
    write(page, to="", subject="Tout y est", text="Bonjour")
    send(page, ACCEPTED)
    wait_for_message(page, "Tout y est")
    open_message(page, "Tout y est")
    article = page.get_by_role("article")
    expect(article).to_contain_text(f"Marie du Guichet <{ADDRESS}>")
    expect(article).to_contain_text("guichet@demo.example")


def test_how_the_list_looks(page: Page) -> None:
    """Layout, length, density and refreshing hold from the next page on; so does the delay of deletions."""
    choose(
        page,
        {
            "Prévisualisation": "Masquée",
            "Messages par page": "10",
            "Densité de la liste": "Compacte",
            "Rafraîchir la liste": "1 min",
            "Délai pour annuler une suppression": "Aucun : suppression immédiate",
        },
    )
    inbox(page)
    expect(page.locator("td.subject a")).to_have_count(10)
    expect(page.get_by_role("navigation", name="Pages de la liste")).to_contain_text("Page 1 sur")
    assert page.locator("tbody tr").first.evaluate("row => row.offsetHeight") < 34
    answer = page.goto("/messages")
    assert answer
    assert re.match(r"60; url=/messages\?", answer.headers["refresh"])
    page.locator("td.tick input").last.check()
    page.get_by_role("button", name="Supprimer").click()
    expect(page.get_by_role("status").filter(has_text="Supprimé définitivement.")).to_be_visible()
    page.locator("td.subject a").first.click()
    expect(page.get_by_role("article").get_by_role("heading", level=1)).to_be_visible()


def test_how_every_page_looks(page: Page) -> None:
    """Theme, language, time zone and mode."""
    date = page.locator("td.date time").first
    paris = date.get_attribute("title")
    ground = "body => getComputedStyle(body).backgroundColor"
    light = page.locator("body").evaluate(ground)
    choose(page, {"Thème": "Sombre", "Fuseau horaire": "Nouméa", "Mode": "Basique"})
    expect(page.get_by_label("Mode")).to_have_value("basic")
    inbox(page)
    assert date.get_attribute("title") != paris
    assert page.locator("body").evaluate(ground) != light
    page.goto("/settings")
    page.get_by_label("Langue").select_option(label="English")
    page.get_by_role("button", name="Enregistrer").click()
    expect(page.get_by_role("status")).to_have_text("Your settings are saved.")
    page.get_by_label("Language").select_option(label="Français")
    page.get_by_role("button", name="Save").click()


def test_three_layouts(page: Page) -> None:
    """« Autre » puts the preview under the list, beside it, or nowhere, and remembers."""
    lay_out(page, "Prévisualisation verticale")
    page.locator("td.subject a").first.click()
    table, article = page.locator(".list").bounding_box(), page.get_by_role("article").bounding_box()
    assert table
    assert article
    assert table["x"] + table["width"] <= article["x"]
    lay_out(page, "Prévisualisation horizontale")
    page.locator("td.subject a").first.click()
    table, article = page.locator(".list").bounding_box(), page.get_by_role("article").bounding_box()
    assert table
    assert article
    assert table["y"] + table["height"] <= article["y"]
    lay_out(page, "Masquer la prévisualisation")
    expect(page.locator(".preview")).to_have_count(0)
    page.get_by_role("navigation", name="Menus").locator("summary", has_text="Autre").click()
    expect(page.get_by_role("button", name="Masquer la prévisualisation")).to_have_attribute(
        "aria-pressed", "true"
    )
