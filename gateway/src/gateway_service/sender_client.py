"""Calls the sender service in a session's name."""

from collections.abc import AsyncIterator
from urllib.parse import quote

from courriel_web.service_client import ServiceClient
from courriel_wire import OutboxEntry, OutboxPage, SendingLimits, Submission, Upload


class SenderClient:
    """The outbound mail of ``gateway_service.services.Sender``, over HTTP."""

    def __init__(self, http: ServiceClient, transfers: ServiceClient) -> None:
        """Args: a client for short calls, and one whose time-out suits long uploads."""
        self._http = http
        self._transfers = transfers

    async def upload(
        self, token: str, *, disposition: str, content_type: str, chunks: AsyncIterator[bytes]
    ) -> Upload:
        """Stream one attachment to where it waits."""
        answer = await self._transfers.json(
            "POST",
            "/uploads",
            bearer=token,
            headers={"Content-Type": content_type, "Content-Disposition": disposition},
            data=chunks,
        )
        return Upload.model_validate(answer)

    async def remove_upload(self, token: str, upload: str) -> None:
        """Forget an attachment that waits."""
        await self._http.json("DELETE", f"/uploads/{quote(upload, safe='')}", bearer=token)

    async def submit(self, token: str, submission: Submission, key: str | None, digest: str) -> OutboxEntry:
        """Hand a message over; ``key`` is the idempotency key, ``digest`` is of what the person asked."""
        answer = await self._http.json(
            "POST",
            "/outbox",
            bearer=token,
            headers={} if key is None else {"Idempotency-Key": key, "Idempotency-Digest": digest},
            json=submission.model_dump(mode="json"),
        )
        return OutboxEntry.model_validate(answer)

    async def limits(self, token: str) -> SendingLimits:
        """Tell what may be sent, and how much of it is left."""
        return SendingLimits.model_validate(await self._http.json("GET", "/limits", bearer=token))

    async def outbox(self, token: str) -> OutboxPage:
        """List what was sent lately."""
        return OutboxPage.model_validate(await self._http.json("GET", "/outbox", bearer=token))

    async def outbox_entry(self, token: str, entry: str) -> OutboxEntry:
        """Tell what became of one message."""
        path = f"/outbox/{quote(entry, safe='')}"
        return OutboxEntry.model_validate(await self._http.json("GET", path, bearer=token))

    async def cancel(self, token: str, entry: str) -> None:
        """Take a message back while it is held."""
        await self._http.json("DELETE", f"/outbox/{quote(entry, safe='')}", bearer=token)

    async def acknowledge(self, token: str, entry: str) -> None:
        """Note that a failure was seen which could not be reported by mail."""
        await self._http.json("PUT", f"/outbox/{quote(entry, safe='')}/seen", bearer=token)
