"""Liveness and readiness, apart: alive means the process answers, ready means that its needs answer too."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping

import structlog
from fastapi import APIRouter
from fastapi.responses import JSONResponse

CHECK_SECONDS = 2.0
log = structlog.get_logger(__name__)


def health_router(checks: Mapping[str, Callable[[], Awaitable[object]]]) -> APIRouter:
    """``GET /health/live`` is always 200; ``GET /health/ready`` is 503 and names the checks that failed.

    A check is awaited for at most ``CHECK_SECONDS``; raising or being late is failing.
    """
    router = APIRouter(prefix="/health", include_in_schema=False)

    @router.get("/live")
    async def live() -> dict[str, str]:
        return {"status": "alive"}

    @router.get("/ready")
    async def ready() -> JSONResponse:
        outcomes = dict(zip(checks, await asyncio.gather(*map(_passes, checks.values())), strict=True))
        failed = [name for name, passed in outcomes.items() if not passed]
        if failed:
            log.warning("not ready", failed=failed)
        return JSONResponse(
            {"status": "not ready" if failed else "ready", "failed": failed},
            status_code=503 if failed else 200,
        )

    return router


async def _passes(check: Callable[[], Awaitable[object]]) -> bool:
    try:
        async with asyncio.timeout(CHECK_SECONDS):
            await check()
    except Exception as error:  # noqa: BLE001 — whatever a check raises means that it failed
        log.warning("health check failed", error=type(error).__name__)
        return False
    return True
