"""The HTTP client between services: finds a replica, carries the request id, turns problems into exceptions.

It does not retry what may have had an effect: only a connection that could not be made is tried on the next
replica. Each consumer wraps it in a small ``<service>_client.py`` that speaks in its own terms.
"""

import asyncio
import socket
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Any, Self, TypeVar, cast

import aiohttp
from fastapi import FastAPI, Request
from fastapi.responses import Response
from pydantic import BaseModel, SecretStr, ValidationError
from yarl import URL

from courriel_web.problems import Failure, problem_response
from courriel_web.request_context import REQUEST_ID_HEADER, request_id
from courriel_web.routing import rank_replicas
from courriel_wire import Code, Problem

Model = TypeVar("Model", bound=BaseModel)
RESOLVE_SECONDS = 2.0
MAX_PROBLEM_OCTETS = 65_536


class UpstreamUnavailable(Exception):
    """A service could not be reached, or did not answer in time."""


class UpstreamProblem(Exception):
    """A service answered with a problem; ``retry_after`` is its header, in seconds."""

    def __init__(self, problem: Problem, retry_after: int | None = None) -> None:
        super().__init__(f"{problem.status} {problem.type}")
        self.problem = problem
        self.retry_after = retry_after

    def __reduce__(self) -> tuple[Any, ...]:
        return (UpstreamProblem, (self.problem, self.retry_after))


UPSTREAM_FAILURES: Mapping[type[Exception], Failure] = {
    UpstreamUnavailable: Failure(
        503, Code.SERVICE_UNAVAILABLE, "A part of the service does not answer", retry_after=5
    ),
}


def install_upstream_problems(app: FastAPI) -> None:
    """Let ``app`` pass a problem of another service on, as it is."""

    async def pass_on(_request: Request, error: Exception) -> Response:
        upstream = cast("UpstreamProblem", error)
        headers = {} if upstream.retry_after is None else {"Retry-After": str(upstream.retry_after)}
        return problem_response(upstream.problem, headers)

    app.add_exception_handler(UpstreamProblem, pass_on)


