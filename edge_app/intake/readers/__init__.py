"""One format a module: bytes in, Report out."""

from __future__ import annotations

import re
from pathlib import PurePath
from typing import Final

from edge_app.domain.report import Report
from edge_app.errors import ReportError
from edge_app.intake.readers.base import MAX_BYTES, Reader, Source
from edge_app.intake.readers.encoding import decode
from edge_app.intake.readers.json_records import read_json
from edge_app.intake.readers.spea import is_spea, read_spea
from edge_app.intake.readers.tables import has_table, read_table
from edge_app.intake.readers.text import read_text
from edge_app.intake.readers.vocabulary import vocabulary_of
from edge_app.intake.readers.xml import read_xml

READERS: Final[dict[str, Reader]] = {
    "json": read_json,
    "spea": read_spea,
    "table": read_table,
    "text": read_text,
    "xml": read_xml,
}
_SUFFIXES: Final = {
    "csv": "table",
    "tsv": "table",
    "tab": "table",
    "json": "json",
    "jsonl": "json",
    "ndjson": "json",
    "xml": "xml",
    "qif": "xml",
    "txt": "text",
    "text": "text",
    "log": "text",
    "md": "text",
    "rtf": "",
    "xls": "",
    "xlsx": "",
    "doc": "",
    "docx": "",
    "pdf": "",
    "html": "",
    "htm": "",
}
"""Kind by suffix; empty: a format that is not read."""
_XML: Final = re.compile(r"\s*<(?:\?xml|!--|!DOCTYPE|[^\W\d][\w.:\-]*(?:\s[^<>]*)?/?>)")
_JSON: Final = re.compile(r'\s*(?:\{\s*(?:"|\}|$)|\[\s*(?:[\[{"\d\-\]]|$|true|false|null))')
_HTML: Final = re.compile(r"\s*<(?:!doctype\s+html|html)\b", re.IGNORECASE)
_WORD_PROCESSOR: Final = re.compile(r"\s*\{\\rtf")
_HINT: Final = "export the report as CSV, JSON, XML or text"


def read(source: Source) -> Report:
    """The report in a file. What stands in the file decides on the reader, its suffix only in doubt.

    Raises ReportError ``empty``, ``too-large``, ``type-mismatch``, ``unsupported-format``, ``encoding`` and
    the reasons of the formats; IncompleteReportError for a file that ends in the middle. Nothing else.
    """
    if len(source.content) > MAX_BYTES:
        raise ReportError("too-large", f"{len(source.content)} bytes, {MAX_BYTES} are read", "split the file")
    text = decode(source.content, source.code_pages).text
    try:
        return _read(source, _kind(source, text))
    except RecursionError as error:
        raise ReportError("unreadable", "nested too deeply", _HINT) from error


def _read(source: Source, kind: str) -> Report:
    try:
        return READERS[kind](source)
    except ReportError as error:
        if error.reason == "json-syntax" and _by_suffix(source) == "text":
            return read_text(source)  # a note that begins with ``[06:52]``, not a JSON file
        raise


def _kind(source: Source, text: str) -> str:
    """Key of ``READERS``."""
    by_suffix = _by_suffix(source)
    if _HTML.match(text) or _WORD_PROCESSOR.match(text):
        raise ReportError("unsupported-format", "the content is a formatted document", _HINT)
    if _XML.match(text):
        return "xml"
    if by_suffix == "json" or (_JSON.match(text) and by_suffix != "table"):
        return "json"
    if by_suffix == "xml":
        raise ReportError("type-mismatch", f"{source.name!r}: the content is no XML", "check what writes the file")
    return "spea" if is_spea(text) else _flat(source, text, by_suffix)


def _by_suffix(source: Source) -> str:
    return _SUFFIXES.get(PurePath(source.name).suffix.lower().lstrip("."), "text")


def _flat(source: Source, text: str, by_suffix: str) -> str:
    """Tables with any suffix, and notes that are called CSV."""
    lines = [line for line in text.splitlines() if line.strip()]
    if by_suffix == "table":
        delimited = sum(any(mark in line for mark in ",;\t|") for line in lines)
        prose = len(lines) == 1 or delimited * 2 <= len(lines)
        return "text" if prose else "table"
    try:
        table = "\t" in text or ";" in text or "|" in text or text.count(",") > len(lines)
        return "table" if table and has_table(text, vocabulary_of(source.fields)) else "text"
    except ReportError:
        return "text"
