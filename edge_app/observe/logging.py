"""Logs: structlog on stderr, for people on a terminal, JSON lines elsewhere.

Values from files (names, reasons) go through JSON or repr, so a file name cannot forge a line.
"""

from __future__ import annotations

import io
import logging
import sys
from contextlib import suppress
from typing import TextIO, cast

import structlog

_LEVELS = logging.getLevelNamesMapping()


class Stderr(io.TextIOBase):
    """The standard error of the moment. A line that cannot be written is lost: no log may stop what it tells of."""

    def write(self, text: str) -> int:
        """As a file does."""
        with suppress(OSError, ValueError):  # the reader is gone; the file is closed
            sys.stderr.write(text)
        return len(text)

    def flush(self) -> None:
        """As a file does."""
        with suppress(OSError, ValueError):
            sys.stderr.flush()


def configure(format_: str, level: str) -> None:
    """Set up logging once, at the rim. ``format_``: auto, console or json."""
    human = format_ == "console" or (format_ == "auto" and sys.stderr.isatty())
    renderer: structlog.typing.Processor = (
        structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
        if human
        else structlog.processors.JSONRenderer(ensure_ascii=False)
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            _printable,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(_LEVELS[level.upper()]),
        logger_factory=structlog.WriteLoggerFactory(cast("TextIO", Stderr())),
        cache_logger_on_first_use=True,
    )


def printable(text: str) -> str:
    """Escape what could move a terminal's cursor, start a line or reverse writing direction."""
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode("ascii") for char in text)


def _printable(_logger: object, _name: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    keep = {"exception", "stack"}
    return {
        key: printable(value) if isinstance(value, str) and key not in keep else value for key, value in event.items()
    }
