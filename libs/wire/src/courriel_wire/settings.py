"""A mailbox's settings (« Paramètres »): what a person chose, kept per mailbox.

``None`` means "no choice": the installation's own setting counts then, and goes on counting when operators
change it. Everything else has its default here. Whether ``reply_to`` is an address is checked by the mailbox
service, which knows addresses.
"""

from functools import cache
from typing import Annotated, Literal
from zoneinfo import available_timezones

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field

from courriel_wire.model import Answer, Request

ONE_LINE = r"^[^\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]*$"
"""Neither control characters nor line ends, nor what turns the direction of the text around it."""
LINES = r"^[^\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]*$"
"""The same, with tabs and line ends."""
MAX_SIGNATURE = 2000
"""Characters; a line end counts as one."""


@cache
def _time_zones() -> frozenset[str]:
    return frozenset(available_timezones())


def _time_zone(name: str) -> str:
    if name not in _time_zones():
        raise ValueError("a time zone of the IANA database is needed, such as Europe/Paris")
    return name


def _line_ends(text: object) -> object:
    """Make a form's CRLF a line feed: browsers count a line end as one character."""
    return text.replace("\r\n", "\n").replace("\r", "\n") if isinstance(text, str) else text


class Settings(Answer):
    """``GET /api/settings``. Sizes in characters, times in seconds."""

    display_name: Annotated[str, Field(max_length=200, pattern=ONE_LINE)] = ""
    """Name beside the address in From; empty: the directory's."""
    signature: Annotated[str, BeforeValidator(_line_ends), Field(max_length=MAX_SIGNATURE, pattern=LINES)] = (
        ""
    )
    reply_to: Annotated[str, Field(max_length=254, pattern=ONE_LINE)] = ""
    """An address without a name, or empty."""
    copy_to_self: Literal["no", "cc", "bcc"] = "no"
    default_format: Literal["text", "html"] = "text"
    language: Literal["fr", "en"] | None = None
    time_zone: Annotated[str, AfterValidator(_time_zone)] | None = None
    """A name of the IANA database."""
    density: Literal["comfortable", "compact"] = "comfortable"
    messages_per_page: Annotated[int, Field(ge=10, le=200)] | None = None
    refresh_seconds: Annotated[int, Field(ge=0, le=3600)] = 0
    """How often a page of the list asks anew by itself; 0: never."""
    preview: Literal["horizontal", "vertical", "hidden"] = "horizontal"
    remote_images: Literal["never", "ask", "known"] = "ask"
    theme: Literal["system", "light", "dark"] = "system"
    mode: Literal["auto", "basic", "dynamic", "mobile", "light"] = "auto"
    undo_send_seconds: Annotated[int, Field(ge=0, le=60)] = 10
    undo_delete_seconds: Annotated[int, Field(ge=0, le=80)] | None = None
    """How long a page's deletion is held; None: MAILBOX_DELETE_HOLD_SECONDS (8 unless configured)."""


class SettingsRequest(Request, Settings):
    """``PUT /api/settings``: the whole of them; what is left out gets its default."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)
