"""Writes docs/configuration.md from the services' settings classes (`make docs`); a test holds it current."""

import importlib
from pathlib import Path

from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

SERVICES = ("auth", "mailbox", "sender", "directory", "gateway")
TARGET = Path(__file__).parent / "configuration.md"
OPENING = """\
# Configuration

Every setting comes from the environment, or from a file of its lower-case name under `/run/secrets` (one
value a file). Passwords and keys belong into such files. A wrong value stops the service at its start with a
message that names the setting and never shows the value.

This file is written by `make docs` from the settings classes; a test holds it current.
"""


def configuration() -> str:
    """Return the text of docs/configuration.md."""
    return "\n".join([OPENING, *(_section(service) for service in SERVICES)])


def _section(service: str) -> str:
    settings = importlib.import_module(f"{service}_service.settings").Settings
    rows = [_row(name, field) for name, field in settings.model_fields.items()]
    return "\n".join(
        [f"## {service}", "", "| setting | default | what it does |", "|---|---|---|", *rows, ""]
    )


def _row(name: str, field: FieldInfo) -> str:
    variable = (field.alias or name).upper()
    description = " ".join((field.description or "").split())
    return f"| `{variable}` | {_default(field)} | {description} |"


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "**required**"
    value = field.get_default(call_default_factory=False)
    if value is None or value is PydanticUndefined or value in ("", (), []):
        return ""
    return f"`{value}`"


if __name__ == "__main__":
    TARGET.write_text(configuration())
