"""A model is answered as the wire has it: under its aliases, in UTF-8."""

from pydantic import Field

from courriel_web.answers import json_answer
from courriel_wire.model import Answer


class Letter(Answer):
    """A shape with a field whose name Python reserves."""

    from_: str = Field(alias="from")


def test_a_model_is_answered_under_its_wire_names() -> None:
    """As JSON in UTF-8."""
    answer = json_answer(Letter(from_="Élodie"))
    assert answer.headers["content-type"] == "application/json"
    assert bytes(answer.body) == '{"from":"Élodie"}'.encode()
