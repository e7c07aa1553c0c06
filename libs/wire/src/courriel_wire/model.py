"""The two kinds of model: what a service answers, and what it is asked."""

from typing import Any, Self

from pydantic import BaseModel, ConfigDict, ModelWrapValidatorHandler, ValidationError, model_validator
from pydantic_core import PydanticCustomError

MAX_ERRORS = 20
"""Of one request that are told one by one."""


class Answer(BaseModel):
    """Frozen; fields that this version does not know are ignored, so that a newer service may answer more."""

    model_config = ConfigDict(frozen=True, extra="ignore", validate_by_name=True, validate_by_alias=True)


class Request(BaseModel):
    """Frozen; unknown fields are refused, so that a misspelt one is told and never silently dropped.

    ``hide_input_in_errors``: a validation error must not print a password or a body.
    """

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        validate_by_name=True,
        validate_by_alias=True,
        hide_input_in_errors=True,
    )

    @model_validator(mode="wrap")
    @classmethod
    def _few_errors(cls, value: Any, handler: ModelWrapValidatorHandler[Self]) -> Self:  # noqa: ANN401
        """Tell a flood of errors as one: each costs many times the octets that made it (26 s for 1 MB)."""
        try:
            return handler(value)
        except ValidationError as error:
            if error.error_count() <= MAX_ERRORS:
                raise
        raise PydanticCustomError("too_many_errors", "more than {limit} errors", {"limit": MAX_ERRORS})
