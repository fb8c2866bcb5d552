"""Plain text: tables, key lines, free text."""

from __future__ import annotations

from edge_app.domain.language import detect_language
from edge_app.domain.report import Report
from edge_app.intake.readers.base import Source


def read_text(source: Source) -> Report:
    """A text report."""
    text = source.content.decode(errors="replace")
    return Report(text=text, format="text", encoding="utf-8", language=detect_language(text))
