"""A model as an answer, written once: FastAPI would take it apart, check it again, and write it in Python."""

from fastapi.responses import Response
from pydantic import BaseModel


def json_answer(model: BaseModel) -> Response:
    """Answer with a model that was built here; name it as the route's ``response_model``, for its OpenAPI."""
    return Response(model.model_dump_json(by_alias=True), media_type="application/json")
