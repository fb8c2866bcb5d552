"""CSV and its relatives: a block of header lines, one or several tables, lines after them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final

from edge_app.domain.numbers import parse_number
from edge_app.domain.report import Limits, Measurement, Report
from edge_app.domain.tolerance import find_limits, parse_limits
from edge_app.domain.verdict import Span
from edge_app.intake.readers.base import Source
from edge_app.intake.readers.column_content import informed
from edge_app.intake.readers.columns import (
    Column,
    columns_of,
    holds_data,
    is_header,
    is_header_by_shape,
    value_groups,
)
from edge_app.intake.readers.encoding import decode
from edge_app.intake.readers.gather import Gathering
from edge_app.intake.readers.headless import headless_rows, is_limited_header, limited_heading
from edge_app.intake.readers.late import alike
from edge_app.intake.readers.prose_names import name_before
from edge_app.intake.readers.row_limits import LIMIT_ROLES, Cell, Context, Row, bounded
from edge_app.intake.readers.rows import loose_values, numbers_in, read_row
from edge_app.intake.readers.table_layout import Line, find_delimiter, split_lines
from edge_app.intake.readers.table_matrix import all_limits, is_matrix_header, limit_role, matrix_rows, sampling_columns
from edge_app.intake.readers.vocabulary import Vocabulary, vocabulary_of

_SIGN: Final = r"\s*[-+±<>≤≥]?\s*"
_UNIT: Final = r"(?:\s*[^\d\s,.]{1,5})?\s*"
_COMMA_DECIMAL: Final = re.compile(rf"{_SIGN}(?:\d+,\d{{1,2}}|0,\d+|\d+,\d{{4,}}|\d{{4,}},\d+){_UNIT}")
_POINT_DECIMAL: Final = re.compile(rf"{_SIGN}\d*\.\d+{_UNIT}")
_UNIT_LINE: Final = re.compile(
    r"(?:spec|limit|drawing|dimension|dim|tolerance|value|unit)\w*\b[^.;]{0,20}\bin\s+(\w+)", re.IGNORECASE
)
_SENTENCE_END: Final = re.compile(r"(?:[a-z]{4}\.|。)\s*$")
"""A line that ends like a sentence heads no table: ``Result: all looked at again, flash gone, lip intact.``"""
_LOG: Final = 300
"""From this many lines on, lines that no header explains are a machine's log, not sentences."""
_MAX_PROSE_CELL: Final = 12
"""A cell longer than this may state a measurement by itself."""


def read_table(source: Source) -> Report:
    """The report that a delimited file tells.

    Raises what the decoder raises; IncompleteReportError ``csv-structure`` for a quote that is never closed.
    """
    decoded = decode(source.content, source.code_pages)
    delimiter = find_delimiter(decoded.text)
    lines = [line for line in split_lines(decoded.text, delimiter or ",") if line.filled]
    words = vocabulary_of(source.fields)
    gathering = Gathering(decoded.text, words, decimal_mark(cell.text for line in lines for cell in line.cells))
    _Tables(lines, words, gathering).read()
    return gathering.report("csv", decoded.encoding)


def has_table(text: str, words: Vocabulary) -> bool:
    """Whether ``text`` holds a delimited table with a header row that is understood."""
    delimiter = find_delimiter(text)
    if not delimiter:
        return False
    lines = [line for line in split_lines(text, delimiter) if line.filled]
    return any(
        is_header(line, following, words)
        and len(line.filled) > 2  # noqa: PLR2004 - two words and a comma are prose
        and len(following.filled) > 1
        and not _SENTENCE_END.search(line.span.text)
        for line, following in pairwise(lines)
    )


def decimal_mark(texts: Iterable[str]) -> str:
    """``.`` or ``,`` where the numbers of a file say so, empty where they do not or disagree."""
    commas = points = 0
    for text in texts:
        commas += _COMMA_DECIMAL.fullmatch(text) is not None
        points += _POINT_DECIMAL.fullmatch(text) is not None
    if commas > points * 3:
        return ","
    return "." if points > commas * 3 else ""


