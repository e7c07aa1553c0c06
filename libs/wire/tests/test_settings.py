"""Settings are checked field by field, and a person's absence of choice stays one."""

import pytest
from pydantic import ValidationError

from courriel_wire import Settings, SettingsRequest


def test_nothing_asked_is_every_default() -> None:
    """What the installation decides is no choice; undo of sending is ten seconds."""
    settings = SettingsRequest()
    assert (settings.language, settings.time_zone, settings.messages_per_page) == (None, None, None)
    assert (settings.undo_delete_seconds, settings.undo_send_seconds) == (None, 10)
    assert (settings.copy_to_self, settings.remote_images, settings.mode) == ("no", "ask", "auto")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("display_name", "Jean\nBcc: a@b.example"),
        ("display_name", "Jean\x7f"),
        ("display_name", "Jean\u202egpj"),
        ("display_name", "x" * 201),
        ("display_name", "\ud800"),
        ("signature", "x" * 2001),
        ("signature", "bell\x07"),
        ("reply_to", "a@b.example\r\nBcc: c@d.example"),
        ("reply_to", "x" * 255),
        ("copy_to_self", "always"),
        ("default_format", "rtf"),
        ("language", "de"),
        ("time_zone", "Mars/Olympus"),
        ("time_zone", "../../etc/passwd"),
        ("time_zone", ""),
        ("density", "tight"),
        ("messages_per_page", 9),
        ("messages_per_page", 201),
        ("refresh_seconds", -1),
        ("refresh_seconds", 3601),
        ("preview", "diagonal"),
        ("remote_images", "always"),
        ("theme", "pink"),
        ("mode", "fast"),
        ("undo_send_seconds", 61),
        ("undo_delete_seconds", 81),
        ("colour", "blue"),
    ],
)
def test_a_bad_value_is_told_by_its_field(field: str, value: object) -> None:
    """Only that field, and never the value, which is somebody's own."""
    with pytest.raises(ValidationError) as refused:
        SettingsRequest.model_validate({field: value})
    assert [error["loc"] for error in refused.value.errors()] == [(field,)]
    assert "input_value" not in str(refused.value)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("display_name", "Jean-François d’Été 👩\u200d💻"),
        ("signature", "Jean\n\tBureau 12\n"),
        ("time_zone", "Indian/Reunion"),
        ("undo_delete_seconds", 0),
    ],
)
def test_a_good_value_is_kept(field: str, value: object) -> None:
    """Accents, emoji, tabs and line ends are no harm."""
    assert getattr(SettingsRequest.model_validate({field: value}), field) == value


def test_a_signature_is_counted_as_a_browser_counts_it() -> None:
    """A form sends CRLF, which its own limit counts as one character."""
    assert SettingsRequest(signature="\r\n" * 2000).signature == "\n" * 2000


def test_an_answer_of_a_newer_service_is_read() -> None:
    """A field this version does not know is left aside."""
    assert Settings.model_validate({"theme": "dark", "colour": "blue"}).theme == "dark"
