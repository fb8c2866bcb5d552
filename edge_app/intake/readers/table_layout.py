"""Delimited text to lines of cells that know where they stand."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from edge_app.domain.verdict import Span
from edge_app.errors import IncompleteReportError

_DELIMITERS: Final = ("\t", ";", "|", ",")
"""Where two fit equally, the rarer in running text and numbers wins."""
_SAMPLE_LINES: Final = 200
_MAX_CELL: Final = 200_000
_END: Final = re.compile(r"\r\n|\n|\r")


@dataclass(frozen=True, slots=True)
class Line:
    """One record of the file: usually a line, more where a quoted cell holds line breaks."""

    cells: tuple[Span, ...]
    """Without quotes; a cell with doubled quotes keeps them, as it stands."""
    span: Span
    """The record as it stands, without its line end."""

    @property
    def filled(self) -> list[int]:
        """Indices of the cells with content."""
        return [index for index, cell in enumerate(self.cells) if cell.text.strip()]

    def text(self, index: int) -> str:
        """A cell's value, empty beyond the last."""
        return self.cells[index].text.strip().replace('""', '"') if index < len(self.cells) else ""


def find_delimiter(text: str) -> str:
    """The delimiter of ``text``, empty when it has none: the one that cuts most lines into the same number of cells."""
    lines = [line for line in text.splitlines()[:_SAMPLE_LINES] if line.strip() and not line.lstrip().startswith("#")]
    best, most = "", 0
    for delimiter in _DELIMITERS:
        counts = Counter(count for line in lines if (count := _unquoted(line).count(delimiter)))
        agreeing = max((same * min(count, 3) for count, same in counts.items()), default=0)
        if agreeing > most:
            best, most = delimiter, agreeing
    return best


def split_lines(text: str, delimiter: str) -> Iterator[Line]:
    """All records. Raises IncompleteReportError ``csv-structure`` for a quote that is never closed."""
    at = 0
    while at < len(text):
        cells, end = _record(text, at, delimiter)
        yield Line(tuple(cells), Span(text[at:end], at))
        line_end = _END.match(text, end)
        at = line_end.end() if line_end else end + 1


def _record(text: str, at: int, delimiter: str) -> tuple[list[Span], int]:
    if text.startswith("#", at) and text[at + 1 : at + 2] != delimiter:
        end = _end_of_line(text, at)
        return [Span(text[at:end], at)], end
    cells = []
    while True:
        cell, at = _quoted(text, at) if text.startswith('"', at) else _plain(text, at, delimiter)
        cells.append(cell)
        if not text.startswith(delimiter, at):
            stray = _plain(text, at, delimiter)
            if not stray[0].text.strip():
                at = stray[1]
            else:
                cells[-1] = Span(text[cell.start : stray[1]], cell.start)
                at = stray[1]
        if not text.startswith(delimiter, at):
            return cells, at
        at += len(delimiter)


def _plain(text: str, at: int, delimiter: str) -> tuple[Span, int]:
    line_end = _end_of_line(text, at)
    end = text.find(delimiter, at, line_end)
    end = line_end if end < 0 else end
    return Span(text[at:end], at), end


def _quoted(text: str, at: int) -> tuple[Span, int]:
    """A quoted cell; the closing quote is the first that is not doubled."""
    end = at + 1
    while True:
        end = text.find('"', end)
        if end < 0 or end - at > _MAX_CELL:
            line = text.count("\n", 0, at) + 1
            raise IncompleteReportError(
                "csv-structure", f"line {line}: a quote is opened and not closed", "check what writes the file"
            )
        if text.startswith('""', end):
            end += 2
            continue
        return Span(text[at + 1 : end], at + 1), end + 1


def _end_of_line(text: str, at: int) -> int:
    match = _END.search(text, at)
    return match.start() if match else len(text)


def _unquoted(line: str) -> str:
    return re.sub(r'"[^"]*"', "", line)