@dataclass(frozen=True, slots=True)
class _Head:
    """What the lines above a table say about all its rows."""

    limits: Limits | None = None
    limited: str = ""
    """What ``limits`` are of, as far as the line says it."""
    limit_unit: str = ""
    title: str = ""


class _Tables:
    """Reads the lines of one file in order."""

    def __init__(self, lines: list[Line], words: Vocabulary, gathering: Gathering) -> None:
        self._lines = lines
        self._words = words
        self._gathering = gathering
        self._head = _Head()

    def read(self) -> None:
        """Head lines up to a header row, then its rows, and again."""
        headers = self._headers()
        first = headers[0] if headers else len(self._lines)
        above = [
            line for line in self._lines[max(first - 1, 0) : first] if headers and self._limits_columns(line, first)
        ]
        self._head_lines(self._lines[: first - len(above)])
        for at, end in pairwise([*headers, len(self._lines)]):
            self._table(self._lines[at], [*(above if at == first else ()), *self._lines[at + 1 : end]])
        if not headers:
            self._gathering.notes.append("no table header known")

    def _limits_columns(self, line: Line, header: int) -> bool:
        """Whether a line states limits for the columns of the header right below it."""
        if all_limits(line, self._words):
            return True
        cells = line.filled[1:]
        plain = not any(limited_heading(line.text(at)) for at in cells)
        below = set(cells) <= set(self._lines[header].filled)
        stated = all(self._words.is_number(line.text(at)) or bounded(parse_limits(line.text(at))) for at in cells)
        return len(cells) > 1 and plain and below and stated and limit_role(line, self._words) in LIMIT_ROLES

    def _head_lines(self, lines: list[Line]) -> None:
        """Lines without a header of their own: some may be rows that explain themselves."""
        context = Context(self._words, self._gathering.decimal_mark, self._gathering.fields.get("unit", ""))
        rows = {line.span.start: row for line, row in headless_rows(lines, context)}
        for line in lines:
            row = rows.get(line.span.start)
            reading = read_row(row) if row else None
            if reading is None or not reading.understood:
                self._head_line(line)
                continue
            self._gathering.measured(reading.measurements, reading.lots)
            for cell in reading.texts:
                self._gathering.remark(cell.span, cell.heading.name)

    def _headers(self) -> list[int]:
        """Lines that head a table. One without data below it belongs to the head of the next."""
        found: list[int] = []
        empty = True
        for at, line in enumerate(self._lines):
            named = self._heads(at, line)
            if named or (empty and is_header_by_shape(line, self._lines[at + 1 :], self._words)):
                found[len(found) - empty if found else 0 :] = [at]
                empty = True
            elif found and empty:
                empty = not holds_data(line, self._words)
        return found

    def _heads(self, at: int, line: Line) -> bool:
        following = self._lines[at + 1] if at + 1 < len(self._lines) else None
        if len(line.cells) == 1 and line.span.text.startswith("#"):
            return False
        return (
            is_header(line, following, self._words)
            or is_matrix_header(at, self._lines, self._words)
            or is_limited_header(line, self._lines[at + 1 :], self._words)
        )

    def _table(self, header: Line, rows: list[Line]) -> None:
        unit = self._gathering.fields.get("unit", "")
        context = Context(
            self._words, self._gathering.decimal_mark, unit, self._head.limit_unit, self._head.limits, self._head.title
        )
        if self._head.limits and any(alike(self._head.limited, header.text(at)) for at in header.filled):
            self._gathering.limited(self._head.limited, self._head.limits)
            context = replace(context, limits=None)
        columns = columns_of(header, rows, self._words, limits_given=context.limits is not None)
        named = any(column.role in LIMIT_ROLES for column in columns)
        limited = not named and any(limit_role(row, self._words) for row in rows)
        columns = columns if limited else informed(columns, rows, context)
        units = [at for at, column in enumerate(columns) if column.role == "unit"]
        context = replace(
            context,
            units_given=any(line.text(at) for at in units for line in rows),
            units_in_values=self._units_in_values(columns, rows),
        )
        if unknown := [column.heading.name for column in columns if column.heading.name and not column.heading.roles]:
            self._gathering.notes.append(f"unknown columns: {', '.join(unknown[:9])}")
        if limited or is_limited_header(header, rows, self._words):
            self._matrix(header, rows, columns, context)
            return
        if counts := [*sampling_columns(header, rows, self._words)]:
            self._gathering.measured((), counts)
        ragged = 0
        for line in rows:
            ragged += len(line.cells) > len(columns) and any(line.text(i) for i in range(len(columns), len(line.cells)))
            self._row(line, columns, context)
        if ragged:
            self._gathering.notes.append(f"{ragged} rows with more cells than the header")

    def _units_in_values(self, columns: list[Column], rows: list[Line]) -> bool:
        """Whether most measured cells bring their unit."""
        values = [at for at, column in enumerate(columns) if column.role == "value"]
        numbers = [
            number for at in values for line in rows if (number := parse_number(line.text(at))).value is not None
        ]
        return sum(self._words.is_unit(number.unit) for number in numbers if number.unit) * 2 > len(numbers)

    def _matrix(self, header: Line, rows: list[Line], columns: list[Column], context: Context) -> None:
        for line, cells in matrix_rows(header, rows, context):
            readings = [read_row(row) for row in cells]
            self._gathering.measured(each for reading in readings for each in reading.measurements)
            if not readings and not limit_role(line, self._words):
                self._row(line, columns, context)
            elif not readings:
                self._gathering.remark(line.span, prose=False)
            for column, cell in zip(columns, line.cells, strict=False):
                if readings and column.role in {"stated", "remark"}:
                    self._beside(line, column, cell)

    def _beside(self, line: Line, column: Column, cell: Span) -> None:
        """Verdict or remark of a matrix row, which is about all its values."""
        status = self._words.stated(cell.text)
        if status is None:
            self._gathering.remark(cell, column.heading.name)
            return
        name = column.heading.name
        stated = Measurement(name, None, None, line.span, text=cell.text.strip(), stated=status, part=line.text(0))
        self._gathering.measured([stated])

    def _row(self, line: Line, columns: list[Column], context: Context) -> None:
        named = bool(self._words.header(line.text(0)) or line.text(0).startswith("#"))
        if named and line.filled == list(range(len(line.filled))) and not self._reaches_values(line, columns):
            self._head_line(line)
            return
        if self._states_limits(line):
            return
        cells = [
            Cell(column.heading, column.role, line.text(index), line.cells[index])
            for index, column in enumerate(columns[: len(line.cells)])
        ]
        groups = [[cells[at] for at in group if at < len(cells)] for group in value_groups(columns)]
        readings = [read_row(Row(tuple(group), line.span, context)) for group in groups]
        for reading in readings:
            self._gathering.measured(reading.measurements, reading.lots)
        self._gathering.loose(loose_values(Row(tuple(cells), line.span, context)))
        for cell in readings[0].texts:
            self._gathering.remark(cell.span, cell.heading.name)
        for cell_span in line.cells[len(columns) :]:
            self._gathering.remark(cell_span)
        if not any(reading.understood for reading in readings):
            self._unread(line, columns)

    def _states_limits(self, line: Line) -> bool:
        """``spec,10.0±0.1`` among rows of values."""
        if len(line.filled) != 2 or "specification" not in self._words.column(line.text(line.filled[0])).roles:  # noqa: PLR2004
            return False
        limits = parse_limits(line.text(line.filled[1]), decimal_mark=self._gathering.decimal_mark)
        if limits is not None:
            self._gathering.limited("", limits)
        return limits is not None

    def _reaches_values(self, line: Line, columns: list[Column]) -> bool:
        """Whether a line that begins like a head line has anything that a value column may hold."""
        values = [at for at, column in enumerate(columns) if column.role in {"value", "stated", "found"}]
        texts = [line.text(at) for at in values or range(len(columns) - 1, len(columns))]
        return any(self._words.stated(text) or numbers_in(text, "") for text in texts if text)

    def _unread(self, line: Line, columns: list[Column]) -> None:
        """A row without a result: free text, or a line after the table."""
        if line.filled in ([0], [0, 1]) and len(columns) > 2:  # noqa: PLR2004
            self._head_line(line)
            return
        self._gathering.remark(line.span, prose=False)
        for cell in line.cells:
            if len(cell.text) > _MAX_PROSE_CELL:
                self._gathering.prose(cell)

    def _head_line(self, line: Line) -> None:
        """``key;value``, ``key;value;key;value``, a title, a comment."""
        filled = line.filled
        if len(filled) == 1:
            self._title(line.cells[filled[0]])
            return
        if len(filled) == 2 and self._number_or_limits(line):  # noqa: PLR2004 - key and value
            return
        keys = filled[::2]
        paired = len(filled) % 2 == 0 and all(self._words.header(line.text(key)) for key in keys[1:])
        if paired:
            for key, value in zip(keys, filled[1::2], strict=True):
                self._field(line.text(key), line.cells[value], _between(line, key, value))
            return
        if self._words.header(line.text(filled[0])) or len(filled) == 2:  # noqa: PLR2004 - key and value
            rest = _between(line, filled[1], filled[-1])
            self._field(line.text(filled[0]), rest, _between(line, filled[0], filled[-1]))
            return
        self._gathering.remark(line.span, prose=len(self._lines) < _LOG)

    def _number_or_limits(self, line: Line) -> bool:
        """``Thickness limit,60-80 um`` and ``Thickness,55 um``, each on a line of its own."""
        label, value = (line.text(at) for at in line.filled)
        heading = self._words.column(label)
        if heading.stem and "specification" in heading.roles:
            limits = parse_limits(value, decimal_mark=self._gathering.decimal_mark, unit=heading.unit)
            if limits is not None:
                self._gathering.limited(heading.stem, limits)
            return limits is not None
        if heading.roles or self._words.header(label) or not self._words.is_number(value):
            return False
        number = parse_number(value, decimal_mark=self._gathering.decimal_mark)
        unit = number.unit or heading.unit
        self._gathering.loose([Measurement(heading.stem or label, number.value, None, line.span, unit, value)])
        return False

    def _title(self, cell: Span) -> None:
        if (unit := _UNIT_LINE.search(cell.text)) and self._words.is_unit(unit[1]):
            self._head = replace(self._head, limit_unit=unit[1])
        if not self._head.title:
            self._head = replace(self._head, title=cell.text.strip(" #*\t"))
        self._gathering.line(cell)

    def _field(self, label: str, value: Span, whole: Span) -> None:
        meaning = self._words.header(label)
        if meaning in {"specification", "upper", "lower"}:
            self._limits(meaning, value.text)
        self._gathering.field(label, value, whole)

    def _limits(self, meaning: str, text: str) -> None:
        limits = parse_limits(text, decimal_mark=self._gathering.decimal_mark)
        bound = parse_number(text).value if limits is None and meaning != "specification" else None
        if bound is not None:
            old = self._head.limits or Limits()
            limits = replace(old, upper=bound) if meaning == "upper" else replace(old, lower=bound)
        if limits is not None:
            start = next((found.start for found in find_limits(text, cell=True)), 0)
            self._head = replace(self._head, limits=limits, limited=name_before(text[:start]))


def _between(line: Line, first: int, last: int) -> Span:
    """From one cell to another as it stands, without quotes around a lone cell."""
    start, end = line.cells[first].start, line.cells[last].end
    return Span(line.span.text[start - line.span.start : end - line.span.start], start)
