"""Calls the mailbox service in a session's name, at the replica that holds its maildrop."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import quote

from aiohttp import ClientError, ClientResponse

from courriel_web.routing import hint_of_token
from courriel_web.service_client import ServiceClient, UpstreamUnavailable
from courriel_wire import (
    DeleteAccepted,
    DeleteRequest,
    DeleteResults,
    MaildropChange,
    MessageHtml,
    MessagePage,
    MessageView,
    SeenManyRequest,
    Settings,
    SettingsRequest,
    Sort,
    UndeleteRequest,
)
from gateway_service.services import Download, Downloading, MaildropChanges

CHUNK_OCTETS = 65_536


class MailboxClient:
    """The maildrop of ``gateway_service.services.Mailbox``, over HTTP."""

    def __init__(self, http: ServiceClient, transfers: ServiceClient, streams: ServiceClient) -> None:
        """Args: clients for short calls, for long downloads, and for streams, which are many at a time."""
        self._http = http
        self._transfers = transfers
        self._streams = streams

    async def page(
        self,
        token: str,
        *,
        page: int,
        per_page: int,
        sort: Sort = Sort.NEWEST_FIRST,
        q: str = "",
        refresh: bool = False,
        activity: bool = True,
    ) -> MessagePage:
        """List one page."""
        params: dict[str, str | int] = {"page": page, "per_page": per_page, "sort": sort.value}
        if q:
            params["q"] = q
        if refresh:
            params["refresh"] = 1
        if not activity:
            params["activity"] = 0
        return await self._http.model(
            MessagePage, "GET", "/messages", bearer=token, key=hint_of_token(token), params=params
        )

    async def open(self, token: str, uid: str, *, mark_seen: bool = True) -> MessageView:
        """Read one message, and mark it as seen unless nobody looks at it."""
        return await self._http.model(
            MessageView,
            "GET",
            f"/messages/{quote(uid, safe='')}",
            bearer=token,
            key=hint_of_token(token),
            params=None if mark_seen else {"mark_seen": 0},
        )

    async def mark(self, token: str, uid: str, *, seen: bool) -> None:
        """Set or clear one message's seen mark."""
        await self._http.json(
            "PUT",
            f"/messages/{quote(uid, safe='')}/seen",
            bearer=token,
            key=hint_of_token(token),
            json={"seen": seen},
        )

    async def mark_many(self, token: str, request: SeenManyRequest) -> None:
        """Set or clear the seen marks of several messages; what is gone is left out."""
        await self._http.json(
            "POST",
            "/messages/seen",
            bearer=token,
            key=hint_of_token(token),
            json=request.model_dump(mode="json"),
        )

    async def html_with_images(self, token: str, uid: str) -> str | None:
        """Return the HTML with its images from elsewhere at our addresses."""
        path = f"/messages/{quote(uid, safe='')}/html"
        answer = await self._http.json("GET", path, bearer=token, key=hint_of_token(token))
        return MessageHtml.model_validate(answer).html

    async def enclosed(self, token: str, uid: str, part: str) -> MessageView:
        """Read a message that is a part of another."""
        path = f"/messages/{quote(uid, safe='')}/parts/{quote(part, safe='')}/message"
        return MessageView.model_validate(
            await self._http.json("GET", path, bearer=token, key=hint_of_token(token))
        )

    def raw(self, token: str, uid: str) -> Downloading:
        """Stream the message as it was delivered."""
        return self._download(token, f"/messages/{quote(uid, safe='')}/raw")

    def part(self, token: str, uid: str, part: str) -> Downloading:
        """Stream one part, decoded."""
        return self._download(token, f"/messages/{quote(uid, safe='')}/parts/{quote(part, safe='')}")

    def archive(self, token: str, uid: str) -> Downloading:
        """Stream all attachments as one zip."""
        return self._download(token, f"/messages/{quote(uid, safe='')}/parts.zip")

    @asynccontextmanager
    async def inline(self, name: str) -> AsyncIterator[Download]:
        """Stream an inline image by its random name; any replica has it."""
        async with self._http.stream("GET", f"/inline/{quote(name, safe='')}") as answer:
            yield _download_of(answer)

    @asynccontextmanager
    async def _download(self, token: str, path: str) -> AsyncIterator[Download]:
        async with self._transfers.stream("GET", path, bearer=token, key=hint_of_token(token)) as answer:
            yield _download_of(answer)

    @asynccontextmanager
    async def changes(self, token: str, since: str) -> AsyncIterator[MaildropChanges]:
        """Follow what comes and goes, from the state ``since`` on; this is no activity."""
        async with self._streams.stream(
            "GET", "/changes", bearer=token, key=hint_of_token(token), params={"since": since}
        ) as answer:
            yield _changes_in(answer)

    async def delete(self, token: str, uid: str) -> DeleteResults:
        """Delete one message at once."""
        answer = await self._http.json(
            "DELETE", f"/messages/{quote(uid, safe='')}", bearer=token, key=hint_of_token(token)
        )
        return DeleteResults.model_validate(answer)

    async def delete_many(self, token: str, request: DeleteRequest) -> DeleteResults | DeleteAccepted:
        """Delete at once, or hold the deletion."""
        answer = await self._http.json(
            "POST",
            "/messages/delete",
            bearer=token,
            key=hint_of_token(token),
            json=request.model_dump(mode="json", exclude_none=True),
        )
        kind = DeleteAccepted if "undo_until" in answer else DeleteResults
        return kind.model_validate(answer)

    async def undelete(self, token: str, request: UndeleteRequest) -> None:
        """Take held deletions back."""
        await self._http.json(
            "POST",
            "/messages/undelete",
            bearer=token,
            key=hint_of_token(token),
            json=request.model_dump(mode="json"),
        )

    async def settings(self, token: str) -> Settings:
        """Return what the person chose, or the defaults."""
        answer = await self._http.json("GET", "/settings", bearer=token, key=hint_of_token(token))
        return Settings.model_validate(answer)

    async def save_settings(self, token: str, settings: SettingsRequest) -> Settings:
        """Replace all of it."""
        answer = await self._http.json(
            "PUT", "/settings", bearer=token, key=hint_of_token(token), json=settings.model_dump(mode="json")
        )
        return Settings.model_validate(answer)


async def _changes_in(answer: ClientResponse) -> AsyncIterator[MaildropChange]:
    """Read one JSON object a line; an empty one is a sign of life."""
    try:
        async for line in answer.content:
            if line.strip():
                yield MaildropChange.model_validate_json(line)
    except (ClientError, TimeoutError) as error:
        raise UpstreamUnavailable from error


def _download_of(answer: ClientResponse) -> Download:
    return Download(
        content_type=answer.headers.get("Content-Type", "application/octet-stream"),
        chunks=answer.content.iter_chunked(CHUNK_OCTETS),
        disposition=answer.headers.get("Content-Disposition"),
        length=answer.content_length,
    )
