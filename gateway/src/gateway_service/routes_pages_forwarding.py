"""« Transfert » in its five ways: each begins a letter with what it takes from the messages."""

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import RedirectResponse, Response

from courriel_web.service_client import UpstreamProblem
from courriel_wire import Code, ForwardManner, Problem, Upload
from gateway_service.browser_session import SignedInVisitor
from gateway_service.identifiers import checked_uid
from gateway_service.letter_pages import author_of, file_errors, letter_page
from gateway_service.originals import Copies, going_along
from gateway_service.same_origin import only_own_pages
from gateway_service.services import UsesServices
from gateway_service.submissions import MAX_ATTACHMENTS

router = APIRouter(include_in_schema=False, dependencies=[Depends(only_own_pages)])
MOST_AT_ONCE = 100
NOTICE_EDIT_ONE = "edit-one"
TOO_MANY = Problem(type=Code.TOO_MANY_ATTACHMENTS, title="", status=422)


@router.post("/compose/forward")
async def forward(
    *,
    request: Request,
    visitor: SignedInVisitor,
    services: UsesServices,
    manner: Annotated[ForwardManner, Form(alias="as")],
    uid: Annotated[list[str], Form(max_length=MOST_AT_ONCE)] = [],  # noqa: B006 — FastAPI copies it
    opened: Annotated[str, Form(alias="open")] = "",
    page: Annotated[int, Form(ge=1)] = 1,
) -> Response:
    """Begin a letter with what is ticked, or else with the message that is open.

    What goes along is copied now: the letter can be sent even if Thunderbird fetches the messages meanwhile.
    What sender does not take is told by name; the rest of the letter is there.
    """
    uids = [checked_uid(each) for each in uid or ([opened] if opened else [])]
    if not uids:
        return RedirectResponse(f"/messages?page={page}&notice=nothing-ticked", status_code=303)
    if len(uids) > 1 and manner is ForwardManner.NEW:
        return RedirectResponse(f"/messages?page={page}&notice={NOTICE_EDIT_ONE}", status_code=303)
    author = await author_of(visitor, services)
    messages = [await services.mailbox.open(visitor.token, each, mark_seen=False) for each in uids]
    uploads: list[Upload] = []
    refused: list[tuple[str, Problem]] = []
    copies = Copies(services, visitor.token)
    try:
        for original in going_along(messages, manner):
            try:
                if len(uploads) == MAX_ATTACHMENTS:
                    refused.append((original.name, TOO_MANY))
                    break
                uploads.append(await copies.take(original))
            except UpstreamProblem as error:
                refused.append((original.name, error.problem))
    except BaseException:
        await copies.remove()
        raise
    return letter_page(
        request,
        visitor,
        author.forward(messages, manner, tuple(uploads)),
        errors=file_errors(refused),
        notice="incomplete" if refused else "",
    )
