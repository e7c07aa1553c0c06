"""« Paramètres » and « Autre »: what is chosen is kept, told where it is wrong, and followed by the pages."""

from datetime import UTC, datetime

import httpx2
import pytest
from gateway_fakes import FakeAuth, FakeMailbox, problem

from courriel_wire import Code, Settings

SAVED = "Vos paramètres sont enregistrés."


async def test_the_page_shows_what_was_chosen(browser: httpx2.AsyncClient, mailbox: FakeMailbox) -> None:
    """Each field has its value, also one that only the API can have set."""
    mailbox.chosen = Settings(display_name="Jean <D>", refresh_seconds=45, time_zone="Pacific/Noumea")
    page = (await browser.get("/settings")).text
    assert 'value="Jean &lt;D&gt;"' in page
    assert '<option value="45" selected>' in page
    assert '<option value="Pacific/Noumea" selected>Nouméa</option>' in page
    assert "Nombre habituel (25)" in page


async def test_saving_keeps_what_has_no_field(browser: httpx2.AsyncClient, mailbox: FakeMailbox) -> None:
    """The form's fields are replaced; what Basique cannot use stays as it was."""
    mailbox.chosen = Settings(default_format="html", remote_images="never", messages_per_page=50)
    answer = await browser.post(
        "/settings",
        data={"display_name": " Jean ", "signature": "Bien à vous\r\nJ.", "messages_per_page": ""},
    )
    assert answer.headers["location"] == "/settings?notice=saved"
    assert SAVED in (await browser.get(answer.headers["location"])).text
    expected = Settings(
        default_format="html", remote_images="never", display_name="Jean", signature="Bien à vous\nJ."
    )
    assert mailbox.chosen == expected


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("display_name", "x" * 201, "Le nom tient sur une seule ligne"),
        ("signature", "x" * 2001, "La signature compte 2\u00a0000 caractères au plus"),
        ("time_zone", "Europe/Nulle_Part", "Ce fuseau horaire n’existe pas."),
        ("theme", "rose", "Ce choix n’est pas possible."),
        ("undo_delete_seconds", "81", "Ce choix n’est pas possible."),
    ],
)
async def test_a_wrong_field_is_told_beside_it(
    *, browser: httpx2.AsyncClient, mailbox: FakeMailbox, field: str, value: str, words: str
) -> None:
    """Nothing is saved, and nothing typed is lost."""
    answer = await browser.post(
        "/settings", data={"display_name": "Jean", "reply_to": "j@d.example", field: value}
    )
    assert answer.status_code == 422
    assert f'id="{field}-error">{words}' in answer.text
    assert 'value="j@d.example"' in answer.text
    assert mailbox.chosen == Settings()


async def test_what_mailbox_refuses_is_told_beside_it(
    browser: httpx2.AsyncClient, mailbox: FakeMailbox
) -> None:
    """Whether reply-to is an address, mailbox knows."""

    async def refuse(*_: object) -> Settings:
        raise problem(Code.INVALID_REQUEST, 422, errors=[{"field": "reply_to", "message": "no address"}])

    mailbox.save_settings = refuse  # type: ignore[method-assign]
    answer = await browser.post("/settings", data={"reply_to": "nulle part"})
    assert answer.status_code == 422
    assert 'id="reply_to-error">Ce n’est pas une adresse' in answer.text


async def test_a_session_that_ended_keeps_what_was_typed(browser: httpx2.AsyncClient, auth: FakeAuth) -> None:
    """The form is shown again, with a way to sign in beside it."""
    auth.sessions.clear()
    answer = await browser.post("/settings", data={"signature": "Un texte précieux"})
    assert answer.status_code == 401
    assert "Un texte précieux" in answer.text
    assert 'href="/sign-in" target="_blank"' in answer.text


async def test_pages_follow_the_choices(browser: httpx2.AsyncClient, mailbox: FakeMailbox) -> None:
    """Messages a page, time zone, theme, density, language and undo hold from the next page on."""
    mailbox.add("m3", date=datetime(2026, 1, 1, 23, 30, tzinfo=UTC))
    chosen = {"messages_per_page": "10", "time_zone": "Pacific/Noumea", "theme": "dark", "density": "compact"}
    await browser.post("/settings", data={**chosen, "undo_delete_seconds": "30"})
    page = (await browser.get("/messages")).text
    assert "vendredi 2 janvier 2026 à 10:30" in page
    assert (mailbox.asked[-1][0], *mailbox.asked[-1][2:4]) == ("page", 1, 10)
    assert '<meta name="color-scheme" content="dark">' in page
    assert "prefers-color-scheme" not in page
    assert 'media="screen"' in page, "paper has the light colours"
    assert 'class="mail horizontal compact"' in page
    await browser.post("/messages/delete", data={"uid": "m1"})
    assert mailbox.asked[-1][2].undo_seconds == 30
    await browser.post("/settings", data={"language": "en", "theme": "light"})
    page = (await browser.get("/nowhere")).text
    assert '<html lang="en">' in page
    assert "dark.css" not in page


@pytest.mark.parametrize("layout", ["vertical", "hidden", "horizontal"])
async def test_other_lays_the_preview_out(
    browser: httpx2.AsyncClient, mailbox: FakeMailbox, layout: str
) -> None:
    """« Autre » changes the layout, and keeps it with the settings."""
    answer = await browser.post("/settings/preview", data={"preview": layout})
    assert answer.headers["location"] == "/messages"
    assert mailbox.chosen.preview == layout
    page = (await browser.get("/messages?open=m1")).text
    assert f'class="mail {layout}' in page
    assert ('id="apercu"' in page) is (layout != "hidden")
    assert ('href="/messages/m1"' in page) is (layout == "hidden" or 'id="apercu"' in page)
    assert f'value="{layout}" aria-pressed="true"' in page


async def test_an_unknown_layout_is_refused(browser: httpx2.AsyncClient, mailbox: FakeMailbox) -> None:
    """Nothing is saved."""
    assert (await browser.post("/settings/preview", data={"preview": "upside-down"})).status_code == 422
    assert mailbox.chosen == Settings()


async def test_api_passes_settings_through(client: httpx2.AsyncClient, mailbox: FakeMailbox) -> None:
    """GET and PUT are mailbox's; an unknown field or value is told by its name."""
    assert (await client.get("/api/settings")).json()["theme"] == "system"
    answer = await client.put("/api/settings", json={"theme": "dark"})
    assert (answer.status_code, answer.json()["theme"]) == (200, "dark")
    assert mailbox.chosen == Settings(theme="dark")
    assert "set-cookie" not in answer.headers
    refused = await client.put("/api/settings", json={"tehme": "dark"})
    assert (refused.status_code, refused.json()["type"]) == (422, "invalid-request")
    assert refused.json()["errors"][0]["field"] == "tehme"


async def test_api_with_the_cookie_changes_the_pages(browser: httpx2.AsyncClient) -> None:
    """What a page's own call changes, the next page follows."""
    await browser.put("/api/settings", json={"theme": "dark"})
    assert '<meta name="color-scheme" content="dark">' in (await browser.get("/outbox")).text


async def test_remote_images_are_a_choice(browser: httpx2.AsyncClient, mailbox: FakeMailbox) -> None:
    """Never, on request, or for known senders; what was chosen is kept, and the pages follow it."""
    assert "Images distantes" in (await browser.get("/settings")).text
    assert (await browser.post("/settings", data={"remote_images": "never"})).status_code == 303
    assert mailbox.chosen.remote_images == "never"
    mailbox.add("m3", html="<p>", remote_images=1)
    assert "Afficher les images" not in (await browser.get("/messages/m3")).text
