"""What crosses a boundary keeps its names, its secrets and its tolerance."""

import pytest
from pydantic import ValidationError

from courriel_wire import (
    Code,
    Credential,
    MaildropSession,
    MessageSummary,
    OutboxRequest,
    Problem,
    SessionRequest,
    SignedIn,
)

PASSWORD = "correct horse"


def test_a_request_refuses_an_unknown_field() -> None:
    """A misspelt field is told, not dropped."""
    with pytest.raises(ValidationError, match="takover"):
        SessionRequest.model_validate({"username": "jean", "password": PASSWORD, "takover": True})


def test_an_answer_ignores_what_a_newer_service_adds() -> None:
    """A service one version ahead may answer more than we know."""
    problem = SignedIn.model_validate(
        {"access_token": "t", "expires_in": 5, "mailbox": "jean", "colour": "blue"},
    )
    assert problem.mailbox == "jean"


@pytest.mark.parametrize("wrong", [{"password": ""}, {"password": PASSWORD * 200}, {"username": ""}])
def test_a_validation_error_never_shows_the_password(wrong: dict[str, str]) -> None:
    """Neither the text of the error nor its repr holds what was typed."""
    with pytest.raises(ValidationError) as refused:
        SessionRequest.model_validate({"username": "jean", "password": PASSWORD, **wrong})
    assert PASSWORD not in f"{refused.value}{refused.value!r}"


def test_a_password_is_hidden_in_print_and_carried_in_json() -> None:
    """Logs see stars; the service on the other side sees the password."""
    told = {"sid": "s1", "mailbox": "jean", "username": "jean", "password": PASSWORD}
    credential = Credential.model_validate(told)
    assert PASSWORD not in f"{credential}{credential!r}"
    assert PASSWORD in credential.model_dump_json()
    assert credential.cache_key.get_secret_value() == ""


def test_a_cache_key_is_hidden_in_print_and_carried_in_json() -> None:
    """It opens cached mail: logs see stars."""
    asked = {"mailbox": "jean", "username": "jean", "password": PASSWORD, "cache_key": "k" * 43}
    session = MaildropSession.model_validate(asked)
    assert "kkk" not in f"{session}{session!r}"
    assert "k" * 43 in session.model_dump_json()


def test_a_token_is_not_printed() -> None:
    """The repr of a sign-in leaves the token out."""
    assert "s3cret" not in repr(SignedIn(access_token="s3cret", expires_in=5, mailbox="jean"))


def test_from_is_called_from_in_json() -> None:
    """Python's reserved word does not reach the API."""
    summary = MessageSummary.model_validate({"uid": "a", "size": 3, "from": [{"address": "a@example.org"}]})
    assert '"from":[' in summary.model_dump_json(by_alias=True)


def test_recipients_are_strings_or_two_fields() -> None:
    """Both ways of the API document are understood."""
    request = OutboxRequest.model_validate({"to": ["Jean <j@x.org>", {"address": "m@x.org"}]})
    assert len(request.to) == 2


@pytest.mark.parametrize("reference", [{}, {"upload": "a", "uid": "b"}, {"uid": "b"}, {"upload": "../x"}])
def test_an_attachment_is_exactly_one_reference(reference: dict[str, str]) -> None:
    """Neither nothing, nor both kinds at once, nor a path."""
    with pytest.raises(ValidationError):
        OutboxRequest.model_validate({"attachments": [reference]})


def test_a_problem_carries_extension_members() -> None:
    """RFC 9457 section 3.2: members beside the standard ones survive a round trip."""
    problem = Problem.model_validate(
        {"type": Code.TOO_MANY_RECIPIENTS, "title": "t", "status": 422, "limit": 20},
    )
    assert Problem.model_validate_json(problem.model_dump_json()).model_dump()["limit"] == 20


FLOODS = {
    "unknown fields": {f"x{number}": 1 for number in range(1000)},
    "recipients that are none": {"to": [1] * 1000},
    "more recipients than are read": {"to": [{}] * 100_000},
    "references that are none": {"attachments": [{}] * 1000},
}


@pytest.mark.parametrize("body", FLOODS.values(), ids=list(FLOODS))
def test_a_flood_of_errors_is_told_briefly(body: dict[str, object]) -> None:
    """What is told of an invalid request does not grow with it: 1 MB took 26 s and was answered by 170 MB."""
    with pytest.raises(ValidationError) as refused:
        OutboxRequest.model_validate(body)
    assert refused.value.error_count() <= 20


def test_a_few_errors_are_told_one_by_one() -> None:
    """A person who mistypes two fields hears of both."""
    with pytest.raises(ValidationError) as refused:
        SessionRequest.model_validate({"username": "", "password": ""})
    assert [each["loc"] for each in refused.value.errors()] == [("username",), ("password",)]


@pytest.mark.parametrize("field", ["to", "cc", "bcc"])
def test_an_address_field_is_bounded_as_a_whole(field: str) -> None:
    """A thousand texts of ten thousand characters took the sender 16 s, with everybody else waiting."""
    longest = 5 * ["a" * 10_000]
    assert OutboxRequest.model_validate({field: longest})
    for more in ("a", {"name": "a", "address": ""}):
        with pytest.raises(ValidationError, match="50000"):
            OutboxRequest.model_validate({field: [*longest, more]})


@pytest.mark.parametrize("field", ["text", "html", "subject"])
def test_half_a_surrogate_pair_is_no_text(field: str) -> None:
    """JSON can escape what no charset can carry: it is refused where it comes in."""
    assert OutboxRequest.model_validate({field: "\U0001f600"})
    with pytest.raises(ValidationError):
        OutboxRequest.model_validate({field: "\ud83d"})
