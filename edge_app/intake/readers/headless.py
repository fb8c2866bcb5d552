"""Rows that explain themselves, without a header that is understood: ``shoulder  41.9-42.1  42.0 42.1 42.0``.

A name, its limits and values beside them, in several lines of the same make; delimited or aligned by gaps.
Also headings that state their limits: ``no, OD 24.95–25.05, bore 3.00–3.02``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from edge_app.domain.report import Limits, near
from edge_app.domain.tolerance import find_limits, parse_limits
from edge_app.intake.readers.row_limits import Cell, Context, Row, bounded, row_limits
from edge_app.intake.readers.rows import numbers_in
from edge_app.intake.readers.table_layout import Line
from edge_app.intake.readers.vocabulary import Heading, Vocabulary

_FEWEST: Final = 2
"""So many lines of the same make are a table."""
_NAMED: Final = re.compile(r"[A-Za-z]{2}|[\u4e00-\u9fff]|[A-Za-z]\b|Ø|φ|Φ")
_LONGEST_NAME: Final = 40
_CLOSING: Final = re.compile(r"[\s)）\]】]*")
_SPECIFIED: Final = frozenset({"tolerance", "sign", "pair", "fit", "range", "word"})
_BLANK: Final = Heading("")


@dataclass(frozen=True, slots=True)
class Limited:
    """A heading with limits of its own."""

    name: str
    limits: str
    """As written."""


def limited_heading(text: str, mark: str = "") -> Limited | None:
    """``输出 4.90～5.10V``: a name with limits behind it and nothing else."""
    found = [one for one in find_limits(text, decimal_mark=mark, cell=True) if bounded(one.limits)]
    if len(found) != 1 or len(text) > _LONGEST_NAME or not _CLOSING.fullmatch(text[found[0].end :]):
        return None
    name = text[: found[0].start].strip(" \t\u3000,，:：(（[【")
    return Limited(name, text[found[0].start : found[0].end]) if _NAMED.search(name) else None


def limited_headings(line: Line, mark: str = "") -> dict[int, Limited]:
    """The columns of ``line`` that state limits beside their name."""
    found = {at: limited_heading(line.text(at), mark) for at in line.filled}
    return {at: one for at, one in found.items() if one is not None}


def is_limited_header(line: Line, below: Sequence[Line], words: Vocabulary) -> bool:
    """Whether ``line`` names columns with their limits: numbers stand in most of them in the rows that follow."""
    limited = limited_headings(line)
    if not limited or any(words.is_number(line.text(at)) for at in line.filled[1:]):
        return False
    rows = [row for row in below[:_FEWEST] if sum(words.is_number(row.text(at)) for at in limited) * 2 >= len(limited)]
    return len(rows) >= (1 if len(limited) > 1 else _FEWEST)


def headless_rows(lines: Sequence[Line], context: Context) -> Iterator[tuple[Line, Row]]:
    """Lines of the same make: a name, limits in the same column, values in the others."""
    places = [limit_column(line, context) for line in lines]
    certain = [at for at in range(1, 4) if places.count(at) >= _FEWEST]
    for at, (line, place) in enumerate(zip(lines, places, strict=True)):
        beside = {places[other] for other in (at - 1, at + 1) if 0 <= other < len(lines)}
        own = place if place in certain else next((one for one in beside if one in certain), 0)
        if own and (row := _row(line, own, context)) is not None:
            yield line, row


def limit_column(line: Line, context: Context) -> int:
    """Where the limits of a row stand, 0 where it is none: a name before them, a value near them elsewhere."""
    if not _is_named(line, context.words):
        return 0
    for at in line.filled[1:4]:
        limits = _whole_limits(line.text(at), context.decimal_mark)
        if limits is not None and any(
            _near(line.text(other), limits, context) for other in line.filled[1:] if other != at
        ):
            return at
    return 0


def _is_named(line: Line, words: Vocabulary) -> bool:
    if len(line.filled) <= _FEWEST or line.filled[0] != 0:
        return False
    name = line.text(0)
    return len(name) <= _LONGEST_NAME and _NAMED.search(name) is not None and not words.is_number(name)


def _whole_limits(text: str, mark: str) -> Limits | None:
    """Limits that fill their cell."""
    found = [*find_limits(text, decimal_mark=mark, cell=True)]
    if not found or found[0].start > 1 or found[-1].form not in _SPECIFIED:
        return None
    rest = text[found[-1].end :]
    limits = parse_limits(text, decimal_mark=mark) if len(rest.strip()) <= 4 else None  # noqa: PLR2004 - a unit
    return limits if bounded(limits) else None


def _near(text: str, limits: Limits, context: Context) -> bool:
    """Whether a cell holds numbers of the size of the limits, and is no limits itself."""
    if _whole_limits(text, context.decimal_mark) and not _spread(text):
        return False
    numbers = [one.value for one in numbers_in(text, context.decimal_mark) if one.value is not None]
    return bool(numbers) and all(near(value, limits) for value in numbers)


def _spread(text: str) -> bool:
    """``8.05～8.08``: may be the ends of several readings."""
    return re.fullmatch(r"[\d.,\s]+[-–~～…至]+[\d.,\s]+\S{0,3}", text.strip()) is not None


def _row(line: Line, limits_at: int, context: Context) -> Row | None:
    cells = []
    for at in line.filled:
        text = line.text(at)
        role = "characteristic" if at == 0 else "specification" if at == limits_at else ""
        if not role and numbers_in(text, context.decimal_mark):
            role = "value"
        elif not role:
            role = "stated" if context.words.stated(text) is not None else ""
        cells.append(Cell(_BLANK, role, text, line.cells[at]))
    row = Row(tuple(cells), line.span, context)
    values = [cell for cell in cells if cell.role == "value"]
    return row if values and bounded(row_limits(row, None)) and _is_named(line, context.words) else None
