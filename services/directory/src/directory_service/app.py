"""The only wiring of the directory: settings and adapters in, FastAPI application out."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import cast

from fastapi import FastAPI

from courriel_web.problems import Failure
from courriel_web.service_app import build_service_app
from courriel_web.service_client import ServiceClient
from courriel_wire import Code
from directory_service.auth_client import AuthClient, SessionEnded
from directory_service.errors import DirectoryUnavailable
from directory_service.people import People
from directory_service.people_ldif import read_people
from directory_service.routes import directory_router, signed_in
from directory_service.settings import Settings

FAILURES: Mapping[type[Exception], Failure] = {
    SessionEnded: Failure(401, Code.SESSION_ENDED, "The session has ended", members=("reason",)),
    DirectoryUnavailable: Failure(
        503, Code.SERVICE_UNAVAILABLE, "The directory does not answer", retry_after=10
    ),
}


def create_app(
    settings: Settings, *, people: People | None = None, auth: AuthClient | None = None
) -> FastAPI:
    """Make the application; adapters that are not given are the real ones. Raises OSError."""
    people = people or _people(settings)
    auth_service = ServiceClient(
        settings.auth_url, name="directory", secret=settings.directory_secret, timeout_seconds=10.0
    )

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        async with auth_service, people.kept():
            yield

    app = build_service_app(
        "Courriel léger: directory",
        version="0.1.0",
        failures=FAILURES,
        checks={"directory": people.check},
        lifespan=lifespan,
    )
    app.include_router(directory_router(people, signed_in(auth or AuthClient(auth_service))))
    return app


def _people(settings: Settings) -> People:
    if settings.directory_ldap_url is None:
        return read_people(cast("Path", settings.directory_ldif_file), settings.attribute_map())
    from directory_service.people_ldap import LdapPeople  # noqa: PLC0415 — needs the optional ldap.txt

    return LdapPeople(
        settings.ldap_server(),
        settings.attribute_map(),
        refresh_seconds=settings.directory_ldap_refresh_seconds,
    )
