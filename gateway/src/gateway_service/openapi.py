"""The public API's description (OpenAPI 3.1): problems under their media type, and how to prove who calls."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from courriel_web.problems import PROBLEM_JSON
from courriel_wire import Code, Problem
from gateway_service.browser_session import cookie_name
from gateway_service.settings import Settings

DESCRIPTION = """
Courriel léger shows what waits in a POP maildrop at this moment; it keeps no folders.

Sign in with `POST /api/session`, and send the token as `Authorization: Bearer …`. A browser's cookie works
too; then a call that changes something must come from our own origin (`Sec-Fetch-Site` or `Origin`). Errors
are problem details (RFC 9457) with a stable `type`.
`/api/locks` is for other webmails, each by its own secret.
""".strip()
SCHEMES = {
    "bearer": {
        "type": "http",
        "scheme": "bearer",
        "description": "The `access_token` of `POST /api/session`.",
    },
    "webmail": {
        "type": "http",
        "scheme": "basic",
        "description": "Another webmail's name and secret, as `AUTH_LOCK_CLIENTS` has them.",
    },
}
SECURED: dict[str, Any] = {"security": [{"bearer": []}, {"cookie": []}]}
FOR_WEBMAILS: dict[str, Any] = {"security": [{"webmail": []}]}
OPEN: dict[str, Any] = {"security": []}
_PROBLEM_SCHEMA = {"$ref": "#/components/schemas/Problem"}


def problems(*codes: Code) -> dict[int | str, dict[str, Any]]:
    """Describe the problems that a call may answer, grouped by their status."""
    grouped: dict[int, list[Code]] = {}
    for code in codes:
        grouped.setdefault(STATUSES[code], []).append(code)
    return {
        status: {
            "model": Problem,
            "description": " or ".join(f"`{code}`" for code in of_status),
        }
        for status, of_status in sorted(grouped.items())
    }


STATUSES = {
    Code.LOGIN_REFUSED: 401,
    Code.SIGN_IN_REQUIRED: 401,
    Code.SESSION_ENDED: 401,
    Code.CROSS_SITE_REQUEST: 403,
    Code.SERVICE_CREDENTIAL_REFUSED: 403,
    Code.NOT_LOCKED: 404,
    Code.UNKNOWN_MESSAGE: 404,
    Code.UNKNOWN_PART: 404,
    Code.MESSAGE_UNREADABLE: 422,
    Code.UNKNOWN_UPLOAD: 404,
    Code.UNKNOWN_OUTBOX_ENTRY: 404,
    Code.MAILBOX_IN_USE: 409,
    Code.NOT_CANCELLABLE: 409,
    Code.IDEMPOTENCY_KEY_REUSED: 409,
    Code.REQUEST_TOO_LARGE: 413,
    Code.UPLOAD_TOO_LARGE: 413,
    Code.UPLOAD_QUOTA_EXCEEDED: 413,
    Code.MESSAGE_TOO_LARGE: 413,
    Code.INVALID_REQUEST: 422,
    Code.NO_RECIPIENT: 422,
    Code.INVALID_ADDRESS: 422,
    Code.INVALID_HEADER: 422,
    Code.TOO_MANY_RECIPIENTS: 422,
    Code.TOO_MANY_ATTACHMENTS: 422,
    Code.TOO_MANY_ATTEMPTS: 429,
    Code.TOO_MANY_MESSAGES: 429,
    Code.TOO_MANY_STREAMS: 429,
    Code.RECIPIENT_NOT_ALLOWED: 422,
    Code.FILE_TYPE_NOT_ALLOWED: 422,
    Code.MAIL_SERVER_UNAVAILABLE: 503,
    Code.MAILDROP_BUSY: 503,
    Code.STATE_UNAVAILABLE: 503,
    Code.SERVICE_UNAVAILABLE: 503,
}
"""The status under which each code of the public API is answered."""

SESSION_PROBLEMS = (
    Code.SIGN_IN_REQUIRED,
    Code.SESSION_ENDED,
    Code.STATE_UNAVAILABLE,
    Code.SERVICE_UNAVAILABLE,
)
"""What every call of a session may answer."""

MAILDROP_PROBLEMS = (*SESSION_PROBLEMS, Code.MAIL_SERVER_UNAVAILABLE, Code.MAILDROP_BUSY)
"""What every call that needs the mail server may answer."""


LOCK_PROBLEMS = (
    Code.SERVICE_CREDENTIAL_REFUSED,
    Code.INVALID_REQUEST,
    Code.STATE_UNAVAILABLE,
    Code.SERVICE_UNAVAILABLE,
)
"""What every call of another webmail may answer."""


def bytes_of(media_type: str, description: str) -> dict[int | str, dict[str, Any]]:
    """Describe an answer that is a stream of octets."""
    schema = {"type": "string", "format": "binary"}
    return {200: {"description": description, "content": {media_type: {"schema": schema}}}}


def install_openapi(app: FastAPI, settings: Settings) -> None:
    """Let ``app`` describe its public API at ``app.openapi_url``."""

    def describe() -> dict[str, Any]:
        if app.openapi_schema is None:
            document = get_openapi(
                title="Courriel léger", version=app.version, description=DESCRIPTION, routes=app.routes
            )
            cookie = {"type": "apiKey", "in": "cookie", "name": cookie_name(settings)}
            document["components"]["securitySchemes"] = {**SCHEMES, "cookie": cookie}
            document["components"]["schemas"].pop("HTTPValidationError", None)
            document["components"]["schemas"].pop("ValidationError", None)
            for operations in document["paths"].values():
                for operation in operations.values():
                    _tell_problems(operation["responses"])
            app.openapi_schema = document
        return app.openapi_schema

    app.openapi = describe  # type: ignore[method-assign]


def _tell_problems(responses: dict[str, Any]) -> None:
    """Correct FastAPI, which describes every error as application/json and validation in its own shape."""
    for status, response in responses.items():
        if status >= "400":
            response["content"] = {PROBLEM_JSON: {"schema": _PROBLEM_SCHEMA}}
            if response["description"] == "Validation Error":
                response["description"] = f"`{Code.INVALID_REQUEST}`"
