"""The frame of every service: middleware, problems, health. A service's ``app.py`` adds its routes."""

import gc
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from fastapi import FastAPI

from courriel_web.body_limit import BodyLimit
from courriel_web.credentials import CREDENTIAL_FAILURES
from courriel_web.head_requests import HeadRequests
from courriel_web.health import health_router
from courriel_web.problems import Failure, install_problems
from courriel_web.request_context import RequestContext
from courriel_web.service_client import UPSTREAM_FAILURES, install_upstream_problems

USUAL_BODY_OCTETS = 1024 * 1024
Check = Callable[[], Awaitable[object]]
Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[None]]


def build_service_app(
    title: str,
    *,
    version: str,
    failures: Mapping[type[Exception], Failure],
    checks: Mapping[str, Check],
    lifespan: Lifespan,
    trust_request_id: bool = True,
    openapi_url: str = "/openapi.json",
    body_octets: int = USUAL_BODY_OCTETS,
    other_body_octets: Mapping[str, int | None] | None = None,
) -> FastAPI:
    """Make the FastAPI application of a service.

    ``failures`` is the service's table from exceptions to problems, ``checks`` its readiness checks. A
    request body is refused beyond ``body_octets``, or what ``other_body_octets`` says for its path (None: no
    limit here).
    """
    app = FastAPI(
        title=title,
        version=version,
        lifespan=_settled(lifespan),
        docs_url=None,
        redoc_url=None,
        openapi_url=openapi_url,
        redirect_slashes=False,  # it would lead to whatever Host the client names, by http
    )
    install_problems(app, {**CREDENTIAL_FAILURES, **UPSTREAM_FAILURES, **failures})
    install_upstream_problems(app)
    app.include_router(health_router(checks))
    app.add_middleware(BodyLimit, octets=body_octets, other=other_body_octets)
    app.add_middleware(RequestContext, trust_incoming=trust_request_id)
    app.add_middleware(HeadRequests)
    return app


def _settled(lifespan: Lifespan) -> Lifespan:
    """Spare the garbage collector what lives as long as the process: a full collection took 64 ms with it."""

    @asynccontextmanager
    async def settled(app: FastAPI) -> AsyncIterator[None]:
        async with lifespan(app):
            gc.collect()
            gc.freeze()
            yield

    return settled
