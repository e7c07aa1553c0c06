"""The directory from an LDAP server: copied into memory, and copied anew now and then (ADR 0009).

A search asks the copy and never the server, so that no typed text reaches a filter, and answers are the same
as over a file. What is copied is a page at a time (RFC 2696), in a thread of its own.
"""

import asyncio
import contextlib
import random
import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import bonsai
import structlog

from directory_service.attributes import AttributeMap
from directory_service.errors import DirectoryUnavailable
from directory_service.ldap_server import LdapServer, Tls
from directory_service.people import Found, Query
from directory_service.people_memory import MemoryPeople, Reading

PAGE_ENTRIES = 500
RETRY_SECONDS = 15.0
"""After a copy that failed."""
log = structlog.get_logger(__name__)


class LdapPeople:
    """`People` of an LDAP server; `refresh_seconds` is how old the copy grows while the server answers."""

    def __init__(self, server: LdapServer, attribute_map: AttributeMap, *, refresh_seconds: float) -> None:
        self._server = server
        self._map = attribute_map
        self._refresh_seconds = refresh_seconds
        self._copy: MemoryPeople | None = None
        self._read_at = 0.0
        self._stopped = threading.Event()

    async def search(self, query: Query) -> Found:
        """Find the best entries of the copy. Raises DirectoryUnavailable while there is none."""
        return await self._people().search(query)

    async def check(self) -> None:
        """Return where there is a copy to answer from. Raises DirectoryUnavailable."""
        self._people()

    @asynccontextmanager
    async def kept(self) -> AsyncIterator[None]:
        """Copy the directory now and then. A server that fails leaves the copy as it is."""
        keeping = asyncio.create_task(self._keep())
        try:
            yield
        finally:
            self._stopped.set()  # a thread cannot be cancelled
            keeping.cancel()
            await asyncio.wait([keeping])

    async def _keep(self) -> None:
        jitter = random.Random()  # noqa: S311 — spreads the replicas' readings, guards nothing
        while True:
            read = await self.read()
            pause = self._refresh_seconds if read else min(RETRY_SECONDS, self._refresh_seconds)
            await asyncio.sleep(pause * jitter.uniform(0.9, 1.0))

    async def read(self) -> bool:
        """Copy the directory now; return whether that went well."""
        started = time.monotonic()
        try:
            self._copy = await asyncio.to_thread(_copy, self._server, self._map, self._stopped)
        except (bonsai.LDAPError, OSError) as error:
            age = round(started - self._read_at) if self._copy else None
            # the error's own text may quote what the server said of our account
            log.warning("directory not read", error=type(error).__name__, copy_age_seconds=age)
            return False
        self._read_at = time.monotonic()
        return True

    def _people(self) -> MemoryPeople:
        if self._copy is None:
            raise DirectoryUnavailable
        return self._copy


def _copy(server: LdapServer, attribute_map: AttributeMap, stopped: threading.Event) -> MemoryPeople:
    """Read everything. Where the server's size limit for our account is lower, the copy is not complete."""
    reading = Reading(attribute_map)
    complete = True
    wanted = attribute_map.attributes()
    with contextlib.closing(_connect(server, wanted)) as connection:
        for base in server.bases:
            try:
                for record in _search(connection, server, base, wanted):
                    if stopped.is_set():
                        raise InterruptedError
                    reading.take({name.lower(): values for name, values in record.items() if name != "dn"})
            except bonsai.errors.SizeLimitError:
                complete = False
    return reading.people(complete=complete)


def _connect(server: LdapServer, attributes: list[str]) -> Any:  # noqa: ANN401 — bonsai types it loosely
    client = bonsai.LDAPClient(server.url, server.tls is Tls.STARTTLS)
    if server.bind_dn:
        client.set_credentials("SIMPLE", user=server.bind_dn, password=server.password)
    if server.ca_file:
        client.set_ca_cert(str(server.ca_file))
    client.set_cert_policy("demand")
    client.set_server_chase_referrals(False)
    client.set_ignore_referrals(True)
    client.set_raw_attributes(attributes)
    return client.connect(timeout=server.seconds)


def _search(connection: Any, server: LdapServer, base: str, attributes: list[str]) -> Iterator[Any]:  # noqa: ANN401
    """Yield the records below ``base``, page after page."""
    found: Iterator[Any] = connection.paged_search(
        base,
        bonsai.LDAPSearchScope.SUBTREE,
        server.record_filter,
        attributes,
        timeout=server.seconds,
        page_size=PAGE_ENTRIES,
    )
    return found
