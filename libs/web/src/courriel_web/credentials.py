"""Who calls: a service (HTTP Basic, RFC 7617) or a session (bearer token, RFC 6750).

Whether a bearer token is worth anything is auth's to say, not this module's.
"""

import hmac
import re
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import Annotated

import structlog
from fastapi import Depends, HTTPException, Request
from fastapi.security import HTTPBasic, HTTPBasicCredentials
from pydantic import SecretStr
from starlette.requests import HTTPConnection

from courriel_web.problems import BadBearer, Failure
from courriel_wire import Code

_TOKEN = re.compile(r"[A-Za-z0-9._~+/=-]{1,256}")
_BASIC = re.compile(r"basic +[A-Za-z0-9+/]{1,512}={0,2}", re.IGNORECASE)
log = structlog.get_logger(__name__)


class ServiceCredentialRefused(Exception):
    """The caller is no service that may call this."""


class _ServiceBasic(HTTPBasic):
    """HTTP Basic that leaves every refusal, of a malformed header too, to ``service_caller``."""

    async def __call__(  # type: ignore[override]  # as FastAPI's own HTTPBasic narrows its parent
        self, request: HTTPConnection
    ) -> HTTPBasicCredentials | None:
        """Read the credential, or None."""
        with suppress(HTTPException):
            return await super().__call__(request)
        return None


_basic = _ServiceBasic(auto_error=False, description="A service's name and secret", scheme_name="service")
CREDENTIAL_FAILURES: Mapping[type[Exception], Failure] = {
    ServiceCredentialRefused: Failure(
        403, Code.SERVICE_CREDENTIAL_REFUSED, "This call needs another service's credential"
    ),
}


def service_caller(accepted: Mapping[str, SecretStr]) -> Callable[..., Awaitable[str]]:
    """Make a dependency that returns the calling service's name; ``accepted`` maps names to secrets.

    Raises ServiceCredentialRefused for anybody else, in the same time whatever is wrong.
    """

    async def caller(given: Annotated[HTTPBasicCredentials | None, Depends(_basic)]) -> str:
        name, secret = (given.username, given.password) if given else ("", "")
        expected = accepted.get(name)
        # An unknown name costs a comparison too, and is refused whatever comes out of it.
        reference = expected.get_secret_value() if expected else ""
        matches = hmac.compare_digest(secret.encode(), reference.encode())
        if expected is None or not matches:
            # An unknown name may be a secret in the wrong field: it is not told.
            log.warning("service credential refused", caller=name if expected else "unknown")
            raise ServiceCredentialRefused
        return name

    return caller


def could_be_token(text: str) -> bool:
    """Tell whether ``text`` has the form of a bearer token (RFC 6750 section 2.1), 256 characters at most.

    What has not must not be sent on in a header.
    """
    return _TOKEN.fullmatch(text) is not None


def bearer_token(request: Request) -> str:
    """Return the request's bearer token (RFC 6750 section 2.1; never from the URL).

    Raises BadBearer where there is none.
    """
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not could_be_token(token):
        raise BadBearer
    return token


def basic_credential(request: Request) -> str:
    """Return the request's ``Authorization`` of HTTP Basic as it stands, for the service that can check it.

    Raises ServiceCredentialRefused where there is none, or none that should be sent on in a header.
    """
    given = request.headers.get("Authorization", "")
    if not _BASIC.fullmatch(given):
        raise ServiceCredentialRefused
    return given
