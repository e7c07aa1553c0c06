"""Writing, answering, sending and taking back (SPEC.md, rows 9 and 11), without JavaScript."""

import re
import zipfile
from pathlib import Path

from playwright.sync_api import expect
from tests.e2e.conftest import Opening
from tests.e2e.journey import SENT, open_message, send, sign_in, sign_out, wait_for_message, write


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


def test_every_option(open_browser: Opening, tmp_path: Path) -> None:
    """Three fields and separators, files joined one by one, priority and receipt: all of it arrives."""
    for name in ("un.txt", "deux.txt"):
        (tmp_path / name).write_text(name)
    page, jean = open_browser(), open_browser()
    sign_in(page, "marie.martin")
    write(page, to="jean.dupont@demo.example; Jean <jean.dupont@DEMO.example>", subject="Options", text="Oui")
    page.get_by_label("Cc", exact=True).fill("marie.martin@demo.example\n")
    page.get_by_label("Cci", exact=True).fill("balf-de-mon.service@demo.example")
    page.get_by_label("Ajouter des fichiers").set_input_files(tmp_path / "un.txt")
    page.get_by_role("button", name="Joindre").click()
    expect(page.get_by_role("checkbox", name=re.compile("un.txt"))).to_be_checked()
    expect(page.get_by_text("Destinataires uniques : 3 sur 20 au plus")).to_be_visible()
    page.get_by_label("Ajouter des fichiers").set_input_files(tmp_path / "deux.txt")
    page.get_by_label("Priorité").select_option(label="Haute")
    page.get_by_label("Demander un accusé de lecture").check()
    expect(page.get_by_text("Un message envoyé n’est pas conservé.")).to_be_visible()
    send(page)
    sign_in(jean, "jean.dupont")
    wait_for_message(jean, "Options")
    open_message(jean, "Options")
    for name in ("un.txt", "deux.txt"):
        expect(jean.get_by_role("link", name=f"Télécharger {name}")).to_be_visible()
    with jean.expect_download() as downloading:
        jean.get_by_role("link", name="Tout télécharger (.zip)").click()
    with zipfile.ZipFile(downloading.value.path()) as archive:
        assert archive.namelist() == ["un.txt", "deux.txt"]
    jean.get_by_role("link", name="Afficher les en-têtes").click()
    headers = jean.get_by_role("region", name="En-têtes")
    for words in ("Importance", "Disposition-Notification-To"):
        expect(headers).to_contain_text(words)
    expect(headers).not_to_contain_text("balf-de-mon.service")
    jean.get_by_role("button", name="Répondre à tous").click()
    expect(jean.get_by_label("À", exact=True)).to_have_value(re.compile("marie.martin@demo.example"))
    expect(jean.get_by_label("Cc", exact=True)).to_have_value("")
    sign_out(jean)
    sign_out(page)


def test_taking_back(open_browser: Opening) -> None:
    """« Annuler l’envoi » brings the letter back as it was; the outbox cancels too, and tells states."""
    page = open_browser()
    sign_in(page, "marie.martin")
    write(page, to="jean.dupont@demo.example", subject="Trop vite", text="Un brouillon")
    send(page)
    page.get_by_role("button", name="Annuler l’envoi").click()
    expect(page.get_by_role("status")).to_contain_text("L’envoi a été annulé.")
    expect(page.get_by_label("Texte du message")).to_have_value("Un brouillon")
    page.get_by_label("Objet").fill("Encore trop vite")
    send(page)
    page.get_by_role("link", name="Suivre l’envoi").click()
    entry = page.locator(".entries > li", has_text="Encore trop vite")
    expect(entry).to_contain_text("Retenu : peut encore être annulé")
    entry.get_by_role("button", name="Annuler l’envoi").click()
    expect(page.get_by_role("status")).to_have_text("L’envoi a été annulé.")
    expect(entry).to_contain_text("Annulé")
    expect(entry.get_by_role("button")).to_have_count(0)
    sign_out(page)
