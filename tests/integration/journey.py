"""One person's visit, from sign-in to sign-out, through the public API; what was seen on the way is kept.

It asserts nothing: tests judge the record.
"""

import secrets
from dataclasses import dataclass, field
from email.message import EmailMessage
from typing import Any

from tests.integration.api_client import Answer, ApiClient
from tests.integration.real_mail import arrived, letter, maildrop, send_in
from tests.integration.stack import DOMAIN, Stack
from tests.integration.waiting import eventually

FINAL = ("sent", "failed", "cancelled")


@dataclass
class Journey:
    """What happened; ``answers`` by step, ``marker`` is a word that stands in the mail and nowhere else."""

    person: str
    colleague: str
    marker: str = field(default_factory=lambda: f"mot{secrets.token_hex(8)}")
    attachment: bytes = field(default_factory=lambda: secrets.token_bytes(100_000))
    token: str = ""
    answers: dict[str, Answer] = field(default_factory=dict)
    outbox_entry: Any = None
    delivered: EmailMessage | None = None
    left_in_maildrop: list[EmailMessage] = field(default_factory=list)

    @property
    def subject_in(self) -> str:
        """The subject of the message that waits in the maildrop."""
        return f"Réunion d’été {self.marker}"

    @property
    def subject_out(self) -> str:
        """The subject of the message that is sent."""
        return f"Compte rendu {self.marker}"


def travel(stack: Stack, person: str, colleague: str) -> Journey:
    """Receive, sign in, list, open, send with an attachment, delete, sign out."""
    journey = Journey(person, colleague)
    incoming = letter(colleague, person, journey.subject_in, f"Bonjour, {journey.marker} à 14 h.\n")
    incoming.add_attachment(journey.attachment, maintype="application", subtype="pdf", filename="été.pdf")
    send_in(stack, incoming)
    arrived(stack, person, journey.subject_in)
    host, port = stack.address("gateway")
    with ApiClient(f"http://{host}:{port}") as client:
        journey.answers["sign in"] = client.sign_in(person, stack.passwords[person])
        journey.token = client.token
        _read(journey, client)
        _send(journey, client)
        journey.delivered = arrived(stack, colleague, journey.subject_out)
        uid = _uid(journey)
        journey.answers["delete"] = client.call("DELETE", f"/api/messages/{uid}")
        journey.left_in_maildrop = maildrop(stack, person)
        journey.answers["sign out"] = client.call("DELETE", "/api/session")
        journey.answers["after sign-out"] = client.call("GET", "/api/messages")
    return journey


def _read(journey: Journey, client: ApiClient) -> None:
    journey.answers["list"] = client.call("GET", "/api/messages")
    uid = _uid(journey)
    journey.answers["open"] = client.call("GET", f"/api/messages/{uid}")
    journey.answers["raw"] = client.call("GET", f"/api/messages/{uid}/raw")
    part = next(each["id"] for each in journey.answers["open"].json["parts"] if each["filename"] == "été.pdf")
    journey.answers["part"] = client.call("GET", f"/api/messages/{uid}/parts/{part}")


def _send(journey: Journey, client: ApiClient) -> None:
    attachment = ("notes.bin", journey.attachment, "application/octet-stream")
    journey.answers["upload"] = client.call("POST", "/api/uploads", fields={"file": attachment})
    message = {
        "to": [f"{journey.colleague}@{DOMAIN}"],
        "subject": journey.subject_out,
        "text": f"Voici {journey.marker}.",
        "attachments": [{"upload": journey.answers["upload"].json["id"]}],
    }
    journey.answers["send"] = client.call("POST", "/api/outbox", json=message)
    entry = journey.answers["send"].json["id"]

    def finished() -> Any:
        entry_now = client.call("GET", f"/api/outbox/{entry}").json
        return entry_now if entry_now["state"] in FINAL else None

    journey.outbox_entry = eventually("the message is sent or has failed", finished)


def _uid(journey: Journey) -> str:
    """Return the uid of the message that the journey is about."""
    messages = journey.answers["list"].json["messages"]
    return str(next(each["uid"] for each in messages if each["subject"] == journey.subject_in))
