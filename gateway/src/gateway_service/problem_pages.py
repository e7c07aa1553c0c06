"""A problem met in a page is told as a page: plain words and a way out, with the same status.

Where the session has ended, the way out is the sign-in page itself.
"""

from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Any, cast

from fastapi import FastAPI, Request
from fastapi.responses import RedirectResponse, Response

from courriel_web.request_context import request_id
from courriel_wire import Code, Problem
from gateway_service.browser_session import clear_session
from gateway_service.display import display_of
from gateway_service.pages import pages_of
from gateway_service.words import explain

_KEPT_HEADERS = ("Allow", "Retry-After")
_NO_PAGES = ("/api/", "/health/", "/static/", "/inline/")


def install_problem_pages(app: FastAPI) -> None:
    """Let the handlers that answer with problem+json answer with a page wherever a person is looking."""
    for kind, handler in list(app.exception_handlers.items()):
        app.add_exception_handler(kind, _in_pages(cast("Any", handler)))


def _in_pages(
    handler: Callable[[Request, Exception], Awaitable[Response]],
) -> Callable[[Request, Exception], Awaitable[Response]]:
    async def handle(request: Request, error: Exception) -> Response:
        answer = await handler(request, error)
        if request.url.path.startswith(_NO_PAGES):
            return answer
        return problem_page(request, Problem.model_validate_json(bytes(answer.body)), answer)

    return handle


def problem_page(request: Request, problem: Problem, answer: Response) -> Response:
    """Answer with a page that tells ``problem``, or lead to the sign-in page; ``answer`` is the API's."""
    if problem.status == HTTPStatus.UNAUTHORIZED:
        return _to_sign_in(request, problem)
    page = pages_of(request).page(
        "problem.html",
        status=problem.status,
        display=display_of(request),
        explanation=explain(problem.type),
        problem=problem,
        reference=request_id.get(),
        again=request.url.path if request.method == "GET" else "",
    )
    for name in _KEPT_HEADERS:
        if name in answer.headers:
            page.headers[name] = answer.headers[name]
    return page


def _to_sign_in(request: Request, problem: Problem) -> Response:
    why = ""
    if problem.type == Code.SESSION_ENDED:
        reason = (problem.model_extra or {}).get("reason")
        why = "?why=taken-over" if reason == "taken-over" else "?why=ended"
    answer = RedirectResponse(f"/sign-in{why}", status_code=303)
    clear_session(answer, request.app.state.settings)
    return answer
