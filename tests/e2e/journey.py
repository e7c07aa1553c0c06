"""The steps of a person's way through the pages, by the words on them."""

import re

from playwright.sync_api import Locator, Page, expect

REFUSED = (
    "La connexion est refusée. Il est probable que votre nom d'utilisateur "
    "ou votre mot de passe ait été mal saisi."
)
SENT = re.compile(r"Message envoyé dans \d+\ss\.")
ACCEPTED = "Votre message est accepté pour envoi."


def sign_in(page: Page, username: str, password: str = "demo") -> None:
    """Fill in the form and send it."""
    page.goto("/sign-in")
    expect(page.get_by_label("Nom d'utilisateur")).to_be_focused()
    page.get_by_label("Nom d'utilisateur").fill(username)
    page.get_by_label("Mot de passe").fill(password)
    page.get_by_role("button", name="Connexion", exact=True).click()


def sign_out(page: Page) -> None:
    """Use the icon at the top right."""
    page.get_by_role("button", name="Déconnexion").click()
    expect(page.get_by_role("status")).to_have_text("Vous avez été déconnecté.")


def line(page: Page, subject: str) -> Locator:
    """Return the list's line of this subject."""
    return page.get_by_role("row").filter(has=page.get_by_role("link", name=subject, exact=True))


def open_message(page: Page, subject: str) -> None:
    """Click the subject once: the preview shows it."""
    line(page, subject).get_by_role("link").click()
    expect(page.get_by_role("article").get_by_role("heading", level=2)).to_have_text(subject)


def wait_for_message(page: Page, subject: str) -> None:
    """Use « Rafraîchir » until the message is there."""
    for _ in range(30):
        page.get_by_role("link", name="Rafraîchir").click()
        if line(page, subject).count():
            return
        page.wait_for_timeout(500)
    raise AssertionError(f"{subject!r} did not arrive")


def write(page: Page, *, to: str, subject: str, text: str) -> None:
    """Fill in « Nouveau Message », without sending it."""
    page.get_by_role("navigation", name="Principal").get_by_role("link", name="Nouveau Message").click()
    expect(page.get_by_label("À", exact=True)).to_be_focused()
    page.get_by_label("À", exact=True).fill(to)
    page.get_by_label("Objet").fill(subject)
    page.get_by_label("Texte du message").fill(text)


def send(page: Page, said: str | re.Pattern[str] = SENT) -> None:
    """Press « Envoyer »; what is ``said`` confirms it."""
    page.get_by_role("button", name="Envoyer").click()
    expect(page.get_by_role("status").filter(has_text=said)).to_be_visible()


def forward(page: Page, manner: str) -> None:
    """Open « Transfert » and choose the manner."""
    page.get_by_role("group", name="Actions").locator("summary", has_text="Transfert").click()
    page.get_by_role("button", name=manner, exact=True).click()


def lay_out(page: Page, preview: str) -> None:
    """Choose a layout in the menu « Autre »."""
    page.get_by_role("navigation", name="Menus").locator("summary", has_text="Autre").click()
    page.get_by_role("button", name=preview).click()


def choose(page: Page, choices: dict[str, str]) -> None:
    """Save « Paramètres »: options by their labels, texts as typed."""
    page.get_by_role("link", name="Paramètres").click()
    for label, value in choices.items():
        field = page.get_by_label(label, exact=True)
        if field.evaluate("element => element.tagName") == "SELECT":
            field.select_option(label=value)
        else:
            field.fill(value)
    page.get_by_role("button", name="Enregistrer").click()
    expect(page.get_by_role("status")).to_have_text("Vos paramètres sont enregistrés.")


def inbox(page: Page) -> None:
    """Go to the inbox."""
    page.get_by_role("link", name="Boîte de réception").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Boîte de réception")


def ticked_files(page: Page) -> Locator:
    """Return the boxes of what goes along with a letter."""
    return page.locator('input[name="attachment"]:checked')
