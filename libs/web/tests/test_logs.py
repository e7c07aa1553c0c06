"""Logs are one JSON object a line and hold no secret by name."""

import io
import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from courriel_web.logs import REDACTED, configure_logs, redact


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    """Configure logging for a service, into memory, and put everything back."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    configure_logs("auth")
    memory = io.StringIO()
    handler = root.handlers[0]
    assert isinstance(handler, logging.StreamHandler)
    handler.setStream(memory)
    yield memory
    root.handlers, root.level = handlers, level
    structlog.reset_defaults()


@pytest.mark.parametrize(
    "name", ["password", "access_token", "Authorization", "set_cookie", "service_secret"]
)
def test_a_value_named_as_a_secret_is_blanked(name: str) -> None:
    """The second net under code that must not log secrets at all."""
    assert redact(None, "info", {name: "s3cret", "event": "x"})[name] == REDACTED


def test_a_line_is_json_with_service_and_level(stream: io.StringIO) -> None:
    """Structlog and the standard library come out alike."""
    structlog.get_logger("a").info("first", mailbox="jean")
    logging.getLogger("b").warning("second")
    first, second = (json.loads(line) for line in stream.getvalue().splitlines())
    assert (first["event"], first["service"], first["mailbox"]) == ("first", "auth", "jean")
    assert (second["event"], second["level"]) == ("second", "warning")


def test_an_exception_is_told_by_place_and_type_not_by_its_text(stream: io.StringIO) -> None:
    """The text may quote what came in, at any depth of the chain."""
    inside, outside = "mail of jean", "password of marie"
    try:
        try:
            raise ValueError(inside)
        except ValueError as inner:
            raise RuntimeError(outside) from inner
    except RuntimeError:
        logging.getLogger("a").exception("unexpected")
    line = json.loads(stream.getvalue())
    assert all(word in line["exception"] for word in ("RuntimeError", "ValueError", "test_logs.py"))
    assert inside not in stream.getvalue()
    assert outside not in stream.getvalue()


def test_uvicorns_access_lines_are_silent(stream: io.StringIO) -> None:
    """They would print URLs with their queries."""
    logging.getLogger("uvicorn.access").info("GET /messages?q=secret")
    assert stream.getvalue() == ""
