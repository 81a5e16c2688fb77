"""How log lines look: one JSON object a line on standard error, or plain text for a person."""

import logging
import sys
from collections.abc import Callable
from typing import Any

import orjson
import structlog

_LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}


def configure_logs(level: str = "info", *, as_json: bool = True) -> None:
    """Set up structlog for this process; standard output stays free for what a script reads."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    wrapper = structlog.make_filtering_bound_logger(_LEVELS[level])
    if as_json:
        tail: list[structlog.typing.Processor] = [
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(serializer=orjson.dumps),
        ]
        factory: Callable[..., Any] = structlog.BytesLoggerFactory(sys.stderr.buffer)
    else:
        # the plain traceback: a rich one prints local variables, patients' names among them
        plain = structlog.dev.plain_traceback
        tail = [structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=plain)]
        factory = structlog.PrintLoggerFactory(sys.stderr)
    structlog.configure(
        processors=[*shared, *tail], wrapper_class=wrapper, logger_factory=factory, cache_logger_on_first_use=True
    )
