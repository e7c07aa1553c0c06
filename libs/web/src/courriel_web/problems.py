"""Exceptions become RFC 9457 problem details, by one table a service writes in its ``app.py``.

Refuses to print what came in: a validation error names the field and the rule, never the value, since that
may be a password or a letter.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, cast

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from redis.exceptions import RedisError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from courriel_wire import Code, FieldError, Problem

PROBLEM_JSON = "application/problem+json"
CLIENT_GONE = 499
"""No status of HTTP: what logs say of a client that hung up."""
log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Failure:
    """How one class of exception is told.

    ``members`` names attributes of the exception that become extension members; the exception's text becomes
    ``detail``, so a domain error's message must be fit for the person. ``retry_after`` is in seconds, taken
    from the exception's attribute of that name where it has one.
    """

    status: int
    code: Code
    title: str
    members: Sequence[str] = ()
    retry_after: int | None = None


class BadBearer(Exception):
    """A request carries no bearer token where one is needed."""


FAILURES: Mapping[type[Exception], Failure] = {
    BadBearer: Failure(401, Code.SIGN_IN_REQUIRED, "Sign-in required"),
    RedisError: Failure(503, Code.STATE_UNAVAILABLE, "The session store does not answer", retry_after=5),
}


def problem_response(problem: Problem, headers: Mapping[str, str] | None = None) -> JSONResponse:
    """Answer with a problem: its status, ``application/problem+json``, never cached."""
    return JSONResponse(
        problem.model_dump(mode="json"),
        status_code=problem.status,
        media_type=PROBLEM_JSON,
        headers={"Cache-Control": "no-store", **(headers or {})},
    )


def describe(error: Exception, failure: Failure) -> tuple[Problem, dict[str, str]]:
    """Write the problem and its headers for an error of the table."""
    extension = {name: getattr(error, name) for name in failure.members}
    # A driver's text may name hosts and commands; only our own errors speak to the person.
    detail = "" if isinstance(error, RedisError) else str(error)
    problem = Problem(
        type=failure.code, title=failure.title, status=failure.status, detail=detail, **cast("Any", extension)
    )
    retry_after = getattr(error, "retry_after", failure.retry_after)
    headers = {} if retry_after is None else {"Retry-After": str(max(1, int(retry_after)))}
    if failure.status == HTTPStatus.UNAUTHORIZED:  # RFC 9110 section 15.5.2 asks for the challenge
        headers["WWW-Authenticate"] = "Bearer"
    return problem, headers


def install_problems(app: FastAPI, table: Mapping[type[Exception], Failure]) -> None:
    """Let ``app`` answer every exception of ``table``, and everything else, with problem+json."""
    for kind, failure in {**FAILURES, **table}.items():
        app.add_exception_handler(kind, _handler(failure))
    app.add_exception_handler(RequestValidationError, _invalid_request)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(ClientDisconnect, _client_gone)
    app.add_exception_handler(Exception, _internal_error)


def _handler(failure: Failure) -> Any:  # noqa: ANN401 — starlette's own type for handlers is not exported
    async def handle(_request: Request, error: Exception) -> Response:
        if failure.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            log.warning("request failed", code=failure.code, error=type(error).__name__)
        problem, headers = describe(error, failure)
        return problem_response(problem, headers)

    return handle


async def _invalid_request(_request: Request, error: Exception) -> Response:
    details = cast("RequestValidationError", error).errors()
    errors = [_field_error(detail) for detail in details]
    return problem_response(
        Problem(
            type=Code.INVALID_REQUEST,
            title="The request is not valid",
            status=422,
            detail="; ".join(
                f"{each.field}: {each.message}" if each.field else each.message for each in errors
            ),
            **cast("Any", {"errors": [each.model_dump() for each in errors]}),
        )
    )


def _field_error(detail: Mapping[str, Any]) -> FieldError:
    if detail["type"] == "json_invalid":  # the location is an offset then, not a field
        return FieldError(field="", message=f"not JSON from character {detail['loc'][-1]} on")
    return FieldError(field=".".join(str(step) for step in detail["loc"][1:]), message=detail["msg"])


_HTTP_CODES = {
    404: (Code.NOT_FOUND, "There is nothing here"),
    405: (Code.METHOD_NOT_ALLOWED, "This method is not possible here"),
    413: (Code.REQUEST_TOO_LARGE, "The request is too large"),
    # FastAPI answers 400 to a body that is no JSON at all or no form
    400: (Code.INVALID_REQUEST, "The request is not valid"),
}


async def _http_error(_request: Request, error: Exception) -> Response:
    http = cast("HTTPException", error)
    code, title = _HTTP_CODES.get(http.status_code, (Code.HTTP_ERROR, str(http.detail)))
    status = 422 if http.status_code == HTTPStatus.BAD_REQUEST else http.status_code
    return problem_response(Problem(type=code, title=title, status=status), http.headers)


async def _client_gone(_request: Request, _error: Exception) -> Response:
    """Answer nobody: whoever hangs up amid a body is no error of ours to record."""
    return Response(status_code=CLIENT_GONE)


async def _internal_error(_request: Request, error: Exception) -> Response:
    log.error("unexpected error", error=type(error).__name__, exc_info=error)
    return problem_response(
        Problem(
            type=Code.INTERNAL_ERROR,
            title="Something went wrong on our side",
            status=500,
            detail="The error was recorded. Try again; if it persists, tell the help line the request id.",
        )
    )
