"""What every reader gets and gives."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from edge_app.domain.report import Report
from edge_app.domain.rulepack import FieldVocabulary

MAX_BYTES = 64 * 1024 * 1024
"""A larger file is refused by name (``too-large``)."""


@dataclass(frozen=True, slots=True)
class Source:
    """The bytes of one settled file and what helps to read them."""

    content: bytes
    name: str
    """File name, for the suffix and for messages; never part of a verdict."""
    fields: FieldVocabulary
    code_pages: tuple[str, ...] = ("gb18030", "cp1252")
    """Tried in order when the bytes are neither marked nor UTF-8; the plant's own first."""


Reader = Callable[[Source], Report]
"""Raises ReportError with a stable reason for content it refuses, IncompleteReportError for a torn file."""
