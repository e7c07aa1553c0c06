"""The steps of a person's way through the pages, by the words on them."""

from playwright.sync_api import Locator, Page, expect


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
