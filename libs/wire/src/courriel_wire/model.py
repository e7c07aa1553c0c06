"""The two kinds of model: what a service answers, and what it is asked."""

from pydantic import BaseModel, ConfigDict


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
