"""Structured logs on stdout, one JSON object a line, with secrets cut out.

Redaction is the second net: code must not log secrets in the first place.
"""

import logging
import traceback
from collections.abc import MutableMapping
from types import TracebackType
from typing import Any

import structlog

REDACTED = "[redacted]"
SECRET_NAMES = ("password", "token", "secret", "authorization", "cookie", "credential", "key")


def redact(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Blank every value whose name says that it is a secret (a structlog processor)."""
    for name in event:
        if any(word in name.lower() for word in SECRET_NAMES):
            event[name] = REDACTED
    return event


def describe_exception(
    exc_info: tuple[type[BaseException], BaseException, TracebackType | None],
) -> str:
    """Write where an exception came from and its type, never its text, which may quote mail or a password."""
    error: BaseException | None = exc_info[1]
    described = []
    while error is not None:
        frames = "".join(traceback.format_tb(error.__traceback__))
        described.append(f"{frames}{type(error).__module__}.{type(error).__qualname__}")
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return "\nfollowing\n".join(described)


def configure_logs(service: str, level: str = "INFO") -> None:
    """Send structlog and the standard library's logging through one JSON formatter.

    Uvicorn's access log is off: it prints URLs with their queries; RequestContext logs instead.
    """
    shared: list[structlog.types.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        redact,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    name_service = _naming(service)
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            name_service,
            structlog.processors.ExceptionRenderer(describe_exception),
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
    )
    handler = logging.StreamHandler()
    handler.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    for noisy in ("uvicorn", "uvicorn.error"):
        logging.getLogger(noisy).handlers = []
        logging.getLogger(noisy).propagate = True
    access = logging.getLogger("uvicorn.access")
    access.handlers = []
    access.propagate = False


def _naming(service: str) -> structlog.types.Processor:
    def name_service(
        _logger: object, _method: str, event: MutableMapping[str, Any]
    ) -> MutableMapping[str, Any]:
        event["service"] = service
        return event

    return name_service
