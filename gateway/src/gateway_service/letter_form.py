"""Reads the writing page's form: fields into a Letter, files straight into uploads at sender."""

import hashlib
import json
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol, TypeVar

from fastapi import Request
from pydantic import ValidationError

from courriel_web.service_client import UpstreamProblem
from courriel_wire import Priority, Problem, Upload
from gateway_service.dispositions import attachment
from gateway_service.letters import RECIPIENT_FIELDS, Letter, Occasion
from gateway_service.multipart import Body, File, read_form
from gateway_service.services import Sender
from gateway_service.submissions import MAX_ATTACHMENTS, digest_of

MAX_ENTRIES = 100
_Choice = TypeVar("_Choice", bound=StrEnum)


@dataclass(frozen=True)
class FormError:
    """What is wrong with ``field``: a msgid of ``words``, what it is about (as typed), its limit."""

    field: str
    words: str
    about: str = ""
    limit: int = 0


@dataclass(frozen=True)
class Picking:
    """What the directory's page asks for a letter: whom it ticked for ``field``, and what it searches."""

    field: str
    ticked: tuple[str, ...]
    text: str
    kind: str


@dataclass
class SentForm:
    """The letter as typed, the button that was pressed, and the files that sender refused.

    ``digest`` is of all that was typed and joined: the same page sent twice has the same one, though its
    files became other uploads. ``entries`` are those of the outbox that the page is about.
    """

    letter: Letter
    digest: str
    picking: Picking
    action: str = ""
    entries: tuple[str, ...] = ()
    refused: list[tuple[str, Problem]] = field(default_factory=list)


async def read_letter(request: Request, sender: Sender, token: str | None) -> SentForm:
    """Read the form; without a ``token`` files are left aside, so that at least the text is kept.

    Raises MalformedForm; a problem of sender with one file is noted and the rest is read.
    """
    values: dict[str, list[str]] = {}
    uploads: list[Upload] = []
    contents: list[tuple[str, str]] = []
    refused: list[tuple[str, Problem]] = []
    async for item in read_form(request.headers.get("content-type", ""), Body(request.receive)):
        if not isinstance(item, File):
            values.setdefault(item.name, []).append(item.value)
        elif item.filename and token:
            content = hashlib.sha256()
            try:
                uploads.append(await _upload(sender, token, item, content))
                contents.append((item.filename, content.hexdigest()))
            except UpstreamProblem as error:
                refused.append((item.filename, error.problem))
    kept = _uploads(values.get("attachment", []))
    return SentForm(
        _letter(values, (*kept, *uploads)),
        digest=digest_of(json.dumps([sorted(values.items()), contents])),
        picking=Picking(
            field=recipient_field(_first(values, "field")),
            ticked=tuple(filter(None, values.get("pick", [])[:MAX_ENTRIES])),
            text=_first(values, "q"),
            kind=_first(values, "kind"),
        ),
        action=_first(values, "action"),
        entries=tuple(values.get("entry", [])[:MAX_ENTRIES]),
        refused=refused,
    )


def recipient_field(name: str) -> str:
    """Return the address field of this name, "to" where there is none."""
    return name if name in RECIPIENT_FIELDS else "to"


class _Hash(Protocol):
    def update(self, data: bytes, /) -> None: ...


async def _upload(sender: Sender, token: str, file: File, content: _Hash) -> Upload:
    return await sender.upload(
        token,
        disposition=attachment(file.filename),
        content_type=file.content_type,
        chunks=_hashed(file.chunks, content),
    )


async def _hashed(chunks: AsyncIterator[bytes], content: _Hash) -> AsyncIterator[bytes]:
    async for chunk in chunks:
        content.update(chunk)
        yield chunk


def _uploads(values: Sequence[str]) -> tuple[Upload, ...]:
    """Read the files that were uploaded before, as the page gave them out; what is no upload is left out."""
    found = []
    for value in values[:MAX_ATTACHMENTS]:
        try:
            found.append(Upload.model_validate_json(value))
        except ValidationError:
            continue
    return tuple(found)


def _letter(values: dict[str, list[str]], uploads: tuple[Upload, ...]) -> Letter:
    letter = Letter(
        to=_first(values, "to"),
        cc=_first(values, "cc"),
        bcc=_first(values, "bcc"),
        subject=_first(values, "subject"),
        text=_first(values, "text").replace("\r\n", "\n"),
        priority=_choice(Priority, _first(values, "priority"), Priority.NORMAL),
        request_receipt="receipt" in values,
        occasion=_choice(Occasion, _first(values, "occasion"), Occasion.NEW),
        uploads=uploads,
        in_reply_to=_first(values, "in_reply_to") or None,
        references=tuple(values.get("reference", ())),
    )
    if key := _first(values, "key")[:100]:
        letter.key = key
    letter.separate_by_commas()
    return letter


def _choice(choices: type[_Choice], value: str, default: _Choice) -> _Choice:
    try:
        return choices(value)
    except ValueError:
        return default


def _first(values: dict[str, list[str]], name: str) -> str:
    return values.get(name, [""])[0]
