"""The mailbox service before a POP3 server that misbehaves, and what lies in its maildrop."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.integration.mailbox_on_pop3 import Service, serving
from tests.integration.misbehaving_pop3 import CAPABLE, Mail, Misbehaving

SOON_SECONDS = 6.0
"""Several time-outs of a reply (0.4 s) in a row."""


def letter(name: str, body: bytes = b"Bonjour") -> bytes:
    """Write a message; letters of names of one length have one size."""
    return b"From: a@b.example\r\nSubject: %s\r\n\r\n%s %s\r\n" % (name.encode(), body, name.encode())


def without(*capabilities: str) -> tuple[str, ...]:
    """Return what a good server announces, but for these."""
    return tuple(each for each in CAPABLE if each not in capabilities)


def maildrop(*names: str) -> list[Mail]:
    """Make messages of one size."""
    return [Mail(b"uidl-" + name.encode(), letter(name)) for name in names or ("1", "2", "3")]


@asynccontextmanager
async def signed_in(bad: Misbehaving) -> AsyncIterator[Service]:
    """Run the service, and sign in."""
    async with bad.listening() as server, serving(server, seconds=SOON_SECONDS) as service:
        assert (await service.sign_in()).status_code == 204
        yield service
