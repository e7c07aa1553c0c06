"""What every service's settings share. Built by the entry point (``main.py``) only.

A docstring under each field is its line in docs/configuration.md.

A setting comes from the environment, or from a file of its lower-case name under /run/secrets.
"""

from pathlib import Path
from typing import Any, Literal

from pydantic_settings import BaseSettings, SettingsConfigDict

SECRETS_FOLDER = Path("/run/secrets")


class ServiceSettings(BaseSettings):
    """Frozen; unknown variables are somebody else's; an error never shows a value, which may be a secret."""

    model_config = SettingsConfigDict(
        frozen=True,
        extra="ignore",
        hide_input_in_errors=True,
        env_ignore_empty=True,
        use_attribute_docstrings=True,
    )

    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    """The least severe log lines that are written."""

    def __init__(self, **values: Any) -> None:  # noqa: ANN401 — pydantic-settings' own signature
        folder = {"_secrets_dir": SECRETS_FOLDER} if SECRETS_FOLDER.is_dir() else {}
        super().__init__(**{**folder, **values})
