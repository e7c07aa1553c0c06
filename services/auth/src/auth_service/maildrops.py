"""The maildrops as auth needs them: prove a password and keep what it opened; close it. How is mailbox's."""

from typing import Protocol

from pydantic import SecretStr


class Maildrops(Protocol):
    """Opens and closes maildrops for sessions."""

    async def open(
        self, mailbox: str, sid: str, password: SecretStr, cache_key: SecretStr, client_address: str
    ) -> None:
        """Prove ``password``, and keep the maildrop open for the session ``sid``.

        ``cache_key`` opens what is cached of the mailbox.

        Raises LoginRefused, MaildropBusy, MailServerUnavailable or MaildropsUnavailable.
        """
        ...

    async def close(self, mailbox: str, sid: str) -> None:
        """Carry out what the session held back, and let go of its maildrop.

        Within a few seconds, and without raising: a maildrop that cannot be closed must not keep anybody from
        signing out, and lets go by itself soon after.
        """
        ...
