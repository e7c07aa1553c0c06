"""The providers' OpenAPI documents as committed; `make docs` writes them anew.

A change here is a change of contract: reviewers see it as a diff, and it must be additive.
"""

import base64
import json
from pathlib import Path
from typing import Any

import auth_service.app
import auth_service.settings
import courriel_demo.parts
import directory_service.app
import directory_service.settings
import gateway_service.app
import gateway_service.settings
import mailbox_service.app
import mailbox_service.settings
import sender_service.app
import sender_service.settings

FOLDER = Path(__file__).parent / "snapshots"
KEYS = "k1:" + base64.urlsafe_b64encode(bytes(range(32))).decode()
REDIS = "redis://127.0.0.1:1"
PEOPLE = Path(courriel_demo.parts.__file__).with_name("people.ldif")
SECRETS = {
    f"{name}_secret": f"{name} secret of the snapshots"
    for name in ("gateway", "auth", "mailbox", "sender", "directory")
}
URLS = {f"{name}_url": f"http://{name}:8000" for name in ("auth", "mailbox", "sender", "directory")}
SETTINGS: dict[str, Any] = {
    **SECRETS,
    **URLS,
    "redis_state_url": REDIS,
    "redis_cache_url": REDIS,
    "mail_domain": "demo.example",
    "pop3_url": "pop3s://pop.example",
    "smtp_url": "smtps://relay.example",
    "auth_keys": KEYS,
    "mailbox_keys": KEYS,
    "sender_keys": KEYS,
    "directory_ldif_file": PEOPLE,
    "public_url": "https://mail.example",
}
PROVIDERS = {
    "auth": (auth_service.app.create_app, auth_service.settings.Settings),
    "mailbox": (mailbox_service.app.create_app, mailbox_service.settings.Settings),
    "sender": (sender_service.app.create_app, sender_service.settings.Settings),
    "directory": (directory_service.app.create_app, directory_service.settings.Settings),
    "gateway": (gateway_service.app.create_app, gateway_service.settings.Settings),
}


def document(provider: str) -> str:
    """Return the provider's OpenAPI document as indented JSON; nothing is connected to."""
    create_app, settings = PROVIDERS[provider]
    openapi: dict[str, Any] = create_app(settings(**SETTINGS)).openapi()  # type: ignore[operator]
    return json.dumps(openapi, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


if __name__ == "__main__":
    for name in PROVIDERS:
        (FOLDER / f"{name}.json").write_text(document(name))
