"""SPEC.md's journey in Basique: a real browser, no JavaScript, all services real."""

import re
from pathlib import Path

from playwright.sync_api import Page, expect
from tests.e2e.conftest import Opening
from tests.e2e.journey import line, open_message, sign_in, sign_out, wait_for_message, write

REFUSED = (
    "La connexion est refusée. Il est probable que votre nom d'utilisateur "
    "ou votre mot de passe ait été mal saisi."
)

SENT = re.compile(r"Message envoyé dans \d+\ss\.")


def subject_with(page: Page, mark: str) -> str:
    """Return the subject of the newest message whose line has what ``mark`` selects."""
    row = page.get_by_role("row").filter(has=page.locator(mark)).first
    return row.get_by_role("link").inner_text()


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


def test_writing_and_answering(open_browser: Opening, tmp_path: Path) -> None:
    """A message with an attachment reaches Marie; she reads it and answers; the answer comes back."""
    (tmp_path / "Budget prévu.csv").write_bytes("poste;montant\npapier;12 €\n".encode())
    jean, marie = open_browser(), open_browser()
    sign_in(jean, "jean.dupont")
    write(
        jean,
        to="Marie Martin <marie.martin@demo.example",
        subject="Budget de l’été",
        text="Bonjour,\nvoir le tableau.",
    )
    jean.get_by_label("Ajouter des fichiers").set_input_files(tmp_path / "Budget prévu.csv")
    jean.get_by_role("button", name="Envoyer").click()
    expect(jean.get_by_role("alert")).to_contain_text("Une adresse n’est pas valable")
    expect(jean.get_by_label("Texte du message")).to_have_value("Bonjour,\nvoir le tableau.")
    expect(jean.get_by_role("checkbox", name=re.compile("Budget prévu.csv"))).to_be_checked()

    jean.get_by_label("À", exact=True).fill("Marie Martin <marie.martin@demo.example>")
    jean.get_by_role("button", name="Envoyer").click()
    expect(jean.get_by_role("status")).to_contain_text(SENT)
    jean.get_by_role("link", name="Suivre l’envoi").click()
    expect(jean.get_by_role("heading", name="Budget de l’été")).to_be_visible()

    sign_in(marie, "marie.martin")
    wait_for_message(marie, "Budget de l’été")
    open_message(marie, "Budget de l’été")
    expect(marie.get_by_role("article")).to_contain_text("voir le tableau.")
    with marie.expect_download() as downloading:
        marie.get_by_role("link", name="Télécharger Budget prévu.csv").click()
    assert downloading.value.suggested_filename == "Budget prévu.csv"
    assert Path(downloading.value.path()).read_bytes() == (tmp_path / "Budget prévu.csv").read_bytes()

    marie.get_by_role("button", name="Répondre", exact=True).click()
    expect(marie.get_by_label("Objet")).to_have_value("RE: Budget de l’été")
    expect(marie.get_by_label("Texte du message")).to_have_value(
        re.compile(r"a écrit\s:\n> Bonjour,\n> voir")
    )
    marie.get_by_label("Texte du message").fill("Bien reçu, merci.")
    marie.get_by_role("button", name="Envoyer").click()
    expect(marie.get_by_role("status")).to_contain_text(SENT)

    jean.goto("/messages")
    wait_for_message(jean, "RE: Budget de l’été")
    open_message(jean, "RE: Budget de l’été")
    expect(jean.get_by_role("article")).to_contain_text("Bien reçu, merci.")
    jean.get_by_role("link", name="Afficher les en-têtes").click()
    expect(jean.get_by_role("region", name="En-têtes")).to_contain_text("In-Reply-To")
    sign_out(jean)
    sign_out(marie)


def test_too_many_recipients(open_browser: Opening) -> None:
    """The 21st unique recipient is refused in words, and nothing typed is lost."""
    page = open_browser()
    sign_in(page, "jean.dupont")
    many = ", ".join(f"personne{number}@demo.example" for number in range(21))
    write(page, to=many, subject="À tous", text="Bonjour")
    page.get_by_role("button", name="Envoyer").click()
    expect(page.get_by_role("alert")).to_contain_text("destinataires uniques est limité à 20")
    expect(page.get_by_label("À", exact=True)).to_have_value(many)
    expect(page.get_by_text("Destinataires uniques : 21 sur 20 au plus")).to_be_visible()
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
