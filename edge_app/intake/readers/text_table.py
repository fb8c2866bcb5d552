"""Aligned columns in plain text: a header line whose words are known, rows below it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Final

from edge_app.domain.numbers import parse_number
from edge_app.domain.report import Limits, Measurement
from edge_app.domain.tolerance import parse_limits
from edge_app.domain.verdict import Doubt, Span
from edge_app.intake.readers.rows import is_none
from edge_app.intake.readers.vocabulary import Vocabulary

_BAR: Final = re.compile(r"[^|]+")
_GAP: Final = re.compile(r"\S+(?:[ \u3000](?![ \u3000])\S+)*")
_SIGNED: Final = re.compile(r"^(?P<sign>[+＋]|[-−–])\s*(?:tol|公差|偏差)?", re.IGNORECASE)
_LIMIT_ROLES: Final = frozenset(
    {"nominal", "upper", "lower", "specification", "tolerance", "upper_tolerance", "lower_tolerance"}
)
_ROLES: Final = _LIMIT_ROLES | {"index", "characteristic", "part", "unit", "value", "stated", "remark", "description"}
_BESIDE_A_VALUE: Final = {"maximum": "upper", "minimum": "lower"}
"""``Min`` and ``Max`` next to a measured value are limits."""
_SECOND_NAME: Final = "description"
"""A second column of names: the name where the first only numbers the rows."""
_MIN_COLUMNS: Final = 3
_ROWS_LOOKED_AT: Final = 12
_VALUE: Final = re.compile(r"[-+<>≤≥±ØφΦ]?\s?[\d.,]*\d")
_RULER: Final = re.compile(r"[-=_*|+.#~\s]{3,}")
_MAX_COLUMNS: Final = 40


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of a line; offsets are relative to the line."""

    text: str
    start: int

    @property
    def end(self) -> int:
        """Offset after the cell."""
        return self.start + len(self.text)


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the header line."""

    role: str
    unit: str
    cell: Cell
    magnitude: bool = False
    """``-TOL``: a positive number below the nominal."""


def cells(line: str) -> list[Cell]:
    """The cells of a line: between bars, tabs or gaps of two spaces and more."""
    if line.count("|") >= _MIN_COLUMNS - 1:
        found = _BAR.finditer(line)
        return [
            Cell(m.group().strip(), m.start() + len(m.group()) - len(m.group().lstrip()))
            for m in found
            if m.group().strip()
        ]
    return [Cell(m.group(), m.start()) for m in _GAP.finditer(line)]


def table_header(line: str, vocabulary: Vocabulary) -> tuple[Column, ...] | None:
    """The columns that a line names; None unless there is a value column beside a limit column."""
    named = cells(line)
    if not _MIN_COLUMNS <= len(named) <= _MAX_COLUMNS or any(_VALUE.match(cell.text) for cell in named):
        return None
    columns: list[Column] = []
    for cell in named:
        columns.append(_column(cell, vocabulary, {column.role for column in columns}))
    roles = {column.role for column in columns}
    return tuple(columns) if roles & _LIMIT_ROLES and len(columns) - len(roles - {""}) < len(columns) / 2 else None


def _valued(columns: tuple[Column, ...], rows: list[Span]) -> tuple[Column, ...] | None:
    """With the column of measured values, by its heading or because numbers stand in it; None without one."""
    if any(column.role == "value" for column in columns):
        return columns
    split = [row for line in rows if len(row := cells(line.text)) == len(columns)]
    shares = [sum(bool(_VALUE.match(row[at].text)) for row in split) for at in range(len(columns))]
    free = [at for at, column in enumerate(columns) if not column.role]
    best = max(free, key=lambda at: shares[at], default=None)
    if best is None or shares[best] < max(2, len(split) / 2):
        return None
    return tuple(replace(column, role="value") if at == best else column for at, column in enumerate(columns))


def _column(cell: Cell, vocabulary: Vocabulary, taken: set[str]) -> Column:
    if sign := _SIGNED.match(cell.text):
        below = sign["sign"] not in "+＋"
        return Column("lower_tolerance" if below else "upper_tolerance", "", cell, below)
    heading = vocabulary.column(cell.text)
    roles = [_BESIDE_A_VALUE.get(role, role) for role in heading.roles]
    if "characteristic" in roles and "characteristic" in taken:
        roles.append(_SECOND_NAME)
    role = next((role for role in roles if role in _ROLES and role not in taken), "")
    return Column(role, heading.unit, cell)


def row_measurement(line: Span, columns: tuple[Column, ...], vocabulary: Vocabulary, mark: str) -> Measurement | None:
    """The measurement of one row; None when the line is no row of this table."""
    values = _assigned(cells(line.text), columns)
    written = "0" if is_none(values.get("value", "")) and "upper" in values else values.get("value", "")
    if not values or len(values) * 2 <= len(columns) or not any(char.isdigit() for char in written):
        return _missing(line, values, columns, vocabulary, mark)
    number = parse_number(written, decimal_mark=mark)
    name = values.get("characteristic", "")
    if not any(char.isalpha() for char in name):
        name = values.get(_SECOND_NAME, "") or name
    return Measurement(
        characteristic=name or values.get("index", ""),
        value=number.value,
        limits=_limits(values, columns, vocabulary, mark, name),
        evidence=Span(line.text.strip(), line.start + len(line.text) - len(line.text.lstrip())),
        unit=number.unit if vocabulary.is_unit(number.unit) else values.get("unit", "") or _unit(columns, "value"),
        text=written,
        stated=vocabulary.stated(values["stated"]) if values.get("stated") else None,
        remark=line,
        problem=number.problem,
        part=values.get("part", ""),
    )


def _missing(
    line: Span, values: dict[str, str], columns: tuple[Column, ...], vocabulary: Vocabulary, mark: str
) -> Measurement | None:
    """A row with limits whose value cell is blank."""
    if not vocabulary.blank(values.get("value", "x")) or not values.get("characteristic"):
        return None
    limits = _limits(values, columns, vocabulary, mark, values["characteristic"])
    if limits is None:
        return None
    return Measurement(values["characteristic"], None, limits, line, remark=line, problem=Doubt.MISSING_DATA)


def _assigned(row: list[Cell], columns: tuple[Column, ...]) -> dict[str, str]:
    """Cells by role: in order when the counts agree, else by the nearest heading."""
    if len(row) == len(columns):
        return {column.role: cell.text for column, cell in zip(columns, row, strict=True) if column.role}
    found: dict[str, str] = {}
    for cell in row:
        column = min(columns, key=lambda column: _distance(cell, column.cell))
        if column.role:
            found[column.role] = f"{found[column.role]} {cell.text}" if column.role in found else cell.text
    return found


def _distance(cell: Cell, heading: Cell) -> int:
    overlap = min(cell.end, heading.end) - max(cell.start, heading.start)
    return -overlap if overlap > 0 else min(abs(cell.start - heading.start), abs(cell.end - heading.end))


def _limits(
    values: dict[str, str], columns: tuple[Column, ...], vocabulary: Vocabulary, mark: str, name: str
) -> Limits | None:
    unit = values.get("unit", "")
    nominal = _number(values.get("nominal"), mark)
    if text := values.get("specification", ""):
        return parse_limits(text, decimal_mark=mark, unit=unit, nominal=nominal) or _bare(
            text, mark, unit, vocabulary, name
        )
    if "upper" in values or "lower" in values:
        lower, upper = _number(values.get("lower"), mark), _number(values.get("upper"), mark)
        return Limits(lower, upper, nominal, unit) if lower is not None or upper is not None else None
    if nominal is None:
        return None
    if text := values.get("tolerance", ""):
        return parse_limits(text, decimal_mark=mark, unit=unit, nominal=nominal) or _plus_minus(
            text, nominal, mark, unit
        )
    return _deviations(values, columns, nominal, mark, unit)


def _deviations(
    values: dict[str, str], columns: tuple[Column, ...], nominal: Decimal, mark: str, unit: str
) -> Limits | None:
    above, below = _number(values.get("upper_tolerance"), mark), _number(values.get("lower_tolerance"), mark)
    if above is None and below is None:
        return None
    magnitude = any(column.magnitude for column in columns if column.role == "lower_tolerance")
    if below is not None and magnitude and not values["lower_tolerance"].lstrip().startswith(("+", "＋")):
        below = -abs(below)
    upper = nominal + above if above is not None else None
    return Limits(nominal + below if below is not None else None, upper, nominal, unit)


def _plus_minus(text: str, nominal: Decimal, mark: str, unit: str) -> Limits | None:
    width = _number(text, mark)
    return Limits(nominal - abs(width), nominal + abs(width), nominal, unit) if width is not None else None


def _bare(text: str, mark: str, unit: str, vocabulary: Vocabulary, name: str) -> Limits | None:
    """``0.02`` alone is an upper limit where the characteristic is one-sided by nature: flatness, Ra."""
    bound = _number(text, mark)
    return Limits(None, bound, None, unit, text) if bound is not None and vocabulary.upper_only(name) else None


def _number(text: str | None, mark: str) -> Decimal | None:
    return parse_number(text, decimal_mark=mark).value if text else None


def _unit(columns: tuple[Column, ...], role: str) -> str:
    return next((column.unit for column in columns if column.role == role), "")


def table_rows(lines: list[Span], vocabulary: Vocabulary, mark: str) -> Iterator[tuple[Span, Measurement | None]]:
    """Lines that belong to tables, header lines with None. A table ends at a line that is no row."""
    columns: tuple[Column, ...] | None = None
    for at, line in enumerate(lines):
        header = table_header(line.text, vocabulary)
        if header and (header := _valued(header, lines[at + 1 : at + 1 + _ROWS_LOOKED_AT])):
            columns = header
            yield line, None
        elif columns and _RULER.fullmatch(line.text):
            yield line, None
        elif columns and line.text.strip():
            if measurement := row_measurement(line, columns, vocabulary, mark):
                yield line, measurement
            elif len(cells(line.text)) < _MIN_COLUMNS:
                columns = None
