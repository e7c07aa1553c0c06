"""The maildrop over POP3: courriel_pop3 in the domain's terms. It decides nothing, and retries nothing."""

import contextlib
import hashlib
from collections.abc import Iterator, Mapping, Sequence

from courriel_pop3 import (
    AuthenticationRefused,
    InvalidCommand,
    LoginDelay,
    MaildropInUse,
    Pop3Client,
    Pop3Error,
    ReplyError,
    Server,
    TooLarge,
    connect,
)
from mailbox_service.connections import Login
from mailbox_service.errors import (
    CommandRefused,
    HeaderTooLarge,
    LoginRefused,
    MaildropBusy,
    MailServerUnavailable,
    MessageTooLarge,
)
from mailbox_service.snapshots import Entry


class Pop3Maildrops:
    """Opens maildrops on one server; ``open`` is the domain's OpenMaildrop."""

    def __init__(self, server: Server) -> None:
        self._server = server

    async def open(self, login: Login) -> "Pop3Maildrop":
        """Connect and log in. Raises LoginRefused, MaildropBusy or MailServerUnavailable."""
        try:
            client = await connect(self._server)
        except (MaildropInUse, LoginDelay) as error:
            raise MaildropBusy from error
        except Pop3Error as error:
            raise MailServerUnavailable from error
        try:
            await client.login(login.username, login.password)
        except (MaildropInUse, LoginDelay) as error:
            client.close()
            raise MaildropBusy from error
        except (AuthenticationRefused, InvalidCommand) as error:
            client.close()
            raise LoginRefused from error
        except Pop3Error as error:
            client.close()
            raise MailServerUnavailable from error
        except BaseException:
            client.close()
            raise
        return Pop3Maildrop(client)


class Pop3Maildrop:
    """A Maildrop on a POP3 connection."""

    def __init__(self, client: Pop3Client) -> None:
        self._client = client

    async def listing(self) -> list[Entry]:
        """UIDL and LIST in one flight; without UIDL, a digest of each header stands for it."""
        with _translated():
            entries = await self._client.listing()
            nameless = [entry.number for entry in entries if entry.uidl is None]
            names = {
                number: f"sha256-{hashlib.sha256(header).hexdigest()[:32]}"
                for number, header in (await self._headers(nameless)).items()
            }
        return [
            Entry(entry.number, entry.size, entry.uidl or names.get(entry.number, f"size-{entry.size}"))
            for entry in entries
        ]

    async def headers(self, numbers: Sequence[int]) -> Mapping[int, bytes]:
        """TOP n 0 of each, pipelined."""
        try:
            with _translated():
                return await self._headers(numbers)
        except MailServerUnavailable as error:
            if isinstance(error.__cause__, TooLarge) and error.__cause__.number is not None:
                raise HeaderTooLarge(error.__cause__.number) from error
            raise

    async def retrieve(self, number: int) -> bytes:
        """RETR."""
        try:
            with _translated():
                return await self._client.retr(number)
        except MailServerUnavailable as error:
            if isinstance(error.__cause__, TooLarge):
                raise MessageTooLarge(error.__cause__.limit) from error
            raise

    async def delete(self, numbers: Sequence[int]) -> frozenset[int]:
        """DELE of each, pipelined."""
        with _translated():
            outcomes = await self._client.deletes(numbers)
        return frozenset(number for number, refusal in outcomes if refusal is not None)

    async def quit(self) -> None:
        """QUIT, and its answer."""
        with _translated():
            await self._client.quit()

    def close(self) -> None:
        """Drop the connection."""
        self._client.close()

    async def _headers(self, numbers: Sequence[int]) -> dict[int, bytes]:
        tops = self._client.tops(numbers, 0)
        return {number: header async for number, header in tops if isinstance(header, bytes)}


@contextlib.contextmanager
def _translated() -> Iterator[None]:
    """Turn the library's errors into the domain's."""
    try:
        yield
    except ReplyError as error:
        raise CommandRefused from error
    except Pop3Error as error:
        raise MailServerUnavailable from error
