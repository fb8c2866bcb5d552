"""Tables of aligned columns in plain text, read by the code that reads delimited ones."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import takewhile
from typing import Final

from edge_app.domain.verdict import Span
from edge_app.intake.readers.headless import headless_rows, is_limited_header
from edge_app.intake.readers.row_limits import Context, Row
from edge_app.intake.readers.table_layout import Line
from edge_app.intake.readers.table_matrix import all_limits, is_matrix_header, matrix_rows

_GAP: Final = re.compile(r"[^\s\u3000]+(?: (?![ \t\u3000])[^\s\u3000]+)*")
_FEWEST: Final = 3
"""Cells of a line that may belong to a table."""


def aligned(line: Span) -> Line:
    """A line of plain text whose columns stand apart by two spaces and more, by bars or tabs."""
    if line.text.count("|") > 1:
        found = [match.span() for match in re.finditer(r"[^|]+", line.text)]
    else:
        found = [match.span() for match in _GAP.finditer(line.text)]
    cells = tuple(Span(line.text[start:end].strip(), line.start + _lead(line.text, start, end)) for start, end in found)
    return Line(tuple(cell for cell in cells if cell.text), line)


def _lead(text: str, start: int, end: int) -> int:
    piece = text[start:end]
    return start + len(piece) - len(piece.lstrip())


def aligned_rows(spans: Sequence[Span], context: Context) -> Iterator[tuple[Span, tuple[Row, ...]]]:
    """Lines of text that are part of a table, with the rows they make; none for its header and limits."""
    lines = [aligned(span) for span in spans]
    taken: set[int] = set()
    for line, rows in _matrices(lines, context):
        taken.add(line.span.start)
        yield line.span, tuple(rows)
    for line, row in headless_rows([line for line in lines if line.span.start not in taken], context):
        yield line.span, (row,)


def _matrices(lines: Sequence[Line], context: Context) -> Iterator[tuple[Line, list[Row]]]:
    """Tables with a characteristic a column, below headings or rows that state the limits."""
    end = 0
    for at, header in enumerate(lines):
        if at < end or len(header.cells) < _FEWEST:
            continue
        below = [*takewhile(lambda line: len(line.cells) == len(header.cells), lines[at + 1 :])]  # noqa: B023 - used at once
        above = lines[at - 1 : at] if at and all_limits(lines[at - 1], context.words) else []
        block = [header, *below]
        if not below or not (
            is_matrix_header(0, block, context.words) or is_limited_header(header, below, context.words) or above
        ):
            continue
        rows = [*matrix_rows(header, [*above, *below], replace(context, title=""))]
        if any(made for _, made in rows):
            yield header, []
            yield from rows
            end = at + 1 + len(below)
