"""Signing in, being refused, exclusive use, signing out (SPEC.md, rows 3 to 5 and 14)."""

import re

from playwright.sync_api import expect
from tests.e2e.conftest import Opening
from tests.e2e.journey import REFUSED, open_message, sign_in, sign_out, write

PRIVATE = ("/messages", "/compose", "/outbox", "/settings", "/directory")


def test_refusal_then_sign_in_then_sign_out(open_browser: Opening) -> None:
    """A refusal keeps the name; the right password opens the inbox; after sign-out Back shows the form."""
    page = open_browser()
    sign_in(page, "balf-de-mon.service", "faux")
    expect(page.get_by_role("alert")).to_have_text(REFUSED)
    expect(page.get_by_label("Nom d'utilisateur")).to_have_value("balf-de-mon.service")
    expect(page.get_by_role("link", name="Webmail")).to_have_attribute("href", "https://webmail.example/")

    page.get_by_label("Mot de passe").fill("demo")
    page.get_by_role("button", name="Connexion").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Boîte de réception")
    expect(page.locator(".totals")).to_have_text(re.compile(r"\d+ messages? · "))
    sign_out(page)
    page.go_back()
    expect(page.get_by_role("button", name="Connexion")).to_be_visible()
    assert "/sign-in" in page.url


def test_imap_only_account_is_refused_alike(open_browser: Opening) -> None:
    """An account that POP refuses gets the same words."""
    page = open_browser()
    sign_in(page, "imap.seulement")
    expect(page.get_by_role("alert")).to_have_text(REFUSED)


def test_exclusive_use_and_take_over(open_browser: Opening) -> None:
    """A second browser is told where and since when; it may close the first session, which is told so."""
    first, second = open_browser(), open_browser()
    sign_in(first, "jean.dupont")
    sign_in(second, "jean.dupont", "faux")
    expect(second.get_by_role("alert")).to_have_text(REFUSED)

    sign_in(second, "Jean.Dupont@demo.example")
    expect(second.get_by_role("status")).to_contain_text("déjà ouverte dans le Courriel léger depuis")
    expect(second.get_by_role("status")).to_contain_text("quitter")
    expect(second.get_by_label("Mot de passe")).to_be_empty()
    second.get_by_label("Mot de passe").fill("demo")
    second.get_by_role("button", name="Fermer l’autre session et continuer").click()
    expect(second.get_by_role("heading", level=1)).to_have_text("Boîte de réception")
    expect(second.get_by_text("Dernière connexion")).to_be_visible()

    first.get_by_role("link", name="Rafraîchir").click()
    expect(first.get_by_role("status")).to_contain_text("la boîte aux lettres a été ouverte ailleurs")
    sign_out(second)


def test_session_that_ended_keeps_what_was_typed(open_browser: Opening) -> None:
    """Sending after the session was taken over loses nothing: the text stands in the answer."""
    first, second = open_browser(), open_browser()
    sign_in(first, "jean.dupont")
    write(first, to="marie.martin@demo.example", subject="Perdu ?", text="Un texte précieux")
    sign_in(second, "jean.dupont")
    second.get_by_label("Mot de passe").fill("demo")
    second.get_by_role("button", name="Fermer l’autre session et continuer").click()
    expect(second.get_by_role("heading", level=1)).to_have_text("Boîte de réception")

    first.get_by_role("button", name="Envoyer").click()
    expect(first.get_by_role("alert")).to_contain_text("Votre session a pris fin")
    expect(first.get_by_label("Texte du message")).to_have_value("Un texte précieux")
    sign_out(second)


def test_own_tabs_share_the_session(open_browser: Opening) -> None:
    """A second tab of the same browser is the same session; signing in there again is no conflict."""
    page = open_browser()
    sign_in(page, "jean.dupont")
    tab = page.context.new_page()
    tab.goto("/")
    expect(tab.get_by_role("heading", level=1)).to_have_text("Boîte de réception")
    sign_out(tab)
    page.reload()
    assert "/sign-in" in page.url


def test_a_shared_computer_keeps_nothing(open_browser: Opening) -> None:
    """Private pages are not stored; sign-out clears what the browser has; Back shows the sign-in page."""
    page = open_browser()
    sign_in(page, "jean.dupont")
    open_message(page, "Votre facture n° 2026-0417")
    expect(page.get_by_text("Le fichier restera sur cet ordinateur.")).to_be_visible()
    uid = page.locator("tr.open input").get_attribute("value")
    for path in (*PRIVATE, *(f"/messages/{uid}{view}" for view in ("", "/print", "/source", "/raw"))):
        assert page.request.get(path).headers["cache-control"] == "no-store", path
    for path in PRIVATE:
        page.goto(path)
    with page.expect_response("**/sign-out") as signing_out:
        sign_out(page)
    assert signing_out.value.all_headers()["clear-site-data"] == '"cache", "storage"'
    for _ in PRIVATE:
        page.go_back()
        expect(page.get_by_role("button", name="Connexion")).to_be_visible()
    assert page.context.cookies() == []


def test_a_personal_device_is_not_warned(open_browser: Opening) -> None:
    """Where « Cet appareil est personnel » was ticked, no page says that files stay."""
    page = open_browser()
    page.goto("/sign-in")
    page.get_by_label("Cet appareil est personnel").check()
    page.get_by_label("Nom d'utilisateur").fill("jean.dupont")
    page.get_by_label("Mot de passe").fill("demo")
    page.get_by_role("button", name="Connexion").click()
    open_message(page, "Votre facture n° 2026-0417")
    expect(page.get_by_role("link", name=re.compile("^Télécharger"))).to_be_visible()
    expect(page.get_by_text("Le fichier restera sur cet ordinateur.")).to_have_count(0)
    sign_out(page)