class ServiceClient:
    """Calls one service. Use it as an asynchronous context manager, once a process."""

    def __init__(
        self,
        base_url: str,
        *,
        name: str = "",
        secret: SecretStr | None = None,
        timeout_seconds: float = 30.0,
        connections: int = 256,
    ) -> None:
        """Args: the service's URL; our own service credential where calls need it; the limit of one call.

        ``connections``: how many calls there may be at a time; 0 for any number.
        """
        self._connections = connections
        self._base = URL(base_url)
        self._basic = aiohttp.encode_basic_auth(name, secret.get_secret_value()) if secret else None
        self._timeout = aiohttp.ClientTimeout(total=timeout_seconds, sock_connect=2.0)
        self._session: aiohttp.ClientSession | None = None
        self._resolved: tuple[float, list[str]] = (0.0, [])

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(
            auto_decompress=False,
            connector=aiohttp.TCPConnector(limit=self._connections),
            cookie_jar=aiohttp.DummyCookieJar(),
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._session:
            await self._session.close()
            self._session = None

    async def json(self, method: str, path: str, **options: Any) -> Any:  # noqa: ANN401 — whatever JSON says
        """Call, and return the answer's JSON (None for an empty answer). Options as for ``stream``."""
        async with self.stream(method, path, **options) as answer:
            body = await answer.read()
            return None if not body else await answer.json(content_type=None)

    async def model(self, kind: type[Model], method: str, path: str, **options: Any) -> Model:  # noqa: ANN401
        """Call, and return the answer's JSON as a ``kind``. Options and errors as for ``stream``."""
        async with self.stream(method, path, **options) as answer:
            return kind.model_validate_json(await answer.read())

    @asynccontextmanager
    async def stream(
        self,
        method: str,
        path: str,
        *,
        bearer: str | None = None,
        key: str | None = None,
        params: Mapping[str, str | int] | None = None,
        headers: Mapping[str, str] | None = None,
        json: object = None,
        data: Any = None,  # noqa: ANN401 — bytes, a form's mapping, or an asynchronous iterator of bytes
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """Call, and yield the answer while its body is still on the way.

        ``path`` must already be percent-encoded. ``bearer`` is the session's token; without it the call
        carries our service credential. ``key`` is the routing hint, for the service whose replicas matter.

        Raises UpstreamUnavailable, or UpstreamProblem for any answer of status 400 or more; and what an
        iterator that is the body raises itself.
        """
        answer = await self._send(
            method,
            path,
            key,
            headers=self._headers(bearer, headers),
            params=params,
            json=json,
            data=data,
        )
        async with answer:
            if answer.status >= HTTPStatus.BAD_REQUEST:
                raise await _problem_of(answer)
            try:
                yield answer
            except (aiohttp.ClientError, TimeoutError) as error:
                raise UpstreamUnavailable from error

    def _headers(self, bearer: str | None, extra: Mapping[str, str] | None) -> dict[str, str]:
        headers = dict(extra or {})
        if bearer is not None:
            headers["Authorization"] = f"Bearer {bearer}"
        elif self._basic:
            headers["Authorization"] = self._basic
        if identifier := request_id.get():
            headers[REQUEST_ID_HEADER] = identifier
        return headers

    async def _send(
        self,
        method: str,
        path: str,
        key: str | None,
        *,
        headers: dict[str, str],
        data: Any,  # noqa: ANN401 — as in `stream`
        **options: Any,  # noqa: ANN401 — aiohttp's own
    ) -> aiohttp.ClientResponse:
        if self._session is None:
            raise RuntimeError("the client is used outside its context")
        body = _Body(data)
        for base in await self._candidates(key):
            url = URL(f"{base}{path}", encoded=True)
            try:
                return await self._session.request(
                    method,
                    url,
                    headers={**headers, "Host": self._base.authority},
                    allow_redirects=False,
                    timeout=self._timeout,
                    data=body.chunks() if isinstance(data, AsyncIterator) else data,
                    **options,
                )
            except aiohttp.ClientConnectorError:
                self._resolved = (0.0, [])
            except (aiohttp.ClientError, TimeoutError) as error:
                if body.failure:
                    raise body.failure from None
                raise UpstreamUnavailable from error
        raise UpstreamUnavailable

    async def _candidates(self, key: str | None) -> list[str]:
        """List the base URLs to try: with a key, the replicas by address, in that key's order."""
        base = str(self._base).rstrip("/")
        if key is None:
            return [base]
        return [
            str(self._base.with_host(address)).rstrip("/")
            for address in rank_replicas(key, await self._resolve())
        ]

    async def _resolve(self) -> list[str]:
        resolved_at, addresses = self._resolved
        if addresses and time.monotonic() - resolved_at < RESOLVE_SECONDS:
            return addresses
        try:
            found = await asyncio.get_running_loop().getaddrinfo(
                self._base.host or "", self._base.port, type=socket.SOCK_STREAM
            )
        except OSError as error:
            raise UpstreamUnavailable from error
        addresses = [str(sockaddr[0]) for *_, sockaddr in found]
        self._resolved = (time.monotonic(), addresses)
        return addresses


class _Body:
    """A body sent on while it arrives; remembers why it broke off: aiohttp makes its own error of that."""

    def __init__(self, source: AsyncIterator[bytes]) -> None:
        self._source = source
        self.failure: Exception | None = None

    async def chunks(self) -> AsyncIterator[bytes]:
        """Yield the source's octets."""
        try:
            async for chunk in self._source:
                yield chunk
        except Exception as error:
            self.failure = error
            raise


async def _problem_of(answer: aiohttp.ClientResponse) -> UpstreamProblem | UpstreamUnavailable:
    try:
        problem = Problem.model_validate_json(await _read_problem(answer))
    except (ValidationError, aiohttp.ClientError, TimeoutError):
        return UpstreamUnavailable()
    retry_after = answer.headers.get("Retry-After", "")
    return UpstreamProblem(problem, int(retry_after) if retry_after.isdigit() else None)


async def _read_problem(answer: aiohttp.ClientResponse) -> bytes:
    body = b""
    async for piece in answer.content.iter_any():
        body += piece
        if len(body) > MAX_PROBLEM_OCTETS:
            break
    return body
